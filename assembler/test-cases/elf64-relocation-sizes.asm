; options: -f elf64
 extern a
bits 32
 jmp short a wrt ..plt
 db a-$ wrt ..plt
 dw a-$ wrt ..got
 dq a-$
 dq a-$ wrt ..plt
 dd a-$ wrt ..got
 dw a wrt ..got
 do a
 mov eax, seg a
 mov ax, seg a
 push seg a
 jmp seg a
 dd a wrt ..gotpc
 dw a wrt ..gotpc
 db a wrt ..gotoff
 dd a wrt a
 dd a wrt 5
 dd a wrt a2
bits 64
 mov rax, a
a2:
