; INT 19h: looks for a boot sector in the order the disk port gives, and starts it at 0000:7C00 with the drive in DL.

int_19: cli
        xor     ax, ax
        mov     ss, ax
        mov     sp, POST_STACK
        sti
        cld
        mov     dx, DISK_ENTRY          ; a program that is in memory already
        in      eax, dx
        mov     si, ax
        shr     eax, 16
        mov     bx, ax
        or      ax, si
        mov     dl, 0x80
        jnz     start_boot_code
        mov     dx, DISK_ORDER
        in      eax, dx
        mov     cx, 4
.next:  cmp     al, 0xff
        je      .other
        push    eax
        push    cx
        mov     dl, al
        call    try_drive
        pop     cx
        pop     eax
.other: shr     eax, 8
        loop    .next
        int     0x18

int_18: mov     si, no_boot
        call    print
        mov     al, 0xfd                ; no ticks: only a key interrupts the wait, which has no end
        out     PIC1 + 1, al
        mov     al, 0xff
        out     PIC2 + 1, al
.stop:  sti
        hlt
        jmp     .stop

no_boot: db     'No bootable disk: no drive has a boot sector that ends in 55 AA.', 13, 10, 0

; Text at CS:SI to the screen.
print:  mov     al, [cs:si]
        inc     si
        test    al, al
        jz      .end
        mov     ah, 0x0e
        mov     bx, 7
        int     0x10
        jmp     print
.end:   ret

; Boots from drive DL; returns if there is nothing to boot.
try_drive:
        cmp     dl, 0xe0
        je      try_cd
        xor     ax, ax
        mov     es, ax
        mov     ax, 0x0201
        mov     bx, BOOT_SECTOR
        mov     cx, 1
        xor     dh, dh
        push    dx
        int     0x13
        pop     dx
        jc      .none
        cmp     word [es:BOOT_SECTOR + 510], 0xaa55
        jne     .none
        xor     bx, bx                  ; segment 0 is where the code starts
        mov     si, BOOT_SECTOR
        jmp     start_boot_code
.none:  ret

; Starts what was loaded at BX:SI for drive DL.
start_boot_code:
        mov     ax, EBDA
        mov     ds, ax
        mov     [E_BOOT_DRIVE], dl
        xor     ax, ax
        mov     ss, ax
        mov     sp, POST_STACK
        mov     ds, ax
        mov     es, ax
        push    ax                      ; flags: interrupts as set by STI below
        popf
        sti
        push    bx
        push    si
        xor     dh, dh
        mov     ax, 0xaa55
        xor     bx, bx
        xor     cx, cx
        xor     si, si
        xor     di, di
        xor     bp, bp
        retf
