bits 64
        org 0xffffffff80100000
start:  mov rax, start
        jmp end
        section .data
where:  dq where, start
end:
