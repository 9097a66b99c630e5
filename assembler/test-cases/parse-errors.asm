 mov eax,
 mov ,eax
 mov eax ebx
 mov eax, [ebx
 mov eax, ebx]
 mov eax, (ebx
 mov [eax, ebx
 5
 "x"
 movv ax, bx
 ,
 foo bar
 db 1 2
 db (1
 mov eax, 1 +
 mov eax, *5
 times
 equ 5
 jmp short
 mov byte byte [eax], 1
 [foo]
 [bits
 ]
 mov rax, [rbx*3+rcx*5]
 mov eax, [eax+ebx+ecx]
 lock lock nop
 rep repne movsb
 mov eax, [eax*7]
 mov [eax], [ebx]
 db foo: 
 ?
 section
 %foo
 %define
