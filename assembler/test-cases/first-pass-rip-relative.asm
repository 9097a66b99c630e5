; What a forward [rel v] takes in the first pass, a SIB byte more than in the others, decides about jumps over it; where a
; known address is in the sum, there is none.
bits 64
default rel
%macro one 3
        jnz     %%out
        mov     rax, [%1]
        lea     rsi, [%1]
        cmp     dword [%1], %2
        times   %3 nop
%%out:
%endmacro
%macro over 2
  %assign n 92
  %rep 18
        one     {%1}, %2, n
    %assign n n + 1
  %endrep
%endmacro
back:   over    v, 5
        over    v + 8, 500
        over    back + v - w, 5
        over    back, 5
        over    abs v, 5
w:      dd      0
v:      dd      0
