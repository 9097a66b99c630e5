; What stands before a mistake has its address all the same.
        bits 64
        org 0x7c00
«»before: mov eax, 1
        jmp before
here:   jmp «»here
        mov eax, (
«»after:  nop
        mov ebx, nowhere
data:   dd «»before, «»data, «»size
size    equ 5
