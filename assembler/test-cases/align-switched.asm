; options: -f elf64
; SECTALIGN ON and OFF: whether ALIGN is also the section's.
        db      1
        sectalign off
        align   32
        db      2
        sectalign on
        align   16
        db      3
        section .data
        sectalign off
        alignb  8, db 0
        db      1
        sectalign 64
        db      4
