; options: -f elf64
        osabi   9, 1
        nop
