; A boot sector that sets VBE mode 143h and prints what INT 10h AH=4Fh gave, word by word, on COM1.
        bits 16
        org 0x7c00
        xor ax,ax
        mov ds,ax
        mov es,ax
        mov ss,ax
        mov sp,0x7c00
        mov ax,0x4f00
        mov di,0x8000
        mov dword [di],'VBE2'
        int 0x10
        call show
        mov ax,[0x8000]
        call show
        mov ax,[0x8012]
        call show
        lfs si,[0x800e]
.m:     mov ax,[fs:si]
        add si,2
        call show
        cmp ax,0xffff
        jne .m
        mov ax,0x4f01
        mov cx,0x115
        mov di,0x8200
        int 0x10
        call show
        mov si,0x8200
        mov cx,32
.d:     lodsw
        call show
        loop .d
        mov ax,0x4f02
        mov bx,0x4143
        int 0x10
        call show
        mov ax,0x4f03
        int 0x10
        mov ax,bx
        call show
        mov ax,0x4f06
        mov bl,1
        int 0x10
        mov ax,bx
        call show
        mov ax,cx
        call show
        mov ax,dx
        call show
        mov ax,3
        int 0x10
        mov ax,0x4f03
        int 0x10
        mov ax,bx
        call show
        mov ax,0x4f02
        mov bx,0x4143
        int 0x10
        mov al,0
        out 0xf4,al
        hlt
show:   pusha
        mov cx,4
.l:     rol ax,4
        push ax
        and al,15
        add al,'0'
        cmp al,'9'
        jbe .p
        add al,39
.p:     mov dx,0x3f8
        out dx,al
        pop ax
        loop .l
        mov al,10
        out dx,al
        popa
        ret
        times 510-($-$$) db 0
        dw 0xaa55
