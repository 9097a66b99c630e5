        bits 64
start:
        mov rax, cr0
        cpuid
        wrmsr
        sgdt [table]
        jmp .end
.end:   call start.end
LIMIT   equ 5
        mov eax, LIMIT
%define WIDE 1
        mov al, WIDE
%macro put 1
%%here: db %1
%endmacro
        put 1
struc Point
.x:     resw 1
endstruc
        mov ax, [rdi + Point.x]
        lock inc dword [table]
        section .data
table:  dd 0
        mov eax, unknown
