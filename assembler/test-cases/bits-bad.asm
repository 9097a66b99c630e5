bits 8
bits foo
 bits 64
 nop
