; INT 14h: serial ports by polling.

int_14: ENTER_SERVICE
        push    word BDA
        pop     ds
        movzx   si, dl
        cmp     si, 3
        ja      .leave
        shl     si, 1
        mov     dx, [si]                ; the port's base
        test    dx, dx
        jz      .leave
        cmp     ah, 1
        jb      serial_set_up
        je      serial_send
        cmp     ah, 3
        jb      serial_receive
        je      serial_status
.leave: LEAVE_SERVICE

serial_divisors:
        dw      1047, 768, 384, 192, 96, 48, 24, 12

; AH=00h: AL = bits 7..5 rate, 4..3 parity, 2 stop bits, 1..0 length.
serial_set_up:
        mov     bl, al
        add     dx, 3
        mov     al, 0x80
        out     dx, al
        movzx   si, bl
        shr     si, 5
        shl     si, 1
        mov     cx, [cs:serial_divisors + si]
        sub     dx, 3
        mov     al, cl
        out     dx, al
        inc     dx
        mov     al, ch
        out     dx, al
        add     dx, 2
        mov     al, bl
        and     al, 0x1f
        out     dx, al
        sub     dx, 2
        xor     al, al
        out     dx, al
        dec     dx
        jmp     serial_status

serial_send:
        mov     bl, al
        add     dx, 4
        mov     al, 0x03
        out     dx, al
        inc     dx
        mov     cx, 0xffff
.wait:  in      al, dx
        test    al, 0x20
        jnz     .ready
        loop    .wait
        or      al, 0x80                ; time out
        mov     [bp + R_AH], al
        LEAVE_SERVICE
.ready: mov     bh, al
        sub     dx, 5
        mov     al, bl
        out     dx, al
        mov     [bp + R_AH], bh
        LEAVE_SERVICE

serial_receive:
        add     dx, 4
        mov     al, 0x03
        out     dx, al
        inc     dx
        xor     cx, cx
.wait:  in      al, dx
        test    al, 0x01
        jnz     .ready
        loop    .wait
        or      al, 0x80
        mov     [bp + R_AH], al
        LEAVE_SERVICE
.ready: and     al, 0x1e
        mov     [bp + R_AH], al
        sub     dx, 5
        in      al, dx
        mov     [bp + R_AL], al
        LEAVE_SERVICE

serial_status:
        add     dx, 5
        in      al, dx
        mov     [bp + R_AH], al
        inc     dx
        in      al, dx
        mov     [bp + R_AL], al
        LEAVE_SERVICE
