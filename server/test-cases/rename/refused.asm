start:
.a:     jmp start«eax»
        jmp start«mov»
        jmp start«2x»
        jmp start«_local»
        jmp start«taken»
        jmp start.a«global»
        mov a«x»x, bx
        m«x»ov ax, bx
        jmp no«x»where
        db 1«x»2
taken:
%macro m 1
        db %«x»1
%endmacro
