 times -1 nop
 times fwd nop
 times a nop
fwd:
a:
 times 1.5 nop
