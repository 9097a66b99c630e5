; options: -f elf64
; Distances to plain numbers, and labels far from the beginning.
        call    1000h
        jmp     short $ + 5
        jmp     1000h
        jz      1000h
        lea     rax, [rel 1000h]
        mov     rax, [rel 1000h]
        dd      1000h - ($ - $$)
        dq      -1, 8000000000000000h
        times   300 nop
far:    dq      far, far - 100, far + 80000000h
        mov     rax, far + 7fffffffh
