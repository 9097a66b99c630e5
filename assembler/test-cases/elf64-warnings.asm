; options: -f elf64 -w+reloc -w+zeroing
        section .bss
        db      1
        dd      5
        section .text
        resb    4
        dw      text
text:   db      text
        mov     eax, text
        section .data exec
        nop
