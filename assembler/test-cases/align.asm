 nop
align 4
 nop
align 8, db 0xff
 nop
align 16, int3
 nop
 alignb 4
 nop
align 1
align 64
 nop
section .data
 db 1
align 8
 db 2
section .bss
 resb 1
alignb 16
x: resb 1
section .text
 dd x
