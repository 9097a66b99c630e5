; options: -f elf64
        section .text align=3
        section .data align=x
        section .other alloc noalloc foo
        section .text nobits
        section .third tls bits
        section .strs strings merge
        section .ptr2 merge byte
