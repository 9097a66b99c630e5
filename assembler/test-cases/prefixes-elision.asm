; which instructions XACQUIRE, XRELEASE, LOCK and BND make sense with
bits 32
xacquire add [eax], ebx
xacquire lock add [eax], ebx
xrelease lock add [eax], ebx
xrelease add [eax], ebx
xrelease mov [eax], ebx
xrelease mov [eax], dword 5
xacquire mov [eax], ebx
xrelease lock mov [eax], ebx
xrelease mov ebx, [eax]
xacquire xchg [eax], ebx
xrelease xchg [eax], ebx
xacquire xchg ebx, [eax]
lock xchg ebx, [eax]
xacquire nop
xacquire add eax, ebx
xacquire lock add eax, ebx
xacquire lock add ebx, [eax]
xrelease mov [0x1234], eax
xacquire lock cmpxchg8b [eax]
xacquire cmpxchg8b [eax]
xacquire lock cmpxchg [eax],ecx
xacquire lock bts [eax],ecx
xacquire lock xadd [eax],ecx
xacquire movsb
xrelease ret
lock nop
lock mov eax, ebx
lock add eax, ebx
lock add ebx, [eax]
lock cmp [eax], ebx
lock bt [eax], ebx
bnd ret
bnd call $
bnd jmp eax
xrelease mov [0x1234], eax
xacquire mov [0x1234], eax
xacquire mov eax, [0x1234]
mov [0x1234], eax
repne jmp short y
repne jmp y
repne jz y
y:
bits 64
bnd jmp $
bnd jz y
xacquire lock cmpxchg16b [rax]
lock cmpxchg16b [rax]
xrelease mov [abs 0x1234], al
xrelease mov [rax], cs
xrelease mov byte [rax], 5
xrelease mov cr0, rax
xacquire xchg rax, rbx
xacquire lock xchg [rax], rbx
[warning -prefix-hle]
xacquire xchg rax, rbx
[warning -lock]
lock nop
[warning -bnd]
bnd jmp $
