bits 16
 jmp far 5:6
