; DEFAULT BND holds for the branches that follow, and each distance has its own bytes.
bits 64
a: jmp b
default bnd
jmp b
jne near a
call b
default nobnd
jmp b
b: ret
default bnd
jmp $+300
jmp a
times 200 nop
jmp a
