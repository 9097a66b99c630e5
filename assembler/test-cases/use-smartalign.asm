%use smartalign
bits 16
 nop
 align 16
 nop
bits 32
 align 32
 nop
 align 64
bits 64
 nop
 align 16
 db 1,2,3
 align 32
 alignmode k8, 32
 nop
 align 32
 alignmode p6, 16
 nop
 align 32
 alignmode generic
 nop
 align 16
 alignmode nop
 nop
 align 16
 align 8, db 5
 nop
 align 8
 db __?ALIGN_JMP_THRESHOLD?__
%defstr am __?ALIGNMODE?__
 db am
