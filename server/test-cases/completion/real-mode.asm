        bits 16
        mov ax, [«»
        mov e«»
        mov r«»
        push «»
