; options: -f elf32
; Distances to plain numbers: ELF32 leaves them to the linker.
bits 32
call 5 wrt ..plt
dd 5 wrt ..gotpc
dd 5 wrt ..sym
dd 5 - $$
dd 5 wrt ..plt
bits 64
call 0x200
jmp 0x100
bits 32
 jmp 5
bits 16
call 0x200
 dw 5-$
 mov ax,[rel 5]
bits 64
dd 5-$
 db 5-$
 jmp short 5
