bits 32
 add eax, 5
 add eax, strict dword 5
 push 5
 push strict dword 5
 push byte 5
 mov eax, [ebx+5]
 mov eax, [ebx+dword 5]
 mov eax, [dword ebx+5]
 mov eax, [byte ebx+0]
 jmp near a
 jmp short a
 jmp strict near a
 jmp dword a
a: imul eax, ebx, 5
 imul eax, strict dword 5
 add ax, strict word 1
