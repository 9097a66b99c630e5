        b«»its 16
        o«»rg 0x100
%de«»fine X 1
        d«»b 1
        ti«»mes 3 nop
        mov «»byte [bx], 1
        sect«»ion .text
        al«»ign 16
        jmp sh«»ort $
