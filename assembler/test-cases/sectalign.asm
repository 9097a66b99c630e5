sectalign off
 nop
align 16
 nop
sectalign on
align 32
 nop
section .data
 db 1
sectalign 64
section .other
 db 2
