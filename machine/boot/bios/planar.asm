; INT 10h for the planar modes of 16 colours: 0Dh, 0Eh, 10h and 12h. A pixel is a bit in each of four planes at A0000h.

GRAPHICS        equ 0x3ce

; mode, columns, last row, lines of a character, bytes of a page, registers
planar_modes:
        db      0x0d, 40, 24, 8
        dw      0x2000, planar_registers_0d
        db      0x0e, 80, 24, 8
        dw      0x4000, planar_registers_0e
        db      0x10, 80, 24, 14
        dw      0x8000, planar_registers_10
        db      0x12, 80, 29, 16
        dw      0xa000, planar_registers_12
planar_modes_end:

; The row of mode AL at SI, or carry.
planar_mode:
        mov     si, planar_modes
.next:  cmp     al, [cs:si]
        je      .found
        add     si, 8
        cmp     si, planar_modes_end
        jb      .next
        stc
.found: ret                             ; equal: no carry

; The mode in force is planar: carry clear.
is_planar:
        push    ax
        push    si
        mov     al, [VIDEO_MODE]
        call    planar_mode
        pop     si
        pop     ax
        ret

; Sets the mode of the row at SI; AL has its number, BL bit 7 keeps the memory.
set_planar_mode:
        push    bx
        push    si
        call    mode_data
        pop     si
        movzx   ax, byte [cs:si + 1]
        mov     [VIDEO_COLUMNS], ax
        mov     al, [cs:si + 2]
        mov     [VIDEO_ROWS], al
        mov     al, [cs:si + 3]
        mov     [CHAR_HEIGHT], ax
        mov     ax, [cs:si + 4]
        mov     [VIDEO_PAGE_SIZE], ax
        mov     si, [cs:si + 6]
        call    load_registers
        cmp     byte [VIDEO_MODE], 0x10
        jae     .fine
        call    coarse_palette
        jmp     .coloured
.fine:  call    text_palette
.coloured:
        pop     bx
        call    note_kept
        mov     byte [bp + R_AL], 0x20
        test    bl, 0x80
        jnz     .end
        mov     ax, 0xa000
        mov     es, ax
        xor     di, di
        xor     eax, eax
        mov     cx, 0x4000
        rep stosd
.end:   ret

; DAC entries 0..63 of the modes of 200 lines: bit 4 of the number is intensity, bits 2..0 are R G B.
coarse_palette:
        mov     dx, 0x3c8
        xor     al, al
        out     dx, al
        inc     dx
        xor     cl, cl
.entry: mov     bl, cl
        shr     bl, 1
        and     bl, 8
        mov     al, cl
        and     al, 7
        or      bl, al
        mov     al, 3
        mul     bl
        mov     si, ax
        add     si, sixteen_colours
        mov     bl, 3
.component:
        mov     al, [cs:si]
        inc     si
        out     dx, al
        dec     bl
        jnz     .component
        inc     cl
        cmp     cl, 64
        jb      .entry
        ret

; Column CX, row DX of page BH: the byte at ES:DI, the bit in BL. Keeps AX, CX.
planar_address:
        push    ax
        mov     di, 0xa000
        mov     es, di
        mov     ax, [VIDEO_COLUMNS]
        mul     dx
        mov     di, ax
        movzx   ax, bh
        mul     word [VIDEO_PAGE_SIZE]
        add     di, ax
        mov     ax, cx
        shr     ax, 3
        add     di, ax
        push    cx
        and     cl, 7
        mov     bl, 0x80
        shr     bl, cl
        pop     cx
        pop     ax
        ret

; AH=0Ch: pixel of colour AL; bit 7: exclusive or.
write_planar_pixel:
        call    planar_address
        mov     cl, al
        mov     dx, GRAPHICS
        mov     ah, bl
        mov     al, 8                   ; bit mask
        out     dx, ax
        mov     ax, 0x0205              ; write mode 2
        out     dx, ax
        test    cl, 0x80
        jz      .plain
        mov     ax, 0x1803
        out     dx, ax
.plain: mov     al, [es:di]             ; the latches
        mov     [es:di], cl
; The graphics controller as the mode has it.
planar_defaults:
        mov     dx, GRAPHICS
        mov     ax, 0xff08
        out     dx, ax
        mov     ax, 0x0005
        out     dx, ax
        mov     ax, 0x0003
        out     dx, ax
        mov     ax, 0x0000
        out     dx, ax
        mov     ax, 0x0001
        out     dx, ax
        ret

; AH=0Dh: colour of the pixel.
read_planar_pixel:
        call    planar_address
        mov     dx, GRAPHICS
        xor     cl, cl
        mov     ah, 3
.plane: mov     al, 4                   ; read map select
        out     dx, ax
        shl     cl, 1
        test    [es:di], bl
        jz      .clear
        or      cl, 1
.clear: dec     ah
        jns     .plane
        mov     [bp + R_AL], cl
        ret

; Draws character AL in colour BL at row DH, column DL: the font's 8 lines, twice each in a cell of 16.
draw_planar_character:
        pusha
        mov     cx, 0xa000
        mov     es, cx
        movzx   si, al
        shl     si, 3
        add     si, font_8x8
        mov     cl, dl
        movzx   ax, dh
        imul    ax, [CHAR_HEIGHT]
        imul    ax, [VIDEO_COLUMNS]
        xor     ch, ch
        add     ax, cx
        mov     di, ax
        mov     dx, GRAPHICS
        mov     cx, [CHAR_HEIGHT]
        test    bl, 0x80
        jnz     .over
        ; the cell in black
        push    di
.black: mov     byte [es:di], 0
        add     di, [VIDEO_COLUMNS]
        loop    .black
        pop     di
        jmp     .colour
.over:  mov     ax, 0x1803
        out     dx, ax
.colour:
        mov     ah, bl
        and     ah, 15
        mov     al, 0
        out     dx, ax                  ; set/reset
        mov     ax, 0x0f01
        out     dx, ax
        mov     cx, 8
.line:  mov     ah, [cs:si]
        inc     si
        mov     al, 8
        out     dx, ax
        call    .put
        cmp     byte [CHAR_HEIGHT], 16
        jne     .next
        call    .put
.next:  loop    .line
        call    planar_defaults
        popa
        ret
.put:   mov     al, [es:di]
        mov     byte [es:di], 0xff
        add     di, [VIDEO_COLUMNS]
        ret

; The displayed page one row of characters up, black below.
scroll_planar:
        pusha
        push    ds
        mov     dx, GRAPHICS
        mov     ax, 0x0105              ; write mode 1: from latches
        out     dx, ax
        mov     ax, [CHAR_HEIGHT]
        mul     word [VIDEO_COLUMNS]
        mov     bx, ax                  ; bytes of a row of characters
        movzx   cx, byte [VIDEO_ROWS]
        imul    cx, bx
        mov     si, bx
        xor     di, di
        mov     ax, 0xa000
        mov     es, ax
        mov     ds, ax
        rep movsb
        mov     dx, GRAPHICS
        mov     ax, 0x0005
        out     dx, ax
        xor     al, al
        mov     cx, bx
        rep stosb
        pop     ds
        popa
        ret

planar_registers_0d:
        db      0x63
        db      0x09, 0x0f, 0x00, 0x06
        db      0x2d, 0x27, 0x28, 0x90, 0x2b, 0x80, 0xbf, 0x1f, 0x00, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00
        db      0x9c, 0x8e, 0x8f, 0x14, 0x00, 0x96, 0xb9, 0xe3, 0xff
        db      0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x0f, 0xff
        db      0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17
        db      0x01, 0x00, 0x0f, 0x00, 0x00
planar_registers_0e:
        db      0x63
        db      0x01, 0x0f, 0x00, 0x06
        db      0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0xbf, 0x1f, 0x00, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00
        db      0x9c, 0x8e, 0x8f, 0x28, 0x00, 0x96, 0xb9, 0xe3, 0xff
        db      0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x0f, 0xff
        db      0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17
        db      0x01, 0x00, 0x0f, 0x00, 0x00
planar_registers_10:
        db      0xa3
        db      0x01, 0x0f, 0x00, 0x06
        db      0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0xbf, 0x1f, 0x00, 0x40, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00
        db      0x83, 0x85, 0x5d, 0x28, 0x0f, 0x63, 0xba, 0xe3, 0xff
        db      0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x0f, 0xff
        db      0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f
        db      0x01, 0x00, 0x0f, 0x00, 0x00
planar_registers_12:
        db      0xe3
        db      0x01, 0x0f, 0x00, 0x06
        db      0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0x0b, 0x3e, 0x00, 0x40, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00
        db      0xea, 0x8c, 0xdf, 0x28, 0x00, 0xe7, 0x04, 0xe3, 0xff
        db      0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x0f, 0xff
        db      0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f
        db      0x01, 0x00, 0x0f, 0x00, 0x00
