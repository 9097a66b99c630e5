bits 32
x: times 100 jmp x
 times 100 jz y
y:
 times 3 loop y
 times 2 jmp short y
