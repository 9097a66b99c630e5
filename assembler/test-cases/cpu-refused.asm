; What the processor of CPU does not have is refused, and the processor holds until the next CPU.
    bits 16
    cpu 8086
    mov ax, 1
    mov eax, 1
    push 5
    push ax
    shl ax, 1
    shl ax, 3
    enter 4, 0
    movzx ax, bl
    fstsw ax
    cpu 386
    mov eax, 1
    bswap eax
    cpu pentium no686
    rdtsc
    cmovz eax, ebx
    cpu 80386
    cpu all
    vaddps ymm0, ymm1, ymm2
