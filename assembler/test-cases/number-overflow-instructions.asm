bits 16
        add     ax, 0FFFFFFFFh
        add     ax, byte 0FFFFFFFFh
        push    0FFFFFFFFh
bits 64
        mov     eax, 0_11223344_8899aabbh
        add     rcx, 0FFFFFFFFh
