; options: -f elf64
; Nothing.
