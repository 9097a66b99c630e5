; INT 10h AH=4Fh: VESA BIOS Extension, core functions 00h-04h and 06h-0Ah of version 3.0, over the Bochs display
; interface. Frame buffers are linear only: there is no window at A0000h.

DISPI_INDEX     equ 0x1ce
DISPI_XRES      equ 1
DISPI_YRES      equ 2
DISPI_BPP       equ 3
DISPI_ENABLE    equ 4
DISPI_WIDTH     equ 6
DISPI_X         equ 8
DISPI_Y         equ 9
DISPI_MEMORY    equ 10
DISPI_BASE      equ 11
E_VBE_MODE      equ 0x70        ; EBDA: the mode that was set

; Register AL of the interface into AX; changes DX.
dispi_read:
        xor     ah, ah
        mov     dx, DISPI_INDEX
        out     dx, ax
        inc     dx
        in      ax, dx
        ret

; BX into register AL; changes AX, DX.
dispi_write:
        xor     ah, ah
        mov     dx, DISPI_INDEX
        out     dx, ax
        inc     dx
        mov     ax, bx
        out     dx, ax
        ret

; Modes: number, width, height, bits per pixel
vbe_modes:
        dw      0x100, 640, 400, 8
        dw      0x101, 640, 480, 8
        dw      0x103, 800, 600, 8
        dw      0x105, 1024, 768, 8
        dw      0x110, 640, 480, 15
        dw      0x111, 640, 480, 16
        dw      0x112, 640, 480, 24
        dw      0x113, 800, 600, 15
        dw      0x114, 800, 600, 16
        dw      0x115, 800, 600, 24
        dw      0x116, 1024, 768, 15
        dw      0x117, 1024, 768, 16
        dw      0x118, 1024, 768, 24
        dw      0x140, 320, 200, 32
        dw      0x141, 640, 400, 32
        dw      0x142, 640, 480, 32
        dw      0x143, 800, 600, 32
        dw      0x144, 1024, 768, 32
        dw      0x145, 1280, 1024, 32
vbe_modes_end:

; Masks by bits per pixel: red size and position, green, blue, reserved
vbe_masks_15:   db 5, 10, 5, 5, 5, 0, 1, 15
vbe_masks_16:   db 5, 11, 6, 5, 5, 0, 0, 0
vbe_masks_24:   db 8, 16, 8, 8, 8, 0, 0, 0
vbe_masks_32:   db 8, 16, 8, 8, 8, 0, 8, 24

vbe_oem:        db 'Ringside VBE', 0

; Bytes of a pixel of the mode at CS:SI into AX.
vbe_pixel_bytes:
        mov     ax, [cs:si + 6]
        add     ax, 7
        shr     ax, 3
        ret

; Carry set if the mode at CS:SI does not fit the frame buffer. Changes EAX, EDX.
vbe_fits:
        push    ebx
        movzx   eax, word [cs:si + 2]
        movzx   edx, word [cs:si + 4]
        mul     edx
        mov     ebx, eax
        call    vbe_pixel_bytes
        movzx   eax, ax
        mul     ebx
        mov     ebx, eax
        mov     al, DISPI_MEMORY
        call    dispi_read
        movzx   eax, ax
        shl     eax, 16
        cmp     eax, ebx
        pop     ebx
        ret

; The entry of mode CX at CS:SI; carry set if there is none that fits. Changes EAX, EDX.
vbe_find:
        mov     si, vbe_modes
.next:  cmp     cx, [cs:si]
        je      vbe_fits
        add     si, 8
        cmp     si, vbe_modes_end
        jb      .next
        stc
        ret

vbe:    cmp     al, 0x0a
        ja      .end
        mov     al, DISPI_MEMORY
        call    dispi_read
        test    ax, ax
        jz      .end                    ; a card without frame buffer has no VBE
        movzx   di, byte [bp + R_AL]
        shl     di, 1
        mov     word [bp + R_AX], 0x004f
        mov     cx, [bp + R_CX]
        mov     bx, [bp + R_BX]
        mov     dx, [bp + R_DX]
        call    [cs:.table + di]
        jnc     .end
        mov     byte [bp + R_AH], 1
.end:   ret
.table: dw      vbe_controller, vbe_mode_information, vbe_set_mode, vbe_get_mode, vbe_state, vbe_unsupported
        dw      vbe_line_length, vbe_display_start, vbe_dac, vbe_palette, vbe_unsupported

; AL=00h: 512 bytes (256 unless the caller asks for 'VBE2') at ES:DI.
vbe_controller:
        mov     es, [bp + R_ES]
        mov     di, [bp + R_DI]
        cmp     dword [es:di], 'VBE2'
        push    di
        mov     cx, 128
        jne     .short
        mov     cx, 256
.short: xor     ax, ax
        rep stosw
        pop     di
        mov     dword [es:di], 'VESA'
        mov     word [es:di + 4], 0x0300
        mov     word [es:di + 6], vbe_oem
        mov     word [es:di + 8], ROM
        mov     byte [es:di + 10], 1    ; the DAC can have 8 bits
        lea     ax, [di + 34]           ; mode list in the reserved part
        mov     [es:di + 14], ax
        mov     [es:di + 16], es
        mov     al, DISPI_MEMORY
        call    dispi_read
        mov     [es:di + 18], ax
        mov     word [es:di + 22], vbe_oem
        mov     word [es:di + 24], ROM
        mov     word [es:di + 26], vbe_oem
        mov     word [es:di + 28], ROM
        mov     word [es:di + 30], vbe_oem
        mov     word [es:di + 32], ROM
        add     di, 34
        mov     si, vbe_modes
.mode:  call    vbe_fits
        jc      .skip
        mov     ax, [cs:si]
        stosw
.skip:  add     si, 8
        cmp     si, vbe_modes_end
        jb      .mode
        mov     ax, 0xffff
        stosw
        clc
        ret

; AL=01h: 256 bytes about mode CX at ES:DI.
vbe_mode_information:
        and     cx, 0x01ff
        call    vbe_find
        jc      .end
        mov     es, [bp + R_ES]
        mov     di, [bp + R_DI]
        push    di
        xor     ax, ax
        mov     cx, 128
        rep stosw
        pop     di
        mov     word [es:di], 0x00fb    ; supported, colour, graphics, not VGA, no window, linear frame buffer
        call    vbe_pixel_bytes
        mul     word [cs:si + 2]
        mov     [es:di + 16], ax
        mov     [es:di + 50], ax
        mov     ax, [cs:si + 2]
        mov     [es:di + 18], ax
        mov     ax, [cs:si + 4]
        mov     [es:di + 20], ax
        mov     word [es:di + 22], 0x1008
        mov     byte [es:di + 24], 1    ; planes
        mov     ax, [cs:si + 6]
        mov     [es:di + 25], al
        mov     byte [es:di + 26], 1    ; banks
        mov     byte [es:di + 30], 1
        mov     bx, vbe_masks_15
        mov     dl, 6                   ; direct colour
        cmp     al, 15
        je      .masks
        add     bx, 8
        cmp     al, 16
        je      .masks
        add     bx, 8
        cmp     al, 24
        je      .masks
        add     bx, 8
        cmp     al, 32
        je      .masks
        mov     byte [es:di + 27], 4    ; packed pixel
        jmp     .address
.masks: mov     [es:di + 27], dl
        mov     cx, 8
.mask:  mov     al, [cs:bx]
        mov     [es:di + 31], al
        mov     [es:di + 54], al
        inc     bx
        inc     di
        loop    .mask
        sub     di, 8
.address:
        mov     al, DISPI_BASE
        call    dispi_read
        mov     [es:di + 42], ax        ; the upper half of the address
        clc
.end:   ret

; AL=02h: mode BX; bit 14 linear, bit 15 keeps the memory.
vbe_set_mode:
        test    bx, 0x0100
        jz      .standard
        mov     cx, bx
        and     cx, 0x01ff
        test    bh, 0x40
        jz      .refuse                 ; there is no window
        call    vbe_find
        jc      .end
        push    bx
        mov     bx, 0
        mov     al, DISPI_ENABLE
        call    dispi_write
        mov     bx, [cs:si + 2]
        mov     al, DISPI_XRES
        call    dispi_write
        mov     bx, [cs:si + 4]
        mov     al, DISPI_YRES
        call    dispi_write
        mov     bx, [cs:si + 6]
        mov     al, DISPI_BPP
        call    dispi_write
        pop     bx
        push    bx
        and     bx, 0x8000
        shr     bx, 8
        or      bx, 0x0041
        mov     al, DISPI_ENABLE
        call    dispi_write
        call    graphics_palette
        pop     bx
        jmp     .remember
.standard:
        push    bx
        call    vbe_off
        pop     bx
        mov     al, bl
        mov     cl, bh
        and     cl, 0x80
        or      al, cl
        push    word [bp + R_AX]
        push    bx
        call    set_mode
        pop     bx
        pop     word [bp + R_AX]
.remember:
        push    word EBDA
        pop     es
        mov     [es:E_VBE_MODE], bx
        clc
        ret
.refuse:
        stc
.end:   ret

; Back to what the VGA registers say; changes AX, BX, DX.
vbe_off:
        xor     bx, bx
        mov     al, DISPI_ENABLE
        jmp     dispi_write

; AL=03h: BX the mode.
vbe_get_mode:
        mov     al, DISPI_ENABLE
        call    dispi_read
        mov     bx, [VIDEO_MODE]
        xor     bh, bh
        test    al, 1
        jz      .tell
        push    word EBDA
        pop     es
        mov     bx, [es:E_VBE_MODE]
.tell:  mov     [bp + R_BX], bx
        clc
        ret

; AL=04h: saving state takes no room, for there is none to save that modes do not set.
vbe_state:
        test    dl, dl
        jnz     .end
        mov     word [bp + R_BX], 0
.end:   clc
        ret

; AL=06h: BL 0 sets CX pixels a line, 1 reads, 2 sets CX bytes; BX bytes, CX pixels, DX lines.
vbe_line_length:
        cmp     bl, 2
        ja      vbe_unsupported
        push    cx
        mov     al, DISPI_BPP
        call    dispi_read
        add     ax, 7
        shr     ax, 3
        mov     si, ax                  ; bytes of a pixel
        pop     cx
        cmp     bl, 1
        je      .tell
        jb      .pixels
        mov     ax, cx
        xor     dx, dx
        div     si
        mov     cx, ax
.pixels:
        mov     bx, cx
        mov     al, DISPI_WIDTH
        call    dispi_write
.tell:  mov     al, DISPI_WIDTH
        call    dispi_read
        mov     [bp + R_CX], ax
        mul     si
        mov     [bp + R_BX], ax
        mov     al, 7
        call    dispi_read
        mov     [bp + R_DX], ax
        clc
        ret

; AL=07h: BL 00h, 80h: the first pixel shown is CX, DX; 01h tells it.
vbe_display_start:
        cmp     bl, 0x01
        je      .tell
        and     bl, 0x7f
        jnz     vbe_unsupported
        push    dx
        mov     bx, cx
        mov     al, DISPI_X
        call    dispi_write
        pop     bx
        mov     al, DISPI_Y
        call    dispi_write
        clc
        ret
.tell:  mov     al, DISPI_X
        call    dispi_read
        mov     [bp + R_CX], ax
        mov     al, DISPI_Y
        call    dispi_read
        mov     [bp + R_DX], ax
        mov     byte [bp + R_BH], 0
        clc
        ret

; AL=08h: the DAC has 6 bits a colour.
vbe_dac:
        mov     byte [bp + R_BH], 6
        clc
        ret

; AL=09h: CX entries (blue, green, red, nothing) from DX on, at ES:DI; BL 0 or 80h sets, 1 reads.
vbe_palette:
        mov     es, [bp + R_ES]
        mov     di, [bp + R_DI]
        jcxz    .end
        mov     al, dl
        cmp     bl, 1
        je      .read
        and     bl, 0x7f
        jnz     vbe_unsupported
        mov     dx, 0x3c8
        out     dx, al
        inc     dx
.set:   mov     al, [es:di + 2]
        out     dx, al
        mov     al, [es:di + 1]
        out     dx, al
        mov     al, [es:di]
        out     dx, al
        add     di, 4
        loop    .set
        jmp     .end
.read:  mov     dx, 0x3c7
        out     dx, al
        mov     dl, 0xc9
.get:   in      al, dx
        mov     [es:di + 2], al
        in      al, dx
        mov     [es:di + 1], al
        in      al, dx
        mov     [es:di], al
        mov     byte [es:di + 3], 0
        add     di, 4
        loop    .get
.end:   clc
        ret

vbe_unsupported:
        stc
        ret
