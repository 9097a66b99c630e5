struc mytype
mt_long: resd 1
mt_word: resw 1
mt_byte: resb 1
mt_str: resb 32
endstruc
 db mytype_size, mt_str
struc local
.long: resd 1
.word: resw 1
 alignb 4
.byte: resb 1
endstruc
 db local_size, local.byte
mystruc: istruc mytype
at mt_long, dd 123456
at mt_word, dw 1024
at mt_byte, db 'x'
at mt_str, db 'hello, world', 13, 10, 0
iend
 istruc local
at .long, dd 1
at local.word, dw 2
 iend
struc offs, -4
.a: resd 1
.b: resd 1
endstruc
 db offs.a, offs.b, offs_size
bits 32
 mov eax, [ebx+local.byte]
 mov eax, [mystruc+mt_word]
 mov eax, [ebp+offs.a]
 union_test equ 5
