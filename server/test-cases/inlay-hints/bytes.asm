        bits 16
        org 0x7C00
start:
        cli
        mov ax, 0x1234
        jmp start
        times 20 db 7
%macro two 0
        nop
        hlt
%endmacro
        two
        dw 0xAA55
%macro once 0
        cld
%endmacro
        once
        two
buffer: resb 4
