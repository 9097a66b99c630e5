; each EQU from the next one: NASM needs a pass for each
bits 32
a0 equ a1 + 1
a1 equ a2 + 1
a2 equ 5
    mov eax, [a0]
    push a0
    jmp a0
b0 equ b1 * 2
b1 equ b2 - 3
b2 equ b3 + 4
b3 equ b4
b4 equ e - b4_base
b4_base:
    push b0
    add eax, b2
    jmp b4_base
e:
    times b1 nop
; more of them than a few passes get through
%assign i 0
%rep 130
%assign j i + 1
c%[i] equ c%[j] + 1
%assign i i + 1
%endrep
c%[i] equ 7
    push c0
    times c100 nop
    jmp after
    dd c0, c60, c129
; the same down to an address
%assign i 0
%rep 70
%assign j i + 1
d%[i] equ d%[j] + 1
%assign i i + 1
%endrep
    jmp d0
d%[i]:
    dd d0, d30
    times 100 nop
after:
