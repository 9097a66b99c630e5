section .bss
 resb 5
 db 1
 nop
section x nobits
 dw 5
