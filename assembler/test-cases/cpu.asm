; Forms that every processor has are found behind those that it lacks; what is obsolete is so by processor.
    bits 16
    cpu 8086
    push es
    shl ax, 1
    call near 0x200
    jmp 0
    pop cs
    fld st1
    cpu 186
    push 5
    imul ax, 3
    pop cs
    ud0
    cpu 386
    loadall
    ud0
    jne near 0
    cpu x64
    bits 64
    mov rax, 5
    push rax
    cpu default
    vaddps ymm0, ymm1, ymm2
    loadall
