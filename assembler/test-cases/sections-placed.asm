org 0x100
section .text
 dw t2, v1, n1, section.first.start, section.v.vstart, section.v.start
section first start=0x180 align=16
f1: dw f1
section t2 follows=first align=8
t2: dw t2
section v vstart=0x8000
v1: dw v1, $$
section v2 vfollows=v valign=32
 dw v1
v2l: dw v2l
section nob nobits
n1: resb 5
n2: resb 1
section nob2 nobits start=0x9000
 resb 3
n3:
section .text
 dw n2, n3, v2l
