; options: -f elf64
        extern  a
        extern  b:weak
        extern  unused
        required needed
        common  c 8:8
        global  g1
        global  g2:function hidden
        global  d1:data 4
        global  nowhere
        call    a
        call    b
        mov     rax, [rel a wrt ..got]
        mov     rax, [rel c]
g1:     ret
g2:     ret
d1:     dd      1
        mov     rax, [rel a wrt ..gottpoff]
        dq      a wrt ..got
        dd      a wrt ..got
        dq      d1 wrt ..gotoff
        dq      d1 wrt ..sym
        dd      g1 wrt ..sym
        dd      g1 + 1 wrt ..sym
        mov     eax, a
        mov     rax, a
        mov     rax, [abs a]
        mov     rax, [a + rbx]
        push    a
        lea     rax, [rel $$ + 4]
        mov     rax, strict dword a
        mov     eax, [a]
        jmp     a
        jz      a
        jmp     near g1
        dw      a
        db      a
        dq      a - $
        dd      g1 - $$
        section .data
x:      dq      g1, x, x - $$
        section .text
        lea     rax, [rel x]
        mov     byte [rel x], 5
        mov     dword [rel x], 5
        cmp     word [rel x], 5
        mov     al, [x]
