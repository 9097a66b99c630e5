; options: -f elf64
        section .data
x:      db      1
        section .text
        mov     ax, seg x
        dd      x - y
        dw      x wrt ..got
        mov     eax, [x wrt ..gotoff]
        dq      x wrt z
        call    x wrt ..sym
        global  bad:nonsense
bad:    ret
        common  oddly 8:7
        osabi   256
        osabi
y       equ     x
z:
