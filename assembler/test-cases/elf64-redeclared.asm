; options: -f elf64
section .data 
 nop
section .data foo=5
nop
section .text foo=5
nop
section .text
 nop
 section .text foo=5
 section .foo align=8 exec
section .foo foo=5
section .s strings
section .t strings
section .t merge
section .u merge byte strings
section .u merge strings
