bits 16
 jmp 0x10:0x20
 jmp 0x10:a
 call 5:6
 jmp dword 0x10:a
 jmp far [bx]
 call far [bx]
 jmp word 5:6
a: nop
bits 32
 jmp 0x10:a
 jmp word 0x10:0x20
 jmp far [eax]
 call far dword [eax]
 retf 5
