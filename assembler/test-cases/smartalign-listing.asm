%use smartalign
bits 32
 nop
 align 256
 nop
 align 16
bits 64
 alignmode p6
 nop
 align 16
 nop
 align 8
 db 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17
 align 32
 alignmode p6, nojmp
 align 256
 align 16, db 1
a: jmp near a
bits 16
 alignmode k7, 32
 nop
 align 32
 alignmode foo
