        bits 64
start:
        mov «»
        mov cr3, r«»
        mov ds, a«»
        mov al, r«»
        lgdt «»
        jmp s«»
        in «»
        in al, «»
        shl rax, «»
.local:
        jz .«»
        call oth«»
        mov rax, [r«»
        mov rax, [tab«»
        mov ecx, IA32_E«»
        mov ecx, 0xC0000080
        rdmsr
        or eax, EFER«»
        mov rax, cr4
        or rax, CR4.P«»
        bts rax, CR4.VM«»
        mov rax, cr0
        and rax, CR0.P«»
other:
.inner: ret
        call other.«»
table:  dq other«»
TABLE_SIZE equ 8
        mov ecx, TABLE«»
