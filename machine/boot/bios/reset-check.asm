; A boot sector that resets the machine in every way there is, one at each boot, counting in CMOS RAM (50h); prints a
; letter on COM1 each time, and switches the machine off at the end.
        bits 16
        org 0x7c00
start:  xor     ax, ax
        mov     ds, ax
        mov     ss, ax
        mov     sp, 0x7c00
        mov     al, 0x50
        out     0x70, al
        in      al, 0x71
        mov     bl, al
        inc     al
        out     0x71, al
        mov     dx, 0x3f8
        mov     al, bl
        add     al, 'a'
        out     dx, al
        mov     [0x500], dword 0x12345678       ; memory survives
        cmp     bl, 1
        jb      .keyboard
        je      .port92
        cmp     bl, 3
        jb      .chipset
        je      .shutdown
        cmp     bl, 5
        jb      .bootstrap
        mov     dx, 0x604                       ; S5
        mov     ax, 0x2000
        out     dx, ax
.stop:  cli
        hlt
        jmp     .stop
.keyboard:
        mov     al, 0xfe
        out     0x64, al
        jmp     .stop
.port92:
        in      al, 0x92
        or      al, 1
        out     0x92, al
        jmp     .stop
.chipset:
        mov     dx, 0xcf9
        mov     al, 0x06
        out     dx, al
        jmp     .stop
; Reset with shutdown code 0Ah: the BIOS goes on at 40:67 without booting.
.shutdown:
        mov     word [0x467], .resumed
        mov     word [0x469], 0
        mov     al, 0x0f
        out     0x70, al
        mov     al, 0x0a
        out     0x71, al
        mov     al, 0xfe
        out     0x64, al
        jmp     .stop
.resumed:
        xor     ax, ax
        mov     ss, ax
        mov     sp, 0x7c00
        mov     dx, 0x3f8
        mov     al, 'R'
        out     dx, al
        int     0x19
; Nothing to reset here but by hand: INT 19h reads this sector again.
.bootstrap:
        int     0x19
        jmp     .stop
        times 510 - ($ - $$) db 0
        dw      0xaa55
