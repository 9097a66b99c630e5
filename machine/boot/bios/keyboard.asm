; INT 09h and INT 16h: the keyboard, scan code set 1 as the controller translates it.

; Bits of KEY_FLAGS
RIGHT_SHIFT     equ 0x01
LEFT_SHIFT      equ 0x02
ANY_CTRL        equ 0x04
ANY_ALT         equ 0x08
SCROLL_STATE    equ 0x10
NUM_STATE       equ 0x20
CAPS_STATE      equ 0x40
INSERT_STATE    equ 0x80

int_09: ENTER_SERVICE
        push    word BDA
        pop     ds
        in      al, KBC_DATA
        mov     ah, 0x4f
        stc
        int     0x15                    ; programs may take or change the key
        jnc     .done
        call    key_event
.done:  mov     al, 0x20
        out     PIC1, al
        LEAVE_SERVICE

; Scan code AL.
key_event:
        cmp     al, 0xe0
        jne     .not_e0
        or      byte [KEY_MODE], 0x02
        ret
.not_e0:
        cmp     al, 0xe1
        jne     .not_e1
        or      byte [KEY_MODE], 0x01
        ret
.not_e1:
        mov     ah, [KEY_MODE]
        and     byte [KEY_MODE], 0xfd
        test    ah, 0x01                ; the two bytes after E1h are the Pause key
        jz      .plain
        and     al, 0x7f
        cmp     al, 0x45
        jne     .ignore
        and     byte [KEY_MODE], 0xfe
.ignore:
        ret
.plain: and     ah, 0x02                ; AH set: E0h came before
        mov     bl, al
        and     bl, 0x7f
        mov     si, modifier_keys
.find:  cmp     byte [cs:si], 0
        je      .not_modifier
        cmp     bl, [cs:si]
        je      .modifier
        add     si, 2
        jmp     .find
.modifier:
        mov     cl, [cs:si + 1]
        jmp     modifier_event
.not_modifier:
        test    al, 0x80
        jnz     .ignore                 ; going up
        cmp     bl, 0x58
        ja      .ignore
        cmp     bl, 0x53
        jne     .lookup
        mov     cl, [KEY_FLAGS]
        and     cl, ANY_CTRL | ANY_ALT
        cmp     cl, ANY_CTRL | ANY_ALT
        jne     .lookup
        mov     word [RESET_FLAG], 0x1234       ; Ctrl+Alt+Del
        mov     al, 0xfe
        out     KBC, al
.lookup:
        jmp     translate_key

; Scan code, bit of KEY_FLAGS.
modifier_keys:
        db      0x2a, LEFT_SHIFT, 0x36, RIGHT_SHIFT, 0x1d, ANY_CTRL, 0x38, ANY_ALT
        db      0x3a, CAPS_STATE, 0x45, NUM_STATE, 0x46, SCROLL_STATE, 0

; Modifier of flag CL, scan code AL, AH set for the right-hand key.
modifier_event:
        test    cl, 0xf0
        jnz     .toggle
        test    ah, ah
        jz      .left
        test    cl, LEFT_SHIFT | RIGHT_SHIFT
        jnz     .end                    ; E0 2A and E0 36 only frame other keys
.left:  mov     bl, cl
        shr     bl, 2                   ; Ctrl 1, Alt 2: bits of 18h
        test    ah, ah
        jz      .side
        shl     bl, 2                   ; right: Ctrl 4, Alt 8 of KEY_MODE
.side:  test    al, 0x80
        jnz     .up
        or      [KEY_FLAGS], cl
        test    ah, ah
        jnz     .right_down
        or      [KEY_FLAGS + 1], bl
        ret
.right_down:
        or      [KEY_MODE], bl
        ret
.up:    not     bl
        test    ah, ah
        jnz     .right_up
        and     [KEY_FLAGS + 1], bl
        jmp     .both
.right_up:
        and     [KEY_MODE], bl
.both:  not     cl                      ; off when neither side is held
        and     [KEY_FLAGS], cl
        mov     al, [KEY_MODE]
        shr     al, 2
        or      al, [KEY_FLAGS + 1]
        and     al, 3
        shl     al, 2
        or      [KEY_FLAGS], al
        cmp     cl, (~ANY_ALT) & 0xff
        jne     .end
        xor     al, al                  ; Alt is up: the number typed becomes a character
        xchg    al, [KEY_NUMPAD]
        test    al, al
        jz      .end
        xor     ah, ah
        jmp     store_key
.toggle:
        test    al, 0x80
        jnz     .toggle_up
        cmp     cl, NUM_STATE
        jne     .not_pause
        test    byte [KEY_FLAGS], ANY_CTRL
        jnz     .end                    ; Ctrl+NumLock: Pause, which is not waited for here
.not_pause:
        cmp     cl, SCROLL_STATE
        jne     .change
        test    byte [KEY_FLAGS], ANY_CTRL
        jz      .change
        mov     byte [BREAK_FLAG], 0x80 ; Ctrl+Break
        mov     bx, [KEY_START]
        mov     [KEY_HEAD], bx
        mov     [KEY_TAIL], bx
        int     0x1b
        xor     ax, ax
        jmp     store_key
.change:
        test    [KEY_FLAGS + 1], cl     ; still held: repeats do nothing
        jnz     .end
        or      [KEY_FLAGS + 1], cl
        xor     [KEY_FLAGS], cl
        ret
.toggle_up:
        not     cl
        and     [KEY_FLAGS + 1], cl
.end:   ret

; Key BL (00h..58h) going down, AH set if E0h came before: its code goes to the buffer.
translate_key:
        mov     al, bl
        test    ah, ah
        jnz     .extended
        cmp     al, 0x47
        jb      .main
        cmp     al, 0x53
        jbe     .numpad
.main:  mov     cx, 8
        mul     cl
        mov     si, ax
        add     si, key_table
        mov     al, [KEY_FLAGS]
        mov     di, 6
        test    al, ANY_ALT
        jnz     .pick
        mov     di, 4
        test    al, ANY_CTRL
        jnz     .pick
        mov     di, 2
        and     al, LEFT_SHIFT | RIGHT_SHIFT
        jz      .unshifted
        mov     al, 1
.unshifted:
        test    byte [KEY_FLAGS], CAPS_STATE
        jz      .no_caps
        mov     ah, [cs:si]             ; Caps Lock turns Shift round for letters
        cmp     ah, 'a'
        jb      .no_caps
        cmp     ah, 'z'
        ja      .no_caps
        xor     al, 1
.no_caps:
        test    al, al
        jnz     .pick
        mov     di, 0
.pick:  add     si, di
        mov     ax, [cs:si]
        test    ax, ax
        jz      .none
        jmp     store_key

; Keys 47h..53h of the numeric block.
.numpad:
        mov     bh, 0
        sub     bl, 0x47
        test    byte [KEY_FLAGS], ANY_ALT
        jnz     .alt_number
        test    byte [KEY_FLAGS], ANY_CTRL
        jnz     .ctrl_numpad
        mov     ah, al
        mov     al, [cs:numpad_digits + bx]
        cmp     ah, 0x4a
        je      store_key
        cmp     ah, 0x4e
        je      store_key
        mov     cl, [KEY_FLAGS]
        test    cl, LEFT_SHIFT | RIGHT_SHIFT
        jz      .num_lock
        xor     cl, NUM_STATE
.num_lock:
        test    cl, NUM_STATE
        jnz     store_key
        xor     al, al
        cmp     ah, 0x52
        jne     .not_insert
        xor     byte [KEY_FLAGS], INSERT_STATE
.not_insert:
        cmp     ah, 0x4c                ; the 5 has no other meaning
        jne     store_key
.none:  ret
.ctrl_numpad:
        mov     ah, [cs:numpad_ctrl + bx]
        xor     al, al
        jmp     store_key
.alt_number:
        mov     bl, [cs:numpad_digits + bx]
        sub     bl, '0'
        jb      .none
        mov     al, 10
        mul     byte [KEY_NUMPAD]
        add     al, bl
        mov     [KEY_NUMPAD], al
        ret

; Keys after E0h: cursor keys with AL=E0h, Enter and slash of the numeric block.
.extended:
        cmp     al, 0x1c
        je      .enter
        cmp     al, 0x35
        je      .slash
        cmp     al, 0x47
        jb      .none
        cmp     al, 0x53
        ja      .none
        mov     bh, 0
        mov     ah, bl
        cmp     ah, 0x52
        jne     .cursor
        xor     byte [KEY_FLAGS], INSERT_STATE
.cursor:
        test    byte [KEY_FLAGS], ANY_ALT
        jnz     .alt_cursor
        mov     al, 0xe0
        test    byte [KEY_FLAGS], ANY_CTRL
        jz      store_key
        sub     bl, 0x47
        mov     ah, [cs:numpad_ctrl + bx]
        jmp     store_key
.alt_cursor:
        add     ah, 0x50                ; 97h Home ... A3h Del
        xor     al, al
        jmp     store_key
.enter: mov     ax, 0xe00d
        test    byte [KEY_FLAGS], ANY_CTRL
        jz      store_key
        mov     al, 0x0a
        jmp     store_key
.slash: mov     ax, 0xe02f

; Code AX to the end of the buffer; when it is full the key is lost.
store_key:
        mov     bx, [KEY_TAIL]
        mov     di, bx
        add     di, 2
        cmp     di, [KEY_END]
        jb      .inside
        mov     di, [KEY_START]
.inside:
        cmp     di, [KEY_HEAD]
        je      .full
        mov     [bx], ax
        mov     [KEY_TAIL], di
        clc
        ret
.full:  stc
        ret

numpad_digits:
        db      '789-456+1230.'
numpad_ctrl:
        db      0x77, 0x8d, 0x84, 0x8e, 0x73, 0x8f, 0x74, 0x90, 0x75, 0x91, 0x76, 0x92, 0x93

; Codes of keys 00h..58h: plain, Shift, Ctrl, Alt; 0 gives none.
%macro KEY 4
        dw      %1, %2, %3, %4
%endmacro
key_table:
        KEY     0, 0, 0, 0
        KEY     0x011b, 0x011b, 0x011b, 0x0100  ; Esc
        KEY     0x0231, 0x0221, 0, 0x7800       ; 1
        KEY     0x0332, 0x0340, 0x0300, 0x7900
        KEY     0x0433, 0x0423, 0, 0x7a00
        KEY     0x0534, 0x0524, 0, 0x7b00
        KEY     0x0635, 0x0625, 0, 0x7c00
        KEY     0x0736, 0x075e, 0x071e, 0x7d00
        KEY     0x0837, 0x0826, 0, 0x7e00
        KEY     0x0938, 0x092a, 0, 0x7f00
        KEY     0x0a39, 0x0a28, 0, 0x8000
        KEY     0x0b30, 0x0b29, 0, 0x8100       ; 0
        KEY     0x0c2d, 0x0c5f, 0x0c1f, 0x8200  ; -
        KEY     0x0d3d, 0x0d2b, 0, 0x8300       ; =
        KEY     0x0e08, 0x0e08, 0x0e7f, 0x0e00  ; Backspace
        KEY     0x0f09, 0x0f00, 0x9400, 0xa500  ; Tab
        KEY     0x1071, 0x1051, 0x1011, 0x1000  ; q
        KEY     0x1177, 0x1157, 0x1117, 0x1100
        KEY     0x1265, 0x1245, 0x1205, 0x1200
        KEY     0x1372, 0x1352, 0x1312, 0x1300
        KEY     0x1474, 0x1454, 0x1414, 0x1400
        KEY     0x1579, 0x1559, 0x1519, 0x1500
        KEY     0x1675, 0x1655, 0x1615, 0x1600
        KEY     0x1769, 0x1749, 0x1709, 0x1700
        KEY     0x186f, 0x184f, 0x180f, 0x1800
        KEY     0x1970, 0x1950, 0x1910, 0x1900
        KEY     0x1a5b, 0x1a7b, 0x1a1b, 0x1a00  ; [
        KEY     0x1b5d, 0x1b7d, 0x1b1d, 0x1b00  ; ]
        KEY     0x1c0d, 0x1c0d, 0x1c0a, 0x1c00  ; Enter
        KEY     0, 0, 0, 0
        KEY     0x1e61, 0x1e41, 0x1e01, 0x1e00  ; a
        KEY     0x1f73, 0x1f53, 0x1f13, 0x1f00
        KEY     0x2064, 0x2044, 0x2004, 0x2000
        KEY     0x2166, 0x2146, 0x2106, 0x2100
        KEY     0x2267, 0x2247, 0x2207, 0x2200
        KEY     0x2368, 0x2348, 0x2308, 0x2300
        KEY     0x246a, 0x244a, 0x240a, 0x2400
        KEY     0x256b, 0x254b, 0x250b, 0x2500
        KEY     0x266c, 0x264c, 0x260c, 0x2600
        KEY     0x273b, 0x273a, 0, 0x2700       ; semicolon
        KEY     0x2827, 0x2822, 0, 0x2800       ; '
        KEY     0x2960, 0x297e, 0, 0x2900       ; `
        KEY     0, 0, 0, 0
        KEY     0x2b5c, 0x2b7c, 0x2b1c, 0x2b00  ; backslash
        KEY     0x2c7a, 0x2c5a, 0x2c1a, 0x2c00  ; z
        KEY     0x2d78, 0x2d58, 0x2d18, 0x2d00
        KEY     0x2e63, 0x2e43, 0x2e03, 0x2e00
        KEY     0x2f76, 0x2f56, 0x2f16, 0x2f00
        KEY     0x3062, 0x3042, 0x3002, 0x3000
        KEY     0x316e, 0x314e, 0x310e, 0x3100
        KEY     0x326d, 0x324d, 0x320d, 0x3200
        KEY     0x332c, 0x333c, 0, 0x3300       ; ,
        KEY     0x342e, 0x343e, 0, 0x3400       ; .
        KEY     0x352f, 0x353f, 0, 0x3500       ; /
        KEY     0, 0, 0, 0
        KEY     0x372a, 0x372a, 0x9600, 0x3700  ; * of the numeric block
        KEY     0, 0, 0, 0
        KEY     0x3920, 0x3920, 0x3920, 0x3920  ; space
        KEY     0, 0, 0, 0
        KEY     0x3b00, 0x5400, 0x5e00, 0x6800  ; F1
        KEY     0x3c00, 0x5500, 0x5f00, 0x6900
        KEY     0x3d00, 0x5600, 0x6000, 0x6a00
        KEY     0x3e00, 0x5700, 0x6100, 0x6b00
        KEY     0x3f00, 0x5800, 0x6200, 0x6c00
        KEY     0x4000, 0x5900, 0x6300, 0x6d00
        KEY     0x4100, 0x5a00, 0x6400, 0x6e00
        KEY     0x4200, 0x5b00, 0x6500, 0x6f00
        KEY     0x4300, 0x5c00, 0x6600, 0x7000
        KEY     0x4400, 0x5d00, 0x6700, 0x7100  ; F10
        times 17 * 4 dw 0                       ; 45h..55h
        KEY     0x565c, 0x567c, 0, 0            ; the key beside the left Shift
        KEY     0x8500, 0x8700, 0x8900, 0x8b00  ; F11
        KEY     0x8600, 0x8800, 0x8a00, 0x8c00  ; F12

int_16: ENTER_SERVICE
        push    word BDA
        pop     ds
        movzx   si, ah
        cmp     si, 0x12
        ja      .leave
        shl     si, 1
        call    [cs:.table + si]
.leave: LEAVE_SERVICE
.table: dw      wait_key, peek_key, shift_flags, just_ret, just_ret, push_key, just_ret, just_ret
        dw      just_ret, key_functions, keyboard_id, just_ret, just_ret, just_ret, just_ret, just_ret
        dw      wait_key, peek_key, extended_flags

; AH=00h and 10h: waits for a key, takes it into AX. 00h hides what the 84-key keyboard did not have.
wait_key:
.wait:  cli
        mov     si, [KEY_HEAD]
        cmp     si, [KEY_TAIL]
        jne     .take
        sti
        hlt
        jmp     .wait
.take:  mov     ax, [si]
        add     si, 2
        cmp     si, [KEY_END]
        jb      .inside
        mov     si, [KEY_START]
.inside:
        mov     [KEY_HEAD], si
        sti
        call    old_code
        jc      .wait
        mov     [bp + R_AX], ax
        ret

; AH=01h and 11h: ZF clear and AX if a key waits.
peek_key:
        cli
        mov     si, [KEY_HEAD]
        cmp     si, [KEY_TAIL]
        je      .none
        mov     ax, [si]
        call    old_code
        jnc     .there
        add     si, 2                   ; a key that this caller does not know: drop it
        cmp     si, [KEY_END]
        jb      .inside
        mov     si, [KEY_START]
.inside:
        mov     [KEY_HEAD], si
        jmp     peek_key
.there: mov     [bp + R_AX], ax
        and     byte [bp + R_FLAGS], (~ZERO) & 0xff
        sti
        ret
.none:  or      byte [bp + R_FLAGS], ZERO
        sti
        ret

; Code AX as function 00h or 01h gives it; carry set if it gives none. Functions 10h and 11h get all.
old_code:
        cmp     byte [bp + R_AH], 0x10
        jae     .keep
        cmp     al, 0xe0
        jne     .not_cursor
        test    ah, ah
        jz      .keep
        xor     al, al                  ; cursor keys look like those of the numeric block
        ret
.not_cursor:
        cmp     ah, 0xe0
        jne     .plain
        mov     ah, 0x1c                ; Enter and slash likewise
        cmp     al, 0x2f
        jne     .keep
        mov     ah, 0x35
.keep:  clc
        ret
.plain: cmp     ah, 0x84
        cmc
        jnc     .keep
        test    al, al                  ; F11, F12 and their kin
        jnz     .keep
        stc
        ret

shift_flags:
        mov     al, [KEY_FLAGS]
        mov     [bp + R_AL], al
        ret

; AH=12h: AL flags, AH which of the modifier keys are down.
extended_flags:
        mov     al, [KEY_FLAGS]
        mov     ah, [KEY_FLAGS + 1]
        and     ah, 0x73
        mov     cl, [KEY_MODE]
        and     cl, 0x0c
        or      ah, cl
        mov     [bp + R_AX], ax
        ret

; AH=05h: CX as if typed; AL 0 if there was room.
push_key:
        mov     ax, cx
        cli
        call    store_key
        sti
        mov     al, 0
        jnc     .end
        mov     al, 1
.end:   mov     [bp + R_AL], al
        ret

; AH=09h: functions 0Ah, 10h..12h are there.
key_functions:
        mov     byte [bp + R_AL], 0x30
        ret

; AH=0Ah: the identifier of an MF-II keyboard.
keyboard_id:
        mov     word [bp + R_BX], 0x41ab
        ret
