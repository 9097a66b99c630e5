bits 32
 mov eax, dword ptr [ebx]
