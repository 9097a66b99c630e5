; options: -f elf64
; Distances to plain numbers: ELF64 keeps the number and tells the linker nothing.
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
extern _GLOBAL_OFFSET_TABLE_
call 5 wrt ..plt
dd 5 wrt ..gotpc
dq 5-$
dq 5 wrt ..sym
dd 5 - $$ 
dw 5 wrt ..plt
dd 5 wrt ..got
 jmp qword 5
