; options: -f elf64
; ALIGN in a first section that nothing has named: behind the first byte it counts.
start:
    nop
    align 64
    nop
    section .data
    align 32
    db 1
