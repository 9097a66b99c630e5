; options: -f elf64
 bits 64
 section .rodata
t: dd 1,2
 section .text
 nop
base: nop
 movzx eax, word [rdi+rax*2+t-base]
 lea rdi,[rel base]
 mov ecx, t-base
 mov ecx, [abs t-base]
 mov rcx, t-base
