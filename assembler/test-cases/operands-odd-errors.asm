        mov ax, to 5
        mov ax, to [bx]
        jmp short [bx]
        mov far ax, 5
        jmp ax + 1
        mov ax, bx * 2
        resb 1, 2
        resb [5]
        resb eax
        jmp far 5
        mov ax, [cr0]
        mov ax, [al]
        {evex} nop
        %line
        %substr a 'abc'
