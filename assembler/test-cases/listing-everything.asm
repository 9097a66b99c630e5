%include "one-byte.inc"
 q
 section .data
d: db 5
 section .bss
b: resb 20
 resd 3
 resw 4
 section .text
 mov ax, d
 mov ax, [b]
 call near d
 jmp d
 times 3 mov ax, d
 dd d, b, $, $$
 dq d
 db 'hello world this is long', 0
 times 20 db 0
 times 2 dw 'abc'
 incbin "one-byte.inc", 1, 4
 times 2 incbin "one-byte.inc", 1, 4
 db 300
 dw 1,2,3,4,5,6,7,70000,8,9,10,11,12,123456
 dd 1,2,3,4
%if 0
 foo
%endif
x: equ 5
 struc s
 .a: resb 1
 .b: resd 2
 endstruc
 istruc s
 at s.a, db 1
 at s.b, dd 2
 iend
 align 32
 alignb 64
 db 20 dup (1), 5 dup (?), 'a'
 dd ?
 times 30 db ?
 mov word [bx], d
 db 3 dup ('ab', 2)
 times 2 db 1, 2 dup (3)
[list -]
 nop
[list +]
 nop
%rep 2
%assign i 1
 db i
%endrep
absolute 100
q1: resb 5
q2: resd 4
section .text
 mov eax, strict dword 5 ; \
 contin
 db 5 \
 , 6
