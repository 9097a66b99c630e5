; the difference of two labels that are both to come is known in NASM's first pass, and what it is makes what follows short
bits 32
        jmp     far_away
        times   128 nop
far_away:
        lea     eax, [eax + second - first]
first:
second:
third:
        lea     eax, [eax + fourth - third]
        times   127 - 3 nop
fourth:
        add     eax, sixth - fifth
fifth:
        times   127 nop
sixth:
