%use masm
dat segment
 dw 5
dat ends
txt segment
 nop
