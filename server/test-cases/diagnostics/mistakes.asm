        bits 64
        movx eax, 1
        mov eax, nowhere
        mov cr0, 1
        mov al, rbx
        mov [rax], 1
        mov al, 300
        push eax
loop1
        dd "abc
%define
%endif
twice:
twice:  ret
