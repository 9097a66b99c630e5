a equ 5
b: equ a + 1
 db a, b, c
c equ d * 2
d equ 7
start:
e equ $ - start
 nop
f equ $ - start
g equ start
 dw g, g + 1
.local equ 3
 db .local, start.local
h equ 'ab'
 dw h
.x equ 9
after:
 db start.x
