 resb -1
 resb fwd
 resb label
label:
 resb 1, 2
 resb
 resb eax
fwd equ 5
