; options: -f elf64
value   equ     17
        global  value
        extern  outside
        dq      outside - 4
