 db 1, 'a', "bc", 5 dup (1, 2 dup (3, 'x')), ?, 3 dup (?), 4 dup 7
 dw 1, 2 dup (byte 3, dword 4), %(5,6), word 7, 2 dup ('abc')
 dd 1.5, 2 dup (2.5), 'abcdef'
 dq 1, 1.5, 'x'
 dt 1.5
 do 1.5
 db 2 dup (2 dup (2 dup (1)))
 db (1+2)*3, (1)
 dw 3 dup (1,2),4
 db word 5, dword 'a', qword 1.0
 dy ?
 dz ?, ?
 times 3 db 1, 2
 times 2 dw 'abc', 1
 resb 3
 db 2*3 dup (1)
