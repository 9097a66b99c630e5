 section .bss
 resb 1
 resw 2
 resd 3
 resq 1
 rest 1
 reso 1
 resy 1
 resz 1
a:
 resb a
x equ 3
 resb x
section .text
 dw a
 resb 3
