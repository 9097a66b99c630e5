; El Torito: booting from CD-ROM, as it is or with a diskette or hard disk emulated (Bootable CD-ROM Format
; Specification 1.0).

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
        test    byte [0x21], 0x0f
        jnz     .emulate
        add     cx, 3
        shr     cx, 2
        mov     bx, ax
        mov     eax, [0x28]
        push    bx
        call    read_cd
        pop     ax
        jc      .none
        mov     dl, 0xe0
.start: mov     bx, 0
        mov     si, ax                  ; 0000:SEG*16 when that is what the image expects
        shl     si, 4
        cmp     ax, BOOT_SECTOR / 16
        je      start_boot_code
        mov     bx, ax
        xor     si, si
        jmp     start_boot_code
.none:  ret

; The drive that the image stands for: diskette 00h or hard disk 80h; its first CX sectors go to segment AX.
.emulate:
        push    ax
        push    cx
        xor     ebx, ebx
        movzx   eax, byte [0x21]
        and     al, 0x0f
        cmp     al, 4
        jne     .diskette
        mov     bl, 0x80
.diskette:
        mov     dx, DISK_BUFFER
        out     dx, eax
        mov     eax, [0x28]
        mov     dx, DISK_LBA
        out     dx, eax
        mov     eax, ebx
        mov     dx, DISK_SECTORS
        out     dx, eax
        mov     eax, 3
        mov     dx, DISK_COMMAND
        out     dx, eax
        in      eax, dx
        test    al, al
        pop     cx
        pop     ax
        jnz     .none
        push    word EBDA
        pop     es
        mov     [es:E_CD_PACKET + 2], bl
        push    word BDA
        pop     es
        test    bl, bl
        jns     .is_diskette
        cmp     byte [es:DISK_COUNT], 0
        jne     .read
        inc     byte [es:DISK_COUNT]
        jmp     .read
.is_diskette:
        or      word [es:EQUIPMENT], 0x0001
.read:  mov     dl, bl
        mov     dh, 0
        push    ax
        push    dx
        mov     es, ax
        xor     bx, bx
        mov     al, cl
        mov     ah, 0x02
        mov     cx, 0x0001
        int     0x13
        pop     dx
        pop     ax
        jnc     .start
        ret

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
        mov     ah, 0x01
        push    word EBDA
        pop     es
        cmp     byte [es:E_CD_PACKET], 0        ; nothing was booted from a CD
        je      .end
        cmp     bl, [es:E_CD_PACKET + 2]
        je      .known
        cmp     bl, 0x7f                        ; whatever is emulated
        je      .known
        cmp     bl, 0xe0
        jne     .end
.known: test    al, al
        jnz     .packet
        push    eax
        mov     eax, 4
        mov     dx, DISK_COMMAND
        out     dx, eax
        pop     eax
.packet:
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
