; options: -f elf32
        extern  a, b
        global  g1, g2
        mov     eax, [a wrt ..tlsie]
        mov     eax, a wrt ..sym
        mov     eax, g1 wrt ..sym
        mov     eax, g1 + 1 wrt ..sym
        mov     eax, a - $
        call    a + 4
        jmp     short a
        mov     ax, a
        mov     al, a
        push    byte a
        dd      a, a + 1000h, g2 - $, g2 - $$
        dd      a - $ + 4
        call    1000h
        bits    16
        call    a
        mov     ax, [a]
        jmp     g2
        jmp     near b
        bits    32
g1:     ret
        times   200 nop
g2:     ret
        section .data
        dd      g2, a
        section .tdata
t:      dd      1
        section .text
        mov     eax, [gs:t wrt ..tlsie]
