bits 32
 rep movsb
 repne scasb
 lock inc dword [eax]
 es mov eax, [ebx]
 mov eax, [es:ebx]
 mov eax, es:[ebx]
 a16 mov eax, [bx]
 o16 mov eax, ebx
 rep
 lock
 times 3 rep nop
 repe cmpsb
 wait
 fwait
 o32 push ax
