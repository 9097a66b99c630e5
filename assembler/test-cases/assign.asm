%assign i 1
%assign i i+1
 db i
%assign j i*2+3
 db j
%iassign K 9
 db k, K
%assign neg -5
 db neg, -neg
%assign big 0xffffffffffffffff
 dq big
%assign sum 1+2 3
 db sum
%assign f __?float32?__(1.5)
 dd f
%assign here $-$$
 dw here
 nop
%assign here $-$$
 dw here
