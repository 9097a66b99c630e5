; INT 10h: text modes 0..3 (80 or 40 columns, 25 lines), mode 13h, in which characters are drawn, and the modes of planar.asm. Text goes to memory
; at B8000h, the cursor to the CRTC; nothing is sent anywhere else.

int_10: ENTER_SERVICE
        push    word BDA
        pop     ds
        movzx   di, ah
        cmp     di, 0x1c
        ja      .vbe
        shl     di, 1
        call    [cs:.table + di]
.leave: LEAVE_SERVICE
.vbe:   cmp     ah, 0x4f
        jne     .leave
        call    vbe
        LEAVE_SERVICE
; Routines get the caller's AX BX CX DX, DS at the BIOS data area, and may change all but BP.
.table: dw      set_mode, cursor_shape, set_cursor, get_cursor, just_ret, set_page, scroll_up, scroll_down
        dw      read_cell, write_cells, write_characters, just_ret, write_pixel, read_pixel, teletype, get_mode
        dw      palette, fonts, alternate, write_string, just_ret, just_ret, just_ret, just_ret
        dw      just_ret, just_ret, display_combination, functionality, just_ret

just_ret:
        ret

init_video:
        push    word BDA
        pop     ds
        mov     ax, 0x0003
        call    mode_data
        jmp     clear_text

; BIOS data of text or graphics mode AL.
mode_data:
        mov     [VIDEO_MODE], al
        mov     word [VIDEO_COLUMNS], 80
        mov     word [VIDEO_PAGE_SIZE], 0x1000
        cmp     al, 2
        jae     .wide
        mov     word [VIDEO_COLUMNS], 40
        mov     word [VIDEO_PAGE_SIZE], 0x0800
.wide:  cmp     al, 0x13
        jne     .text
        mov     word [VIDEO_COLUMNS], 40
        mov     word [VIDEO_PAGE_SIZE], 0
.text:  mov     word [VIDEO_START], 0
        push    ds
        pop     es
        push    ax
        xor     ax, ax
        mov     di, CURSORS
        mov     cx, 8
        rep stosw
        pop     ax
        mov     word [CURSOR_TYPE], 0x0607
        mov     byte [VIDEO_PAGE], 0
        mov     word [CRTC_PORT], CRTC
        mov     word [CRTC_PORT + 2], 0x3029
        mov     byte [VIDEO_ROWS], 24
        mov     word [CHAR_HEIGHT], 16
        mov     byte [VIDEO_CONTROL], 0x60
        mov     word [VIDEO_SWITCHES], 0x11f9
        cmp     al, 0x13
        jne     .end
        mov     word [CHAR_HEIGHT], 8
.end:   ret

clear_text:
        mov     ax, 0xb800
        mov     es, ax
        xor     di, di
        mov     ax, 0x0720
        mov     cx, 0x4000
        cmp     byte [VIDEO_MODE], 3    ; at power-on only what is shown
        jne     .all
        mov     cx, 80 * 25
.all:   rep stosw
        ret

; AH=00h: set mode AL; bit 7 keeps the memory.
set_mode:
        push    ax
        call    vbe_off
        pop     ax
        mov     bl, al
        and     al, 0x7f
        cmp     al, 0x13
        je      .graphics
        call    planar_mode
        jnc     set_planar_mode
        cmp     al, 3
        ja      .end
        mov     si, text_registers_80
        cmp     al, 2
        jae     .load
        mov     si, text_registers_40
.load:  push    bx
        call    mode_data
        call    load_registers
        call    text_palette
        pop     bx
        call    note_kept
        test    bl, 0x80
        jnz     .answer
        mov     ax, 0xb800
        mov     es, ax
        xor     di, di
        mov     ax, 0x0720
        mov     cx, 0x4000
        rep stosw
.answer:
        mov     byte [bp + R_AL], 0x30
.end:   ret
.graphics:
        push    bx
        call    mode_data
        mov     si, graphics_registers
        call    load_registers
        call    graphics_palette
        pop     bx
        call    note_kept
        mov     byte [bp + R_AL], 0x20
        test    bl, 0x80
        jnz     .end
        mov     ax, 0xa000
        mov     es, ax
        xor     di, di
        xor     ax, ax
        mov     cx, 0x8000
        rep stosw
        ret

; Bit 7 of the mode number in BL says whether memory is kept, and so does the data area.
note_kept:
        push    bx
        and     bl, 0x80
        or      [VIDEO_CONTROL], bl
        pop     bx
        ret

; Registers from the table at CS:SI: misc, sequencer 1..4, CRTC 0..18h, graphics 0..8, attribute 0..14h.
load_registers:
        mov     dx, 0x3c2
        mov     al, [cs:si]
        inc     si
        out     dx, al
        mov     dl, 0xc4
        mov     ax, 0x0100
        out     dx, ax                  ; sequencer in reset
        mov     bx, 0x0104
        call    .indexed
        mov     ax, 0x0300
        out     dx, ax
        mov     dx, CRTC
        mov     ax, 0x0011              ; lift the protection of registers 0..7
        out     dx, ax
        mov     bx, 0x0018
        call    .indexed
        mov     dl, 0xce
        mov     bx, 0x0008
        call    .indexed
        mov     dl, 0xda
        in      al, dx
        mov     dl, 0xc0
        xor     ah, ah
.attribute:
        mov     al, ah
        out     dx, al
        mov     al, [cs:si]
        inc     si
        out     dx, al
        inc     ah
        cmp     ah, 0x15
        jb      .attribute
        mov     al, 0x20
        out     dx, al
        mov     dl, 0xc6
        mov     al, 0xff
        out     dx, al
        ret
; Registers BH..BL of the index port DX from CS:SI.
.indexed:
        mov     al, bh
        mov     ah, [cs:si]
        inc     si
        out     dx, ax
        inc     bh
        cmp     bh, bl
        jbe     .indexed
        ret

text_registers_80:
        db      0x67
        db      0x00, 0x03, 0x00, 0x02
        db      0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e, 0x00, 0x00, 0x00, 0x00
        db      0x9c, 0x8e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff
        db      0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x00, 0xff
        db      0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f
        db      0x0c, 0x00, 0x0f, 0x08, 0x00
text_registers_40:
        db      0x67
        db      0x08, 0x03, 0x00, 0x02
        db      0x2d, 0x27, 0x28, 0x90, 0x2b, 0xa0, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e, 0x00, 0x00, 0x00, 0x00
        db      0x9c, 0x8e, 0x8f, 0x14, 0x1f, 0x96, 0xb9, 0xa3, 0xff
        db      0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x00, 0xff
        db      0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f
        db      0x0c, 0x00, 0x0f, 0x08, 0x00
graphics_registers:
        db      0x63
        db      0x01, 0x0f, 0x00, 0x0e
        db      0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0xbf, 0x1f, 0x00, 0x41, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00
        db      0x9c, 0x8e, 0x8f, 0x28, 0x40, 0x96, 0xb9, 0xa3, 0xff
        db      0x00, 0x00, 0x00, 0x00, 0x00, 0x40, 0x05, 0x0f, 0xff
        db      0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f
        db      0x41, 0x00, 0x0f, 0x00, 0x00

; DAC entries 0..63: bits 5..0 of the number are r g b R G B, 1/3 and 2/3 of full.
text_palette:
        mov     dx, 0x3c8
        xor     al, al
        out     dx, al
        inc     dx
        xor     bl, bl
.entry: mov     cl, 2                   ; red, then green, blue
.component:
        xor     al, al
        mov     ah, bl
        shr     ah, cl
        test    ah, 0x01
        jz      .no_full
        mov     al, 0x2a
.no_full:
        test    ah, 0x08
        jz      .no_third
        add     al, 0x15
.no_third:
        out     dx, al
        dec     cl
        jns     .component
        inc     bl
        cmp     bl, 64
        jb      .entry
        ret

; DAC entries of mode 13h: 16 colours, 16 greys, 9 wheels of 24 hues, 8 blacks.
graphics_palette:
        mov     dx, 0x3c8
        xor     al, al
        out     dx, al
        inc     dx
        mov     si, sixteen_colours
        mov     cx, 48
.sixteen:
        mov     al, [cs:si]
        inc     si
        out     dx, al
        loop    .sixteen
        mov     cx, 16
.grey:  mov     al, [cs:si]
        inc     si
        out     dx, al
        out     dx, al
        out     dx, al
        loop    .grey
        mov     bx, wheel_levels
.wheel: mov     si, wheel
        mov     cx, 72
.hue:   movzx   di, byte [cs:si]
        inc     si
        mov     al, [cs:bx + di]
        out     dx, al
        loop    .hue
        add     bx, 5
        cmp     bx, wheel_levels + 45
        jb      .wheel
        mov     cx, 24
        xor     al, al
.black: out     dx, al
        loop    .black
        ret

sixteen_colours:
        db      0, 0, 0, 0, 0, 42, 0, 42, 0, 0, 42, 42, 42, 0, 0, 42, 0, 42, 42, 21, 0, 42, 42, 42
        db      21, 21, 21, 21, 21, 63, 21, 63, 21, 21, 63, 63, 63, 21, 21, 63, 21, 63, 63, 63, 21, 63, 63, 63
greys:  db      0, 5, 8, 11, 14, 17, 20, 24, 28, 32, 36, 40, 45, 50, 56, 63
wheel_levels:
        db      0, 16, 31, 47, 63,  31, 39, 47, 55, 63,  45, 49, 54, 58, 63
        db      0, 7, 14, 21, 28,  14, 17, 21, 24, 28,  20, 22, 24, 26, 28
        db      0, 4, 8, 12, 16,  8, 10, 12, 14, 16,  11, 12, 13, 15, 16
wheel:  db      0, 0, 4, 1, 0, 4, 2, 0, 4, 3, 0, 4, 4, 0, 4, 4, 0, 3, 4, 0, 2, 4, 0, 1
        db      4, 0, 0, 4, 1, 0, 4, 2, 0, 4, 3, 0, 4, 4, 0, 3, 4, 0, 2, 4, 0, 1, 4, 0
        db      0, 4, 0, 0, 4, 1, 0, 4, 2, 0, 4, 3, 0, 4, 4, 0, 3, 4, 0, 2, 4, 0, 1, 4

; AH=01h: cursor lines CH..CL. Lines of an 8-line cell are stretched to the 16-line cell, as the EGA did.
cursor_shape:
        mov     [CURSOR_TYPE], cx
        mov     ax, cx
        test    ah, 0x20
        jnz     .set
        and     ax, 0x1f1f
        cmp     al, 8
        jae     .set
        cmp     byte [CHAR_HEIGHT], 8
        jbe     .set
        cmp     ah, al                  ; start above end: no stretching of split cursors
        ja      .set
        cmp     al, 7
        jne     .both
        cmp     ah, 6
        jne     .both
        mov     ax, 0x0d0e              ; the underline
        jmp     .set
.both:  shl     ah, 1
        shl     al, 1
        inc     al
.set:   mov     dx, [CRTC_PORT]
        mov     bl, al
        mov     al, 0x0a
        out     dx, ax
        mov     ah, bl
        mov     al, 0x0b
        out     dx, ax
        ret

; Address of the cursor of page BH in the data area into SI.
cursor_of_page:
        movzx   si, bh
        and     si, 7
        shl     si, 1
        add     si, CURSORS
        ret

; AH=02h: cursor of page BH to row DH, column DL.
set_cursor:
        call    cursor_of_page
        mov     [si], dx
        cmp     bh, [VIDEO_PAGE]
        jne     cursor_done
; Shows the cursor of the displayed page where it is.
show_cursor:
        mov     bh, [VIDEO_PAGE]
        call    cursor_of_page
        mov     al, [si + 1]
        mul     byte [VIDEO_COLUMNS]
        movzx   bx, byte [si]
        add     bx, ax
        mov     ax, [VIDEO_START]
        shr     ax, 1
        add     bx, ax
        mov     dx, [CRTC_PORT]
        mov     al, 0x0e
        mov     ah, bh
        out     dx, ax
        mov     al, 0x0f
        mov     ah, bl
        out     dx, ax
cursor_done:
        ret

; AH=03h: DX position of the cursor of page BH, CX its lines.
get_cursor:
        call    cursor_of_page
        mov     ax, [si]
        mov     [bp + R_DX], ax
        mov     ax, [CURSOR_TYPE]
        mov     [bp + R_CX], ax
        ret

; AH=05h: display page AL.
set_page:
        cmp     al, 7
        ja      cursor_done
        mov     [VIDEO_PAGE], al
        movzx   ax, al
        mul     word [VIDEO_PAGE_SIZE]
        mov     [VIDEO_START], ax
        shr     ax, 1
        mov     bx, ax
        mov     dx, [CRTC_PORT]
        mov     al, 0x0c
        mov     ah, bh
        out     dx, ax
        mov     al, 0x0d
        mov     ah, bl
        out     dx, ax
        jmp     show_cursor

; ES:DI is the first cell of row AL, column AH of page BH.
cell_address:
        push    ax
        mov     di, 0xb800
        mov     es, di
        movzx   ax, bh
        push    dx
        mul     word [VIDEO_PAGE_SIZE]
        pop     dx
        mov     di, ax
        pop     ax
        push    ax
        mul     byte [VIDEO_COLUMNS]
        shl     ax, 1
        add     di, ax
        pop     ax
        push    ax
        mov     al, ah
        xor     ah, ah
        shl     ax, 1
        add     di, ax
        pop     ax
        ret

; AH=06h, 07h: the window CH,CL..DH,DL of the displayed page moves AL lines up or down; 0 clears it. BH fills.
scroll_up:
        mov     bl, 0
        jmp     scroll
scroll_down:
        mov     bl, 1
scroll: cmp     dh, [VIDEO_ROWS]
        jbe     .rows
        mov     dh, [VIDEO_ROWS]
.rows:  cmp     dl, [VIDEO_COLUMNS]
        jb      .columns
        mov     dl, [VIDEO_COLUMNS]
        dec     dl
.columns:
        cmp     ch, dh
        ja      cursor_done
        cmp     cl, dl
        ja      cursor_done
        mov     ah, dh                  ; lines of the window
        sub     ah, ch
        inc     ah
        test    al, al
        jz      .clear_all
        cmp     al, ah
        jb      .some
.clear_all:
        mov     al, ah
.some:  sub     ah, al                  ; AL lines are cleared, AH move
        cmp     byte [VIDEO_MODE], 3
        ja      scroll_window_picture
        push    ax
        mov     al, ch
        test    bl, 1
        jz      .from_top
        mov     al, dh
.from_top:
        mov     ah, cl
        push    bx
        mov     bh, [VIDEO_PAGE]
        call    cell_address            ; ES:DI the first destination
        pop     bx
        pop     ax
        sub     dl, cl
        inc     dl                      ; width
        mov     si, [VIDEO_COLUMNS]
        shl     si, 1
        test    bl, 1
        jz      .up
        neg     si
.up:    push    bx
        mov     bx, si                  ; pitch
        mov     si, di
        movzx   cx, al
.source:
        add     si, bx
        loop    .source
        push    ds
        push    es
        pop     ds
.line:  test    ah, ah
        jz      .moved
        movzx   cx, dl
        push    si
        push    di
        rep movsw
        pop     di
        pop     si
        add     si, bx
        add     di, bx
        dec     ah
        jmp     .line
.moved: pop     ds
        mov     dh, al
        pop     ax                      ; AH the caller's BH
        mov     al, ' '
.clear: movzx   cx, dl
        push    di
        rep stosw
        pop     di
        add     di, bx
        dec     dh
        jnz     .clear
        ret

; The same in mode 13h: AL text lines are cleared, AH move; window CH,CL..DH,DL, direction BL, fill BH.
scroll_window_picture:
        call    is_planar               ; windows are not scrolled in those
        jnc     just_ret
        shl     ax, 3                   ; pixel lines: both halves stay below 256
        sub     dl, cl
        inc     dl
        movzx   si, dl
        shl     si, 3                   ; width in pixels
        push    si
        movzx   di, cl
        shl     di, 3
        mov     dl, ch
        mov     cx, 320
        test    bl, 1
        jz      .up
        mov     dl, dh
        inc     dl
        neg     cx
.up:    push    ax
        movzx   ax, dl
        imul    ax, ax, 320 * 8
        test    bl, 1
        jz      .top
        sub     ax, 320                 ; the last pixel line of the window
.top:   add     di, ax
        pop     ax
        mov     dx, bx                  ; DH fill
        mov     bx, cx                  ; pitch
        mov     cx, 0xa000
        mov     es, cx
        mov     si, di
        movzx   cx, al
.source:
        add     si, bx
        loop    .source
        pop     cx                      ; width
        push    ds
        push    es
        pop     ds
.line:  test    ah, ah
        jz      .clear
        push    cx
        push    si
        push    di
        rep movsb
        pop     di
        pop     si
        pop     cx
        add     si, bx
        add     di, bx
        dec     ah
        jmp     .line
.clear: mov     ah, al
        mov     al, dh
.fill:  push    cx
        push    di
        rep stosb
        pop     di
        pop     cx
        add     di, bx
        dec     ah
        jnz     .fill
        pop     ds
        ret

; ES:DI is the cell under the cursor of page BH.
cell_under_cursor:
        call    cursor_of_page
        push    ax
        mov     ax, [si]
        xchg    al, ah
        call    cell_address
        pop     ax
        ret

; AH=08h: AL character, AH attribute under the cursor of page BH.
read_cell:
        cmp     byte [VIDEO_MODE], 3
        ja      .end
        call    cell_under_cursor
        mov     ax, [es:di]
        mov     [bp + R_AX], ax
.end:   ret

; AH=09h: CX times character AL with attribute BL at the cursor of page BH. AH=0Ah: the attributes stay.
write_cells:
        cmp     byte [VIDEO_MODE], 3
        ja      draw_characters
        call    cell_under_cursor
        mov     ah, bl
        rep stosw
        ret

; CX times character AL in colour BL from the cursor on, to the end of the line at most.
draw_characters:
        call    cursor_of_page
        mov     dx, [si]
        jcxz    .end
.next:  call    draw_character
        inc     dl
        cmp     dl, [VIDEO_COLUMNS]
        jae     .end
        loop    .next
.end:   ret

write_characters:
        cmp     byte [VIDEO_MODE], 3
        ja      draw_characters
        call    cell_under_cursor
        jcxz    .end
.next:  mov     [es:di], al
        add     di, 2
        loop    .next
.end:   ret

; AH=0Ch, 0Dh: pixel of colour AL at column CX, row DX of page BH; graphics modes only.
write_pixel:
        call    is_planar
        jnc     write_planar_pixel
        cmp     byte [VIDEO_MODE], 0x13
        jne     .end
        call    pixel_address
        mov     [es:di], al
.end:   ret

read_pixel:
        call    is_planar
        jnc     read_planar_pixel
        cmp     byte [VIDEO_MODE], 0x13
        jne     .end
        call    pixel_address
        mov     al, [es:di]
        mov     [bp + R_AL], al
.end:   ret

pixel_address:
        mov     di, 0xa000
        mov     es, di
        push    ax
        mov     ax, 320
        mul     dx
        mov     di, ax
        add     di, cx
        pop     ax
        ret

; AH=0Eh: teletype character AL on page BH. Bell, backspace, line feed and carriage return act.
teletype:
        mov     bh, [VIDEO_PAGE]
        call    teletype_cell
        cmp     byte [VIDEO_MODE], 3
        jbe     show_cursor
        ret

; The same without showing the cursor; keeps BX and BP.
teletype_cell:
        call    cursor_of_page
        mov     dx, [si]
        cmp     al, 0x0d
        ja      .character
        je      .return
        cmp     al, 0x0a
        je      .feed
        cmp     al, 0x08
        je      .back
        cmp     al, 0x07
        je      .store
.character:
        call    put_character
        inc     dl
        cmp     dl, [VIDEO_COLUMNS]
        jb      .store
        xor     dl, dl
.feed:  inc     dh
        cmp     dh, [VIDEO_ROWS]
        jbe     .store
        mov     dh, [VIDEO_ROWS]
        call    scroll_page
        jmp     .store
.return:
        xor     dl, dl
        jmp     .store
.back:  test    dl, dl
        jz      .store
        dec     dl
.store: mov     [si], dx
        ret

; Character AL at the cursor of page BH (row DH, column DL): into its cell, or drawn in colour BL.
put_character:
        cmp     byte [VIDEO_MODE], 3
        ja      draw_character
        call    cell_under_cursor
        mov     [es:di], al
        ret

; Draws character AL in colour BL at row DH, column DL of mode 13h; bit 7 of BL: exclusive or. Keeps registers but ES.
draw_character:
        call    is_planar
        jnc     draw_planar_character
        pusha
        mov     cx, 0xa000
        mov     es, cx
        movzx   si, al
        shl     si, 3
        add     si, font_8x8
        movzx   ax, dh
        imul    ax, ax, 320 * 8
        movzx   di, dl
        shl     di, 3
        add     di, ax
        mov     ch, 8
.line:  mov     ah, [cs:si]
        inc     si
        mov     cl, 8
.pixel: shl     ah, 1
        mov     al, 0
        jnc     .shown
        mov     al, bl
.shown: test    bl, 0x80
        jz      .store
        and     al, 0x7f
        xor     al, [es:di]
.store: mov     [es:di], al
        inc     di
        dec     cl
        jnz     .pixel
        add     di, 320 - 8
        dec     ch
        jnz     .line
        popa
        ret

; The whole displayed page one line up, filled with the attribute of the cell at the cursor; keeps registers.
scroll_page:
        cmp     byte [VIDEO_MODE], 3
        ja      scroll_picture
        push    ax
        push    cx
        push    dx
        push    si
        push    di
        mov     ah, 0
        mov     al, [VIDEO_ROWS]
        call    cell_address
        mov     dh, [es:di + 1]         ; the bottom line's attribute
        mov     al, 0
        call    cell_address
        mov     si, [VIDEO_COLUMNS]
        shl     si, 1
        add     si, di
        movzx   ax, byte [VIDEO_ROWS]
        mul     byte [VIDEO_COLUMNS]
        mov     cx, ax
        push    ds
        push    es
        pop     ds
        rep movsw
        pop     ds
        mov     cx, [VIDEO_COLUMNS]
        mov     ah, dh
        mov     al, ' '
        rep stosw
        pop     di
        pop     si
        pop     dx
        pop     cx
        pop     ax
        ret

; The same in mode 13h: eight pixel lines up, black below.
scroll_picture:
        call    is_planar
        jnc     scroll_planar
        pusha
        push    ds
        mov     ax, 0xa000
        mov     ds, ax
        mov     es, ax
        mov     si, 320 * 8
        xor     di, di
        mov     cx, 320 * 192 / 2
        rep movsw
        xor     ax, ax
        mov     cx, 320 * 8 / 2
        rep stosw
        pop     ds
        popa
        ret

; AH=0Fh: AL mode, AH columns, BH displayed page.
get_mode:
        mov     al, [VIDEO_CONTROL]
        and     al, 0x80
        or      al, [VIDEO_MODE]
        mov     ah, [VIDEO_COLUMNS]
        mov     [bp + R_AX], ax
        mov     al, [VIDEO_PAGE]
        mov     [bp + R_BH], al
        ret

; AH=10h: attribute controller and DAC registers.
palette:
        cmp     al, 0x00
        je      .set_one
        cmp     al, 0x01
        je      .border
        cmp     al, 0x02
        je      .set_all
        cmp     al, 0x03
        je      .blink
        cmp     al, 0x07
        je      .get_one
        cmp     al, 0x10
        je      .set_dac
        cmp     al, 0x12
        je      .set_dac_block
        cmp     al, 0x15
        je      .get_dac
        cmp     al, 0x17
        je      .get_dac_block
        ret
.border:
        mov     bl, 0x11
.set_one:
        call    attribute_start
        mov     al, bl
        out     dx, al
        mov     al, bh
        out     dx, al
.enable:
        mov     al, 0x20
        out     dx, al
        ret
.set_all:
        mov     es, [bp + R_ES]
        mov     si, [bp + R_DX]
        call    attribute_start
        xor     ah, ah
.all:   mov     al, ah
        out     dx, al
        mov     al, [es:si]
        inc     si
        out     dx, al
        inc     ah
        cmp     ah, 0x10
        jb      .all
        mov     al, 0x11
        out     dx, al
        mov     al, [es:si]
        out     dx, al
        jmp     .enable
.blink: and     bl, 1
        shl     bl, 3
        call    attribute_start
        mov     al, 0x10
        out     dx, al
        inc     dx
        in      al, dx
        dec     dx
        and     al, 0xf7
        or      al, bl
        out     dx, al
        jmp     .enable
.get_one:
        call    attribute_start
        mov     al, bl
        out     dx, al
        inc     dx
        in      al, dx
        mov     [bp + R_BH], al
        call    attribute_start
        jmp     .enable
.set_dac:
        mov     dx, 0x3c8
        mov     al, bl
        out     dx, al
        inc     dx
        mov     al, [bp + R_DH]
        out     dx, al
        mov     al, ch
        out     dx, al
        mov     al, cl
        out     dx, al
        ret
.set_dac_block:
        mov     es, [bp + R_ES]
        mov     si, dx
        mov     dx, 0x3c8
        mov     al, bl
        out     dx, al
        inc     dx
        call    .triple
.dac:   mov     al, [es:si]
        inc     si
        out     dx, al
        loop    .dac
        ret
.get_dac:
        mov     dx, 0x3c7
        mov     al, bl
        out     dx, al
        mov     dl, 0xc9
        in      al, dx
        mov     [bp + R_DH], al
        in      al, dx
        mov     [bp + R_CH], al
        in      al, dx
        mov     [bp + R_CL], al
        ret
.get_dac_block:
        mov     es, [bp + R_ES]
        mov     di, dx
        mov     dx, 0x3c7
        mov     al, bl
        out     dx, al
        mov     dl, 0xc9
        call    .triple
.fetch: in      al, dx
        stosb
        loop    .fetch
        ret
.triple:
        mov     ax, cx
        shl     cx, 1
        add     cx, ax
        ret

attribute_start:
        mov     dx, 0x3da
        in      al, dx
        mov     dl, 0xc0
        ret

; AH=11h: AL=30h tells where a font is; there is one, of 8 by 8. Loading fonts changes nothing that can be seen.
fonts:  cmp     al, 0x30
        jne     .end
        mov     word [bp + R_ES], ROM
        mov     word [bp + 12], font_8x8        ; the caller's BP
        test    bh, 0xfb                ; 0 and 4: characters from 80h on
        jnz     .lines
        mov     word [bp + 12], font_8x8_high
.lines:
        mov     ax, [CHAR_HEIGHT]
        mov     [bp + R_CX], ax
        mov     al, [VIDEO_ROWS]
        mov     [bp + R_DL], al
.end:   ret

; AH=12h: BL=10h display memory, 30h text lines (400 always), 31h..36h accepted.
alternate:
        cmp     bl, 0x10
        jne     .switch
        mov     word [bp + R_BX], 0x0003
        mov     word [bp + R_CX], 0x0009
        ret
.switch:
        cmp     bl, 0x30
        jb      .end
        cmp     bl, 0x36
        ja      .end
        mov     byte [bp + R_AL], 0x12
.end:   ret

; AH=13h: CX characters at ES:BP from DH,DL on page BH; AL bit 0 moves the cursor, bit 1: attributes are in the string.
write_string:
        jcxz    .end
        push    fs
        mov     ax, [bp + R_ES]
        mov     fs, ax
        mov     bx, [bp + R_BX]
        call    cursor_of_page
        push    word [si]
        mov     [si], dx
        mov     si, [bp + 12]           ; the caller's BP
.next:  mov     al, [fs:si]
        inc     si
        mov     bl, [bp + R_BL]
        test    byte [bp + R_AL], 2
        jz      .one
        mov     bl, [fs:si]
        inc     si
.one:   push    cx
        push    si
        cmp     al, 0x0d
        je      .control
        cmp     al, 0x0a
        je      .control
        cmp     al, 0x08
        je      .control
        cmp     al, 0x07
        je      .control
        cmp     byte [VIDEO_MODE], 3
        ja      .control
        call    cell_under_cursor
        mov     [es:di + 1], bl
.control:
        call    teletype_cell
        pop     si
        pop     cx
        loop    .next
        pop     ax                      ; where the cursor was
        pop     fs
        test    byte [bp + R_AL], 1
        jnz     .show
        call    cursor_of_page
        mov     [si], ax
.show:  jmp     show_cursor
.end:   ret

; AH=1Ah: VGA with an analog colour display.
display_combination:
        cmp     al, 0
        jne     .end
        mov     byte [bp + R_AL], 0x1a
        mov     word [bp + R_BX], 0x0008
.end:   ret

; AH=1Bh: functionality and state, 64 bytes at ES:DI.
functionality:
        mov     es, [bp + R_ES]
        mov     di, [bp + R_DI]
        push    di
        xor     ax, ax
        mov     cx, 32
        rep stosw
        pop     di
        mov     word [es:di], static_functionality
        mov     word [es:di + 2], ROM
        push    di
        add     di, 4
        mov     si, VIDEO_MODE
        mov     cx, 30
        rep movsb
        pop     di
        mov     al, [VIDEO_ROWS]
        inc     al
        mov     [es:di + 0x22], al
        mov     ax, [CHAR_HEIGHT]
        mov     [es:di + 0x23], ax
        mov     byte [es:di + 0x25], 0x08
        mov     word [es:di + 0x27], 16
        mov     byte [es:di + 0x29], 8
        mov     byte [es:di + 0x2a], 2
        mov     byte [es:di + 0x31], 3
        mov     byte [bp + R_AL], 0x1b
        ret

static_functionality:
        db      0x0f, 0x00, 0x08, 0, 0, 0, 0, 0x04, 2, 1, 0xff, 0x0e, 0, 0, 0, 0

; INT 1Dh: what the 6845 was loaded with in modes 0..7; VGA uses none of it.
video_parameters:
        times 16 db 0
