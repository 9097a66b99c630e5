; options: -f elf32
        extern  a
        dq      a
        dd      a wrt ..gottpoff
        dd      seg a
        mov     eax, [a wrt ..plt]
        call    a wrt ..got
        call    a wrt ..gotoff
x       equ     5
        dt      x
