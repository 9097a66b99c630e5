a: nop
a: nop
b equ 5
b equ 5
c equ 5
c equ 6
