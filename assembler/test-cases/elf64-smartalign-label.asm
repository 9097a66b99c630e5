; options: -f elf64
%use smartalign
        nop
        align 16
        nop
