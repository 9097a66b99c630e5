; A boot disk that calls BIOS services and prints on COM1 what they gave. The same disk runs on another PC with another
; BIOS (SeaBIOS in QEMU), and the transcripts are compared: bios-check.test.ts.
; nasm -f bin bios-check.asm -o check.img  (a 1.44 MB diskette; needs a hard disk of 8 MiB whose sectors hold their number)
        bits 16
        org 0x7c00
SECTORS equ 14

        jmp     0:start
start:  xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     sp, 0x7c00
        sti
        cld
        mov     [drive], dl
        mov     ax, 0x0200 + SECTORS    ; the rest of the program
        mov     bx, 0x7e00
        mov     cx, 0x0002
        xor     dh, dh
        int     0x13
        jnc     main
        mov     si, s_fail
        call    puts
.stop:  hlt
        jmp     .stop

s_fail: db      'cannot read', 10, 0
drive:  db      0

; ---- printing
putc:   push    dx
        push    ax
        mov     dx, 0x3fd
.wait:  in      al, dx
        test    al, 0x20
        jz      .wait
        pop     ax
        push    ax
        mov     dx, 0x3f8
        out     dx, al
        pop     ax
        pop     dx
        ret
puts:   push    ax
.next:  mov     al, [cs:si]
        inc     si
        test    al, al
        jz      .end
        call    putc
        jmp     .next
.end:   pop     ax
        ret
hex16:  push    ax
        push    cx
        mov     cx, 4
.digit: rol     ax, 4
        push    ax
        and     al, 15
        add     al, '0'
        cmp     al, '9'
        jbe     .put
        add     al, 'a' - '0' - 10
.put:   call    putc
        pop     ax
        loop    .digit
        pop     cx
        pop     ax
        ret
        times 510 - ($ - $$) db 0
        dw      0xaa55

; Stores what a service gave.
save:   pushf
        mov     [cs:r_ax], ax
        pop     ax
        mov     [cs:r_fl], ax
        mov     [cs:r_bx], bx
        mov     [cs:r_cx], cx
        mov     [cs:r_dx], dx
        mov     [cs:r_di], di
        mov     [cs:r_es], es
        push    cs
        pop     ds
        push    cs
        pop     es
        cld
        sti
        ret
r_ax:   dw      0
r_bx:   dw      0
r_cx:   dw      0
r_dx:   dw      0
r_di:   dw      0
r_es:   dw      0
r_fl:   dw      0

; SHOW 'name', 'registers': prints the line; registers are a b c d i e (AX BX CX DX DI ES), c C z flags: f carry, z zero
%macro SHOW 2
        call    save
        mov     si, %%name
        mov     di, %%regs
        call    show
        jmp     %%over
%%name: db      %1, ':', 0
%%regs: db      %2, 0
%%over:
%endmacro

show:   call    puts
.next:  mov     bl, [di]
        inc     di
        test    bl, bl
        jz      .end
        mov     al, ' '
        call    putc
        mov     si, letters
        xor     cx, cx
.find:  cmp     [si], bl
        je      .found
        inc     si
        inc     cx
        jmp     .find
.found: mov     al, bl
        call    putc
        mov     al, '='
        call    putc
        cmp     cx, 8
        jae     .flag
        mov     si, cx
        shl     si, 1
        mov     ax, [r_ax + si]
        cmp     bl, 'h'                 ; AH only
        jne     .word
        mov     ax, [r_ax]
        mov     al, 0
.word:  cmp     bl, 'l'                 ; AL only
        jne     .print
        mov     ax, [r_ax]
        mov     ah, 0
.print: call    hex16
        jmp     .next
.flag:  mov     ax, [r_fl]
        cmp     bl, 'h'
        je      .high
        cmp     bl, 'l'
        je      .low
        cmp     bl, 'f'
        je      .carry
        shr     ax, 6
.carry: and     al, 1
        add     al, '0'
        call    putc
        jmp     .next
.high:  mov     ax, [r_ax]
        mov     al, 0
        jmp     .print
.low:   mov     ax, [r_ax]
        mov     ah, 0
        jmp     .print
.end:   mov     al, 10
        jmp     putc
letters: db     'abcdie##fzhl'

; The sum of CX words at ES:DI into AX.
sum:    xor     ax, ax
.next:  add     ax, [es:di]
        xor     ax, di                  ; so that places count
        add     di, 2
        rol     ax, 1
        loop    .next
        ret

; The sum of the text screen.
%macro SCREEN 1
        push    es
        mov     ax, 0xb800
        mov     es, ax
        xor     di, di
        mov     cx, 2000
        call    sum
        pop     es
        SHOW    %1, 'a'
%endmacro
%macro SETCUR 1
        mov     ah, 0x02
        mov     bh, 0
        mov     dx, %1
        int     0x10
%endmacro

BUF     equ 0x3000

main:
; ---- INT 12h
        int     0x12
        SHOW    '12 base memory', 'a'
; ---- INT 13h, diskette
        mov     ah, 0x08
        mov     dl, 0
        xor     bx, bx
        xor     di, di
        int     0x13
        SHOW    '13/08 floppy', 'hcdbf'
        mov     ax, 0x1500
        mov     dl, 0
        mov     cx, 0x1111
        int     0x13
        SHOW    '13/15 floppy', 'hf'
        mov     ax, 0x1500
        mov     dl, 0x7f
        int     0x13
        SHOW    '13/15 no floppy', 'h'
        mov     ax, 0x1500
        mov     dx, 0x0080
        int     0x13
        SHOW    '13/15 hard disk', 'hcdf'
        mov     ax, 0
        mov     dl, 0
        int     0x13
        SHOW    '13/00 floppy', 'hf'
        mov     ax, 0x0201
        mov     bx, BUF
        mov     cx, 0x0001
        mov     dx, 0x0000
        int     0x13
        SHOW    '13/02 floppy', 'hlf'
        mov     di, BUF
        mov     cx, 256
        call    sum
        SHOW    'its sum', 'a'
        mov     ax, 0x0201
        mov     bx, BUF
        mov     cx, 0x0013              ; sector 19
        mov     dx, 0x0000
        int     0x13
        SHOW    '13/02 floppy no such sector', 'f'
        mov     ax, 0x0201
        mov     bx, BUF
        mov     cx, 0x0001
        mov     dx, 0x0200              ; head 2
        int     0x13
        SHOW    '13/02 floppy no such head', 'f'
        mov     ax, 0x0401
        mov     cx, 0x0001
        mov     dx, 0x0000
        int     0x13
        SHOW    '13/04 floppy', 'hf'
        mov     ah, 0x41
        mov     bx, 0x55aa
        mov     dl, 0
        int     0x13
        SHOW    '13/41 floppy', 'f'
        mov     ah, 0x99
        mov     dl, 0x80
        int     0x13
        SHOW    '13/99', 'hf'
        mov     ah, 0x01
        mov     dl, 0x80
        int     0x13
        SHOW    '13/01', 'h'
        mov     ax, 0x0201
        mov     bx, BUF
        mov     cx, 0x0001
        mov     dx, 0x0088
        int     0x13
        SHOW    '13/02 no such disk', 'f'
; ---- hard disk: sectors hold their number in their first dword
        mov     ah, 0x08
        mov     dl, 0x80
        int     0x13
        SHOW    '13/08 hard disk', 'hcdf'
        mov     word [BUF], 0xffff
        mov     ax, 0x0202
        mov     bx, BUF
        mov     cx, 0x0203              ; cylinder 2, sector 3
        mov     dx, 0x0580              ; head 5
        int     0x13
        SHOW    '13/02 hard disk', 'hlf'
        mov     ax, [BUF]
        mov     bx, [BUF + 512]
        SHOW    'numbers', 'ab'
        mov     dword [BUF], 0x12345678
        mov     ax, 0x0301
        mov     bx, BUF
        mov     cx, 0x0203
        mov     dx, 0x0580
        int     0x13
        SHOW    '13/03 hard disk', 'hlf'
        mov     dword [BUF], 0
        mov     ax, 0x0201
        mov     bx, BUF
        mov     cx, 0x0203
        mov     dx, 0x0580
        int     0x13
        mov     ax, [BUF]
        mov     bx, [BUF + 2]
        SHOW    'read back', 'ab'
        mov     ah, 0x41
        mov     bx, 0x55aa
        mov     dl, 0x80
        int     0x13
        SHOW    '13/41 hard disk', 'bf'
        mov     si, packet
        mov     ah, 0x42
        mov     dl, 0x80
        int     0x13
        SHOW    '13/42', 'hf'
        mov     ax, [BUF]
        mov     bx, [BUF + 512 * 2]
        mov     cx, [packet + 2]
        SHOW    'numbers', 'abc'
        mov     dword [packet + 8], 0x00ffffff
        mov     si, packet
        mov     ah, 0x42
        mov     dl, 0x80
        int     0x13
        SHOW    '13/42 beyond the end', 'f'
        mov     word [BUF], 26
        mov     si, BUF
        mov     ah, 0x48
        mov     dl, 0x80
        int     0x13
        SHOW    '13/48', 'hf'
        mov     ax, [BUF]
        mov     bx, [BUF + 4]
        mov     cx, [BUF + 8]
        mov     dx, [BUF + 12]
        SHOW    'size, geometry', 'abcd'
        mov     ax, [BUF + 16]
        mov     bx, [BUF + 18]
        mov     cx, [BUF + 24]
        SHOW    'sectors, bytes', 'abc'
; ---- INT 15h
        mov     ax, 0x2402
        int     0x15
        SHOW    '15/2402', 'f'
        mov     ax, 0x2400
        int     0x15
        SHOW    '15/2400', 'hf'
        mov     ax, 0x2402
        int     0x15
        SHOW    '15/2402 off', 'l'
        mov     ax, 0x2401
        int     0x15
        mov     ax, 0x2402
        int     0x15
        SHOW    '15/2402 on', 'l'
        mov     ah, 0x88
        int     0x15
        SHOW    '15/88', 'f'
        mov     ax, 0xe801
        int     0x15
        SHOW    '15/e801', 'ac'
        mov     ax, 0x5300
        xor     bx, bx
        mov     ah, 0x77
        int     0x15
        SHOW    '15/77', 'hf'
        mov     eax, 0xe820
        mov     edx, 0x534d4150
        xor     ebx, ebx
        mov     ecx, 24
        mov     di, BUF
        int     0x15
        push    eax
        SHOW    '15/e820 first', 'cf'
        pop     eax
        mov     bx, ax
        shr     eax, 16
        SHOW    'signature', 'ab'
        mov     ax, [BUF]
        mov     bx, [BUF + 8]
        mov     cx, [BUF + 10]
        mov     dx, [BUF + 16]
        SHOW    'first range', 'abcd'
        ; move 8 words from the ROM's reset vector
        mov     ah, 0x87
        mov     cx, 8
        mov     si, gdt
        int     0x15
        SHOW    '15/87', 'hf'
        mov     ax, [0x4000 + 14]
        and     ax, 0x00ff
        mov     bx, [0x4000]
        and     bx, 0x00ff
        SHOW    'moved', 'ab'
        mov     ah, 0x00
        int     0x1a
        push    dx
        mov     ah, 0x86
        mov     cx, 0x0004              ; 0x4ffff us = 327.7 ms = 6 ticks
        mov     dx, 0xffff
        int     0x15
        SHOW    '15/86', 'f'
        mov     ah, 0x00
        int     0x1a
        pop     ax
        sub     dx, ax
        mov     ax, dx
        sub     ax, 5
        cmp     ax, 2
        mov     ax, 1
        jbe     .in_time
        mov     ax, dx
.in_time:
        SHOW    'waited', 'a'
; ---- INT 16h
        mov     ah, 0x01
        int     0x16
        SHOW    '16/01 none', 'z'
        mov     ah, 0x05
        mov     cx, 0x1e61
        int     0x16
        SHOW    '16/05', 'l'
        mov     ah, 0x01
        int     0x16
        SHOW    '16/01', 'az'
        mov     ah, 0x00
        int     0x16
        SHOW    '16/00', 'a'
        mov     ah, 0x05
        mov     cx, 0x48e0
        int     0x16
        mov     ah, 0x00
        int     0x16
        SHOW    '16/00 cursor key', 'a'
        mov     ah, 0x05
        mov     cx, 0x48e0
        int     0x16
        mov     ah, 0x10
        int     0x16
        SHOW    '16/10 cursor key', 'a'
        mov     ah, 0x05
        mov     cx, 0xe00d
        int     0x16
        mov     ah, 0x00
        int     0x16
        SHOW    '16/00 Enter of the numeric block', 'a'
        mov     bp, 20
.fill:  mov     ah, 0x05
        mov     cx, 0x1e61
        int     0x16
        test    al, al
        jnz     .full
        dec     bp
        jnz     .fill
.full:  mov     bx, bp
        SHOW    '16/05 full', 'bl'
.drain: mov     ah, 0x01
        int     0x16
        jz      .drained
        mov     ah, 0x00
        int     0x16
        jmp     .drain
.drained:
        mov     ah, 0x02
        int     0x16
        SHOW    '16/02', 'l'
; ---- INT 10h
        mov     ax, 0x0003
        int     0x10
        mov     ah, 0x0f
        int     0x10
        SHOW    '10/0f', 'a'
        SCREEN  'cleared'
        mov     ah, 0x03
        mov     bh, 0
        int     0x10
        SHOW    '10/03', 'cd'
        SETCUR  0x0a14
        mov     ah, 0x03
        mov     bh, 0
        int     0x10
        SHOW    '10/03 moved', 'd'
        mov     ax, 0x0941              ; five red A
        mov     bx, 0x0004
        mov     cx, 5
        int     0x10
        SCREEN  '10/09'
        mov     ax, 0x0a42
        mov     bx, 0x0000
        mov     cx, 2
        int     0x10
        SCREEN  '10/0a'
        mov     ah, 0x08
        mov     bh, 0
        int     0x10
        SHOW    '10/08', 'a'
        mov     si, words
.type:  lodsb
        test    al, al
        jz      .typed
        mov     ah, 0x0e
        mov     bx, 0x0007
        int     0x10
        jmp     .type
.typed: SCREEN  '10/0e'
        mov     ah, 0x03
        mov     bh, 0
        int     0x10
        SHOW    'cursor', 'd'
        mov     ax, 0x0602              ; up two lines
        mov     bx, 0x1700
        mov     cx, 0x0505
        mov     dx, 0x1030
        int     0x10
        SCREEN  '10/06'
        mov     ax, 0x0703
        mov     bx, 0x2e00
        mov     cx, 0x0300
        mov     dx, 0x184f
        int     0x10
        SCREEN  '10/07'
        mov     ax, 0x0600
        mov     bx, 0x4e00
        mov     cx, 0x1010
        mov     dx, 0x1220
        int     0x10
        SCREEN  '10/06 clear'
        SETCUR  0x184a
        mov     si, words               ; scrolls at the bottom
.type2: lodsb
        test    al, al
        jz      .typed2
        mov     ah, 0x0e
        mov     bx, 0x0007
        int     0x10
        jmp     .type2
.typed2:
        mov     ah, 0x03
        mov     bh, 0
        int     0x10
        SHOW    'cursor', 'd'
        mov     ax, 0x1301
        mov     bx, 0x001f
        mov     cx, 9
        mov     dx, 0x0208
        mov     bp, words
        int     0x10
        SCREEN  '10/13'
        mov     ah, 0x03
        mov     bh, 0
        int     0x10
        SHOW    'cursor', 'd'
        mov     ax, 0x1302
        mov     bx, 0x0000
        mov     cx, 3
        mov     dx, 0x0408
        mov     bp, coloured
        int     0x10
        SCREEN  '10/13 attributes'
        mov     ah, 0x03
        mov     bh, 0
        int     0x10
        SHOW    'cursor', 'd'
        mov     ax, 0x0501
        int     0x10
        mov     ah, 0x0f
        int     0x10
        SHOW    '10/05', 'ab'
        mov     ax, 0x0500
        int     0x10
        mov     ax, 0x1a00
        int     0x10
        SHOW    '10/1a', 'lb'
        mov     ah, 0x12
        mov     bl, 0x10
        int     0x10
        SHOW    '10/12', 'b'
        mov     ax, 0x1130
        mov     bh, 0
        push    bp
        int     0x10
        pop     bp
        SHOW    '10/1130', 'cd'
        mov     ax, 0x1007
        mov     bx, 0x000e
        int     0x10
        SHOW    '10/1007', 'b'
        mov     ax, 0x1015
        mov     bx, 0x003e
        int     0x10
        SHOW    '10/1015', 'cd'
        mov     ax, 0x0013
        int     0x10
        mov     ah, 0x0f
        int     0x10
        SHOW    '10/0f graphics', 'a'
        mov     ax, 0x0c55
        mov     bh, 0
        mov     cx, 319
        mov     dx, 199
        int     0x10
        push    ds
        mov     ax, 0xa000
        mov     ds, ax
        mov     ax, [63998]
        pop     ds
        SHOW    '10/0c', 'a'
        mov     ax, 0x0d00
        mov     bh, 0
        int     0x10
        mov     ax, 0x0d00
        mov     bh, 0
        mov     cx, 319
        mov     dx, 199
        int     0x10
        SHOW    '10/0d', 'l'
; ---- text in mode 13h: full blocks, which every font has alike
%macro PICTURE 1
        push    es
        mov     ax, 0xa000
        mov     es, ax
        xor     di, di
        mov     cx, 32000
        call    sum
        pop     es
        SHOW    %1, 'a'
%endmacro
        mov     ax, 0x0013
        int     0x10
        SETCUR  0x1725
        mov     cx, 5
.block: push    cx
        mov     ax, 0x0edb
        mov     bx, 0x0030
        add     bl, cl
        int     0x10
        pop     cx
        loop    .block
        PICTURE 'blocks'
        mov     ah, 0x03
        mov     bh, 0
        int     0x10
        SHOW    'cursor', 'd'
        mov     ax, 0x0e0a
        mov     bx, 0x0007
        int     0x10
        PICTURE 'scrolled'
        SETCUR  0x0203
        mov     ax, 0x09db
        mov     bx, 0x0021
        mov     cx, 6
        int     0x10
        PICTURE '10/09 graphics'
        mov     ax, 0x0602
        mov     bx, 0x0011
        mov     cx, 0x0102
        mov     dx, 0x0912
        int     0x10
        PICTURE '10/06 graphics'
        mov     ax, 0x0701
        mov     bx, 0x1200
        mov     cx, 0x0002
        mov     dx, 0x1726
        int     0x10
        PICTURE '10/07 graphics'
        mov     ax, 0x0600
        mov     bx, 0x1300
        mov     cx, 0x0a0a
        mov     dx, 0x0c0c
        int     0x10
        PICTURE '10/06 clear graphics'
        mov     dx, 0x3c7
        mov     al, 0
        out     dx, al
        mov     dl, 0xc9
        mov     cx, 248 * 3
        xor     bx, bx
.dac:   in      al, dx
        xor     ah, ah
        rol     bx, 1
        add     bx, ax
        loop    .dac
        SHOW    'palette', 'b'
        mov     ax, 0x0003
        int     0x10
        SCREEN  'text again'
; ---- INT 1Ah
        mov     ah, 0x02
        int     0x1a
        SHOW    '1a/02', 'f'
        mov     ah, 0x04
        int     0x1a
        mov     al, ch
        mov     ah, 0
        SHOW    '1a/04', 'lf'
        mov     ah, 0x00
        int     0x1a
        mov     bx, dx
.tick:  hlt
        mov     ah, 0x00
        int     0x1a
        cmp     dx, bx
        je      .tick
        mov     ax, dx
        sub     ax, bx
        SHOW    'tick', 'a'
; ---- keyboard through its interrupt: the controller echoes scan codes written by command D2h
        mov     si, scancodes
.key:   mov     bl, [si]
        inc     si
        test    bl, bl
        jz      .keys_done
        mov     al, 0xd2
        out     0x64, al
        mov     al, bl
        out     0x60, al
        mov     cx, 5000
.pause: in      al, 0x80
        loop    .pause
        jmp     .key
.keys_done:
        mov     ah, 0x12
        int     0x16
        SHOW    'shift state', 'l'
.type3: mov     ah, 0x11
        int     0x16
        jz      .no_key
        mov     ah, 0x10
        int     0x16
        SHOW    'key', 'a'
        jmp     .type3
.no_key:
        mov     si, s_done
        call    puts
        mov     al, 0
        out     0xf4, al
.stop:  cli
        hlt
        jmp     .stop

s_done: db      'DONE', 10, 0
words:  db      'Hello', 13, 10, 'two', 8, 8, '+', 7, 10, 'end', 0
coloured: db    'x', 0x1e, 'y', 0x2e, 'z', 0x3e
; a A (Shift) Ctrl-A, F1, Shift-F1, 1, cursor up, Home of the numeric block, Alt-x, Caps b, Enter, Esc, Tab, Ctrl-Home
scancodes:
        db      0x1e, 0x9e, 0x2a, 0x1e, 0x9e, 0xaa, 0x1d, 0x1e, 0x9e, 0x9d, 0x3b, 0xbb, 0x2a, 0x3b, 0xbb, 0xaa, 0x02, 0x82
        db      0xe0, 0x48, 0xe0, 0xc8, 0x47, 0xc7, 0x38, 0x2d, 0xad, 0xb8, 0x3a, 0xba, 0x30, 0xb0, 0x1c, 0x9c, 0x01, 0x81
        db      0x0f, 0x8f, 0x1d, 0x47, 0xc7, 0x9d, 0x57, 0xd7, 0xe0, 0x1d, 0xe0, 0x9d, 0x2a, 0
        align 4
packet: db      0x10, 0
        dw      3
        dw      BUF, 0
        dq      100
gdt:    dq      0, 0
        dw      0xffff, 0xfff0          ; source: physical FFFF0h
        db      0x0f, 0x93, 0, 0
        dw      0xffff, 0x4000          ; destination
        db      0x00, 0x93, 0, 0
        dq      0, 0
        times SECTORS * 512 + 512 - ($ - $$) db 0
        times 1474560 - ($ - $$) db 0
