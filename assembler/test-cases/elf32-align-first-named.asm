; options: -f elf32
; ALIGN before the first byte counts where the section is named later.
    align 64
    nop
    section .bss
    sectalign 32
    resb 1
    section .text
    nop
