section .text
 db 1
section .data
d: db 2, 3
section .bss
b: resb 5
section .text
 dw d, b
section .custom
c: db 4
 dw c
segment .text
 dw c
[section .data]
 db 5
 dw $$, $
section .other align=16
o: db 6
 dw o
