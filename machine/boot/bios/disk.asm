; INT 13h: diskette (00h), hard disks (80h..) and CD-ROM (E0h) through the disk port; CHS and LBA.

; Error codes
D_BAD_COMMAND   equ 0x01
D_NO_SECTOR     equ 0x04
D_NOT_READY     equ 0x80

init_drives:
        push    word BDA
        pop     ds
        mov     dx, DISK_HARD_COUNT
        in      eax, dx
        mov     [DISK_COUNT], al
        ; parameter tables of the hard disks
        push    word EBDA
        pop     es
        mov     bl, 0x80
        mov     di, E_FDPT
.drive: call    select_drive
        jc      .next
        mov     dx, DISK_CYLINDERS
        in      eax, dx
        mov     [es:di], ax
        mov     [es:di + 12], ax
        mov     dx, DISK_HEADS
        in      eax, dx
        mov     [es:di + 2], al
        mov     byte [es:di + 8], 0x08  ; more than 8 heads
        mov     dx, DISK_SPT
        in      eax, dx
        mov     [es:di + 14], al
        mov     word [es:di + 5], 0xffff
.next:  add     di, 16
        inc     bl
        cmp     bl, 0x82
        jb      .drive
        ret

; Makes drive BL the selected one; carry set if there is none. Changes EAX, DX.
select_drive:
        movzx   eax, bl
        mov     dx, DISK_DRIVE
        out     dx, eax
        mov     dx, DISK_TOTAL
        in      eax, dx
        cmp     eax, 1
        ret

int_13: ENTER_SERVICE
        sti
        push    word BDA
        pop     ds
        mov     bl, dl
        mov     si, disk_services
.find:  cmp     byte [cs:si], 0xff
        je      .unknown
        cmp     ah, [cs:si]
        je      .found
        add     si, 3
        jmp     .find
.found: call    [cs:si + 1]
        jmp     .status
.unknown:
        mov     ah, D_BAD_COMMAND
; AH is the result of the service
.status:
        mov     [bp + R_AH], ah
        cmp     byte [bp + R_DL], 0x80
        jae     .hard
        mov     [FLOPPY_STATUS], ah
        jmp     .flag
.hard:  mov     [DISK_STATUS], ah
.flag:  and     byte [bp + R_FLAGS], 0xfe
        test    ah, ah
        jz      int_13_end
        or      byte [bp + R_FLAGS], CARRY
int_13_end:
        LEAVE_SERVICE

; A service that answers in AH itself jumps here, its return address dropped.
keep_ah:
        add     sp, 2
        jmp     int_13_end

; Function, routine. A routine gets the caller's registers (BL the drive) and returns its status in AH.
disk_services:
        db      0x00
        dw      disk_reset
        db      0x01
        dw      disk_last_status
        db      0x02
        dw      disk_read
        db      0x03
        dw      disk_write
        db      0x04
        dw      disk_verify
        db      0x08
        dw      disk_parameters
        db      0x09
        dw      disk_reset
        db      0x0c
        dw      disk_reset
        db      0x0d
        dw      disk_reset
        db      0x10
        dw      disk_reset
        db      0x11
        dw      disk_reset
        db      0x14
        dw      disk_reset
        db      0x15
        dw      disk_type
        db      0x16
        dw      disk_change
        db      0x41
        dw      extensions
        db      0x42
        dw      extended_read
        db      0x43
        dw      extended_write
        db      0x44
        dw      extended_verify
        db      0x47
        dw      disk_reset
        db      0x48
        dw      extended_parameters
        db      0x4b
        dw      cd_emulation
        db      0xff

; Nothing to do but to see that the drive is there.
disk_reset:
        call    select_drive
        mov     ah, D_NOT_READY
        jc      .end
        mov     ah, 0
.end:   ret

disk_last_status:
        mov     ah, [FLOPPY_STATUS]
        cmp     bl, 0x80
        jb      .end
        mov     ah, [DISK_STATUS]
.end:   mov     byte [bp + R_AL], 0
        ret

disk_verify:
        mov     esi, 0
        jmp     chs_command
disk_write:
        mov     esi, 2
        jmp     chs_command
disk_read:
        mov     esi, 1
; ESI the port's command, 0 only checks. The caller's AL sectors, CH CL DH address, ES:BX buffer.
chs_command:
        mov     byte [bp + R_AL], 0     ; sectors done
        movzx   edi, al
        call    select_drive
        mov     ah, D_NOT_READY
        jc      .fail
        mov     ah, D_BAD_COMMAND
        test    di, di
        jz      .fail
        mov     dx, DISK_BYTES
        in      eax, dx
        cmp     ax, 512                 ; a CD has no such addresses
        mov     ah, D_BAD_COMMAND
        jne     .fail
        ; EBX = (cylinder * heads + head) * sectors + sector - 1
        mov     dx, DISK_SPT
        in      eax, dx
        movzx   ebx, byte [bp + R_CL]
        and     bl, 0x3f
        jz      .address
        cmp     ebx, eax
        ja      .address
        dec     ebx
        push    eax
        mov     dx, DISK_HEADS
        in      eax, dx
        movzx   ecx, byte [bp + R_DH]
        cmp     ecx, eax
        pop     edx
        jae     .address
        push    edx
        mov     dx, [bp + R_CX]
        xchg    dl, dh
        shr     dh, 6
        movzx   edx, dx                 ; cylinder
        mul     edx
        add     eax, ecx
        pop     edx
        mul     edx
        add     eax, ebx
        mov     dx, DISK_LBA
        out     dx, eax
        xor     eax, eax
        mov     dx, DISK_LBA_HIGH
        out     dx, eax
        mov     bx, [bp + R_BX]
        mov     cx, [bp + R_ES]
        call    transfer
        test    ah, ah
        jnz     .fail
        mov     ax, di
        mov     [bp + R_AL], al
        xor     ah, ah
.fail:  ret
.address:
        mov     ah, D_NO_SECTOR
        ret

; Command ESI on EDI sectors from the address set, buffer CX:BX; AH the status. ESI = 0 checks the range only.
transfer:
        mov     eax, edi
        mov     dx, DISK_SECTORS
        out     dx, eax
        movzx   eax, cx
        shl     eax, 4
        movzx   ebx, bx
        add     eax, ebx
        mov     dx, DISK_BUFFER
        out     dx, eax
        test    si, si
        jz      .check
        mov     eax, esi
        mov     dx, DISK_COMMAND
        out     dx, eax
        in      eax, dx
        mov     ah, al
        ret
.check: mov     dx, DISK_LBA
        in      eax, dx
        add     eax, edi
        mov     ebx, eax
        mov     dx, DISK_TOTAL
        in      eax, dx
        cmp     ebx, eax
        mov     ah, 0
        jbe     .end
        mov     ah, D_NO_SECTOR
.end:   ret

; AH=08h: CX last cylinder and sectors, DH last head, DL drives, BL type of a diskette, ES:DI its parameters.
disk_parameters:
        call    select_drive
        jc      .none
        mov     dx, DISK_BYTES
        in      eax, dx
        cmp     ax, 512
        jne     .none
        mov     dx, DISK_SPT
        in      eax, dx
        mov     cl, al
        mov     dx, DISK_CYLINDERS
        in      eax, dx
        dec     ax
        mov     ch, al
        shl     ah, 6
        or      cl, ah
        mov     [bp + R_CX], cx
        mov     dx, DISK_HEADS
        in      eax, dx
        dec     al
        mov     [bp + R_DH], al
        mov     al, [DISK_COUNT]
        test    bl, 0x80
        jnz     .drives
        call    diskette_type
        mov     [bp + R_BX], ax
        mov     word [bp + R_ES], ROM
        mov     word [bp + R_DI], diskette_parameters
        mov     al, 1
.drives:
        mov     [bp + R_DL], al
        mov     byte [bp + R_AL], 0
        mov     byte [bp + R_AH], 0
        and     byte [bp + R_FLAGS], 0xfe
        mov     byte [DISK_STATUS], 0
        jmp     keep_ah
.none:  mov     ah, 0x07
        test    bl, 0x80
        jnz     .fails
        mov     ah, D_BAD_COMMAND
.fails: ret

; Type of the selected diskette drive into AX: 1 360 KB, 2 1.2 MB, 3 720 KB, 4 1.44 MB, 5 2.88 MB. Changes DX.
diskette_type:
        mov     dx, DISK_CYLINDERS
        in      eax, dx
        cmp     al, 40
        mov     ax, 1
        je      .end
        mov     dx, DISK_SPT
        in      eax, dx
        mov     dx, ax
        mov     ax, 3
        cmp     dl, 9
        je      .end
        dec     ax
        cmp     dl, 15
        je      .end
        mov     al, 4
        cmp     dl, 18
        je      .end
        inc     ax
.end:   ret

; AH=15h: AH 0 no drive, 1 diskette without change line, 2 with, 3 hard disk with CX:DX sectors.
disk_type:
        and     byte [bp + R_FLAGS], 0xfe
        call    select_drive
        mov     byte [bp + R_AH], 0
        jc      keep_ah
        mov     byte [bp + R_AH], 1
        test    bl, 0x80
        jz      keep_ah
        mov     byte [bp + R_AH], 3
        mov     [bp + R_DX], ax
        shr     eax, 16
        mov     [bp + R_CX], ax
        jmp     keep_ah

; AH=16h: the diskette was never changed.
disk_change:
        call    select_drive
        mov     ah, D_NOT_READY
        jc      .end
        mov     ah, 0
.end:   ret

; AH=41h: BX=AA55h, version 2.1, packet access and parameters.
extensions:
        cmp     word [bp + R_BX], 0x55aa
        jne     .bad
        test    byte [bp + R_DL], 0x80
        jz      .bad
        call    select_drive
        jc      .bad
        mov     word [bp + R_BX], 0xaa55
        mov     byte [bp + R_AH], 0x21
        mov     word [bp + R_CX], 0x0005
        and     byte [bp + R_FLAGS], 0xfe
        jmp     keep_ah
.bad:   mov     ah, D_BAD_COMMAND
        ret

extended_verify:
        mov     esi, 0
        jmp     packet_command
extended_write:
        mov     esi, 2
        jmp     packet_command
extended_read:
        mov     esi, 1
; The packet at the caller's DS:SI: size, 0, sectors (word), buffer (far pointer), address (qword).
packet_command:
        test    bl, 0x80
        jz      .bad
        call    select_drive
        mov     ah, D_NOT_READY
        jc      .end
        push    ds
        mov     ds, [bp + R_DS]
        mov     di, [bp + R_SI]
        cmp     byte [di], 0x10
        jb      .bad_packet
        mov     eax, [di + 8]
        mov     dx, DISK_LBA
        out     dx, eax
        mov     eax, [di + 12]
        mov     dx, DISK_LBA_HIGH
        out     dx, eax
        mov     bx, [di + 4]
        mov     cx, [di + 6]
        push    di
        movzx   edi, word [di + 2]
        call    transfer
        pop     di
        test    ah, ah
        jz      .done
        mov     word [di + 2], 0
.done:  pop     ds
.end:   ret
.bad_packet:
        pop     ds
.bad:   mov     ah, D_BAD_COMMAND
        ret

; AH=48h: 26 bytes of parameters to the caller's DS:SI.
extended_parameters:
        test    bl, 0x80
        jz      .bad
        call    select_drive
        mov     ah, 0x07
        jc      .end
        push    ds
        mov     ds, [bp + R_DS]
        mov     di, [bp + R_SI]
        mov     ah, D_BAD_COMMAND
        cmp     word [di], 26
        jb      .restore
        mov     word [di], 26
        mov     word [di + 2], 0x0002   ; the geometry is valid
        mov     dx, DISK_CYLINDERS
        in      eax, dx
        mov     [di + 4], eax
        mov     dx, DISK_HEADS
        in      eax, dx
        mov     [di + 8], eax
        mov     dx, DISK_SPT
        in      eax, dx
        mov     [di + 12], eax
        mov     dx, DISK_TOTAL
        in      eax, dx
        mov     [di + 16], eax
        mov     dx, DISK_TOTAL_HIGH
        in      eax, dx
        mov     [di + 20], eax
        mov     dx, DISK_BYTES
        in      eax, dx
        mov     [di + 24], ax
        cmp     ax, 512
        je      .plain
        mov     word [di + 2], 0x0074   ; removable, lockable; no geometry
.plain: mov     ah, 0
.restore:
        pop     ds
.end:   ret
.bad:   mov     ah, D_BAD_COMMAND
        ret

; INT 1Eh: diskette parameters of a 1.44 MB drive.
diskette_parameters:
        db      0xaf, 0x02, 0x25, 0x02, 18, 0x1b, 0xff, 0x6c, 0xf6, 0x0f, 0x08
