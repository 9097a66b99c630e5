bits 16
 mov eax, [ebx]
 push ax
bits 32
 mov ax, [bx]
 push eax
 bits 64
 mov rax, [rbx]
 mov eax, [ebx]
use16
 mov ax, bx
use32
 mov ax, bx
[bits 64]
 mov ax, bx
 db __BITS__, __?BITS?__
 BITS 16
 db __BITS__
 mov __?PTR?__ [bx], 5
