bits 64
a: mov rax, [a]
 default rel
 mov rax, [a]
 mov rax, [abs a]
 mov rax, [fs:a]
 mov rax, [rel a]
 mov rax, [a + 8]
 lea rax, [a]
 default abs
 mov rax, [a]
 mov rax, [rel a]
 mov rax, [rel 0x1234]
 mov [rel b], eax
 mov dword [rel b], 5
 cmp byte [rel b], 5
b: dq 0
