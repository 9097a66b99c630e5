; INT 08h, 70h, 1Ah and the waits of INT 15h: timer ticks and the real-time clock.

TICKS_PER_DAY   equ 0x1800b0

int_08: push    eax
        push    ds
        push    word BDA
        pop     ds
        mov     eax, [TICKS]
        inc     eax
        cmp     eax, TICKS_PER_DAY
        jb      .same_day
        xor     eax, eax
        mov     byte [MIDNIGHT], 1
.same_day:
        mov     [TICKS], eax
        int     0x1c
        cli
        mov     al, 0x20
        out     PIC1, al
        pop     ds
        pop     eax
        iret

; Ticks since midnight, from the clock: seconds * 1193182 / 65536.
init_time:
        push    word BDA
        pop     ds
        mov     al, 0x00
        call    read_clock
        movzx   ecx, al
        mov     al, 0x02
        call    read_clock
        movzx   eax, al
        imul    eax, eax, 60
        add     ecx, eax
        mov     al, 0x04
        call    read_clock
        movzx   eax, al
        imul    eax, eax, 3600
        add     eax, ecx
        mov     ecx, 1193182
        mul     ecx
        shr     eax, 16
        shl     edx, 16
        or      eax, edx
        mov     [TICKS], eax
        ret

; Clock register AL as a number.
read_clock:
        call    read_cmos
        mov     dl, al
        and     dl, 0x0f
        shr     al, 4
        mov     ah, 10
        mul     ah
        add     al, dl
        ret

int_1a: ENTER_SERVICE
        push    word BDA
        pop     ds
        cmp     ah, 7
        ja      .unknown
        movzx   si, ah
        shl     si, 1
        and     byte [bp + R_FLAGS], 0xfe
        call    [cs:.table + si]
        LEAVE_SERVICE
.unknown:
        or      byte [bp + R_FLAGS], CARRY
        LEAVE_SERVICE
.table: dw      get_ticks, set_ticks, get_time, set_time, get_date, set_date, set_alarm, clear_alarm

get_ticks:
        mov     al, 0
        xchg    al, [MIDNIGHT]
        mov     [bp + R_AL], al
        mov     eax, [TICKS]
        mov     [bp + R_DX], ax
        shr     eax, 16
        mov     [bp + R_CX], ax
        ret

set_ticks:
        mov     [TICKS], dx
        mov     [TICKS + 2], cx
        mov     byte [MIDNIGHT], 0
        ret

; Waits until the clock's registers do not change for the next 244 us.
clock_ready:
        mov     al, CMOS_STATUS_A
        call    read_cmos
        test    al, 0x80
        jnz     clock_ready
        ret

; AH=02h: CH hours, CL minutes, DH seconds, DL daylight saving; BCD.
get_time:
        call    clock_ready
        mov     al, 0x04
        call    read_cmos
        mov     [bp + R_CH], al
        mov     al, 0x02
        call    read_cmos
        mov     [bp + R_CL], al
        mov     al, 0x00
        call    read_cmos
        mov     [bp + R_DH], al
        mov     al, CMOS_STATUS_B
        call    read_cmos
        and     al, 1
        mov     [bp + R_DL], al
        mov     byte [bp + R_AH], 0
        ret

; CMOS register AL gets AH.
write_cmos:
        out     CMOS, al
        mov     al, ah
        out     CMOS + 1, al
        ret

hold_clock:
        mov     ax, 0x8200 | CMOS_STATUS_B
        jmp     write_cmos
release_clock:
        mov     ax, 0x0200 | CMOS_STATUS_B
        jmp     write_cmos

set_time:
        call    hold_clock
        mov     ah, ch
        mov     al, 0x04
        call    write_cmos
        mov     ah, cl
        mov     al, 0x02
        call    write_cmos
        mov     ah, dh
        mov     al, 0x00
        call    write_cmos
        call    release_clock
        mov     byte [bp + R_AH], 0
        ret

; AH=04h: CH century, CL year, DH month, DL day; BCD.
get_date:
        call    clock_ready
        mov     al, CMOS_CENTURY
        call    read_cmos
        mov     [bp + R_CH], al
        mov     al, 0x09
        call    read_cmos
        mov     [bp + R_CL], al
        mov     al, 0x08
        call    read_cmos
        mov     [bp + R_DH], al
        mov     al, 0x07
        call    read_cmos
        mov     [bp + R_DL], al
        mov     byte [bp + R_AH], 0
        ret

set_date:
        call    hold_clock
        mov     ah, ch
        mov     al, CMOS_CENTURY
        call    write_cmos
        mov     ah, cl
        mov     al, 0x09
        call    write_cmos
        mov     ah, dh
        mov     al, 0x08
        call    write_cmos
        mov     ah, dl
        mov     al, 0x07
        call    write_cmos
        call    release_clock
        mov     byte [bp + R_AH], 0
        ret

; AH=06h: INT 4Ah at CH:CL:DH. AH=07h: no more.
set_alarm:
        mov     al, CMOS_STATUS_B
        call    read_cmos
        test    al, 0x20
        jnz     .busy
        mov     ah, ch
        mov     al, 0x05
        call    write_cmos
        mov     ah, cl
        mov     al, 0x03
        call    write_cmos
        mov     ah, dh
        mov     al, 0x01
        call    write_cmos
        mov     bl, 0x20
        call    enable_clock_interrupt
        mov     byte [bp + R_AH], 0
        ret
.busy:  or      byte [bp + R_FLAGS], CARRY
        ret

clear_alarm:
        mov     bl, 0xdf
        call    disable_clock_interrupt
        mov     byte [bp + R_AH], 0
        ret

; Sets bits BL of status B and lets IRQ 8 through.
enable_clock_interrupt:
        mov     al, CMOS_STATUS_B
        call    read_cmos
        or      al, bl
        mov     ah, al
        mov     al, CMOS_STATUS_B
        call    write_cmos
        in      al, PIC2 + 1
        and     al, 0xfe
        out     PIC2 + 1, al
        ret

; Keeps only bits BL of status B.
disable_clock_interrupt:
        mov     al, CMOS_STATUS_B
        call    read_cmos
        and     al, bl
        mov     ah, al
        mov     al, CMOS_STATUS_B
        jmp     write_cmos

; IRQ 8: periodic (a wait is running) and alarm.
int_70: pushad
        push    ds
        push    word BDA
        pop     ds
        mov     al, CMOS_STATUS_C
        call    read_cmos
        mov     dl, al
        mov     al, CMOS_STATUS_B
        call    read_cmos
        and     dl, al
        test    dl, 0x40
        jz      .alarm
        test    byte [WAIT_ACTIVE], 1
        jz      .alarm
        sub     dword [WAIT_COUNT], 976 ; 1024 Hz
        jnb     .alarm
        mov     byte [WAIT_ACTIVE], 0
        mov     bl, 0xbf
        call    disable_clock_interrupt
        push    es
        mov     di, [WAIT_FLAG]
        mov     es, [WAIT_FLAG + 2]
        or      byte [es:di], 0x80
        pop     es
.alarm: test    dl, 0x20
        jz      .end
        sti
        int     0x4a
        cli
.end:   mov     al, 0x20
        out     PIC2, al
        out     PIC1, al
        pop     ds
        popad
        iret

; INT 15h AH=83h: AL=0: after CX:DX microseconds bit 7 of the byte at ES:BX is set; AL=1: no more.
event_wait:
        push    word BDA
        pop     ds
        cmp     al, 1
        je      .cancel
        test    byte [WAIT_ACTIVE], 1
        jnz     .busy
        mov     ax, [bp + R_ES]
        mov     [WAIT_FLAG + 2], ax
        mov     ax, [bp + R_BX]
        mov     [WAIT_FLAG], ax
        call    start_wait
        ret
.cancel:
        mov     byte [WAIT_ACTIVE], 0
        mov     bl, 0xbf
        jmp     disable_clock_interrupt
.busy:  mov     ah, 0
        jmp     service_fails

; Counts the caller's CX:DX microseconds down.
start_wait:
        mov     ax, [bp + R_DX]
        mov     [WAIT_COUNT], ax
        mov     ax, [bp + R_CX]
        mov     [WAIT_COUNT + 2], ax
        mov     byte [WAIT_ACTIVE], 1
        mov     bl, 0x40
        jmp     enable_clock_interrupt

; INT 15h AH=86h: comes back after CX:DX microseconds.
wait_microseconds:
        push    word BDA
        pop     ds
        test    byte [WAIT_ACTIVE], 1
        jnz     .busy
        mov     word [WAIT_FLAG], WAIT_ACTIVE   ; bit 7 of it ends the wait
        mov     word [WAIT_FLAG + 2], BDA
        call    start_wait
.wait:  sti
        hlt
        cli
        test    byte [WAIT_ACTIVE], 0x80
        jz      .wait
        mov     byte [WAIT_ACTIVE], 0
        ret
.busy:  mov     ah, 0x83
        jmp     service_fails
