 align 3
 nop
 align 7, db 1
 sectalign 5
