; options: -f elf64
; References that must name a symbol take the last global one before them.
        global  one, two
        mov     rax, [rel one wrt ..got]
        section .data
one:    dd      1
        dd      2
two:    dd      3
three:  dd      4
        section .text
        lea     rax, [rel three wrt ..sym]
        dq      three wrt ..sym
        call    two wrt ..plt
