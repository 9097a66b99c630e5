        bits 64
start:
        mov r«»ax, [cou«»nter]
        add eax, 1
        mov [counter], ah
.loop:  jmp .lo«»op
other:
        mov rax, 1
.loop:  jmp .loop
counter: dq 0
