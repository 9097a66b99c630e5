; what NASM takes with a warning, or with less than is written
        mov near ax, 5
        mov short bx, 5
        jmp near ax
        call short ax
        jmp far ax
        mov ax, [rel bx]
        mov ax, [rel bx+si+5]
        bits 64
        mov ax, [rel rbx]
        mov ax, [rel 5]
        default rel abs
        mov eax, [5]
        default abs rel
        mov eax, [5]
