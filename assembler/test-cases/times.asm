 times 5 nop
 times 0 nop
a: times 3 jmp a
 times 3 jmp $
 times 10-($-$$) db 0xcc
 times 64-($-$$) db 0
x: times 2 db 'ab', 1
n equ 3
 times n dw n
 times 2 times 3 nop
