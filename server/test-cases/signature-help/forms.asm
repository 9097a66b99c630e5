        bits 64
        mov «»
        mov eax, «»
        mov cr0, «»
        in «»
        shld eax, ebx, «»
        cpuid «»
        imul eax, [rdi], «»
        db «»
; put port, value: writes a byte.
%macro put 2
        mov al, %2
        out %1, al
%endmacro
%macro many 1-3
        db 0
%endmacro
        put «»
        put 0x20, «»
        many 1, 2, «»
        int3 «»; comment
        add eax, ebx ; here «»
