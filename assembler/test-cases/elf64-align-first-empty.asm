; options: -f elf64
; ALIGN before the first byte of a first section that nothing names is forgotten.
    align 64
    nop
