        org 0x7C00
LIMIT   equ 5
%define WIDE 1
        section .text
start:
        mov ax, 1
.loop:
        jmp .loop
.end:
print:
        ret
%macro put 1
%%here: db %1
%endmacro
        put 1
        section .data
table:
        dw 1, 2
.size   equ $ - table
text    db "abc", 0
struc Point
.x:     resw 1
.y:     resw 1
endstruc
        extern other
