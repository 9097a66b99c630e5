; options: -f elf64
; What sections are without being told, and what they can be told.
        section .custom alloc noexec write align=32
        db      1
        section .note.x note
        db      1
        section .init_array
        dq      1
        section .preinit_array
        section .fini_array
        section .tdata
t:      dd      1
        section .tbss
u:      resd    1
        section .comment
        db      'words', 0
        section .lrodata
        section .ldata
        section .lbss
        section .strs progbits alloc merge strings
        section .foo
        section .note
        section .ptrs pointer
        section .eh write nobits
        section .rodata align=2
        section .data align=64
        alignb  16
        section .bss
        resb    5
        align   8, resb 1
        section .text
        nop
