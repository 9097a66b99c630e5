; El Torito: booting from CD-ROM without emulation (Bootable CD-ROM Format Specification 1.0).

VOLUME_SECTOR   equ 17
CATALOG_LBA     equ 0x47

; Boots from the CD; returns if it has no boot catalog that can be used.
try_cd: mov     dl, 0xe0
        mov     eax, VOLUME_SECTOR
        mov     cx, 1
        mov     bx, 0x0800
        call    read_cd
        jc      .none
        mov     ax, 0x0800
        mov     ds, ax
        xor     si, si
        mov     di, volume_id
        mov     cx, volume_id_end - volume_id
.compare:
        mov     al, [si]
        cmp     al, [cs:di]
        jne     .none
        inc     si
        inc     di
        loop    .compare
        mov     eax, [CATALOG_LBA]
        mov     cx, 1
        mov     bx, 0x0800
        call    read_cd
        jc      .none
        cmp     byte [0], 0x01          ; validation entry
        jne     .none
        cmp     word [0x1e], 0xaa55
        jne     .none
        cmp     byte [0x20], 0x88       ; default entry, bootable
        jne     .none
        test    byte [0x21], 0x0f       ; media emulation is not offered
        jnz     .none
        ; the packet that AH=4Bh gives
        push    word EBDA
        pop     es
        mov     di, E_CD_PACKET
        mov     byte [es:di], 0x13
        mov     al, [0x21]
        mov     [es:di + 1], al
        mov     byte [es:di + 2], 0xe0
        mov     byte [es:di + 3], 0
        mov     eax, [0x28]
        mov     [es:di + 4], eax
        mov     dword [es:di + 8], 0
        mov     ax, [0x22]
        test    ax, ax
        jnz     .segment
        mov     ax, BOOT_SECTOR / 16
.segment:
        mov     [es:di + 12], ax
        mov     cx, [0x26]
        mov     [es:di + 14], cx
        ; sectors of 512 bytes to CD sectors
        add     cx, 3
        shr     cx, 2
        mov     bx, ax
        mov     eax, [0x28]
        push    bx
        call    read_cd
        pop     ax
        jc      .none
        mov     dl, 0xe0
        mov     bx, 0
        mov     si, ax                  ; 0000:SEG*16 when that is what the image expects
        shl     si, 4
        cmp     ax, BOOT_SECTOR / 16
        je      start_boot_code
        mov     bx, ax
        xor     si, si
        jmp     start_boot_code
.none:  ret

volume_id:
        db      0, 'CD001', 1, 'EL TORITO SPECIFICATION'
volume_id_end:

; CX sectors from EAX of the CD to BX:0000; carry set on failure. Changes EAX, EBX, ECX, EDX, ESI, EDI.
read_cd:
        push    eax
        push    bx
        mov     bl, 0xe0
        call    select_drive
        pop     bx
        pop     eax
        jc      .end
        mov     dx, DISK_LBA
        out     dx, eax
        xor     eax, eax
        mov     dx, DISK_LBA_HIGH
        out     dx, eax
        movzx   edi, cx
        mov     cx, bx
        xor     bx, bx
        mov     esi, 1
        call    transfer
        neg     ah
.end:   ret

; INT 13h AH=4Bh: AL=00h ends emulation, 01h tells about it; the packet to the caller's DS:SI.
cd_emulation:
        cmp     bl, 0xe0
        mov     ah, 0x01
        jne     .end
        mov     es, [bp + R_DS]
        mov     di, [bp + R_SI]
        push    word EBDA
        pop     ds
        mov     si, E_CD_PACKET
        mov     cx, 19
        rep movsb
        mov     ah, 0
        push    word BDA
        pop     ds
.end:   ret
