; Power-on: from the reset vector to the boot loader. Hardware that is right after reset is left alone.

post:   cli
        cld
        mov     al, CMOS_SHUTDOWN
        out     CMOS, al
        in      al, CMOS + 1
        mov     ah, al
        mov     al, CMOS_SHUTDOWN
        out     CMOS, al
        mov     al, 0
        out     CMOS + 1, al
        cmp     ah, 0x05
        je      .resume_eoi
        cmp     ah, 0x0a
        je      .resume

        xor     ax, ax
        mov     ss, ax
        mov     sp, POST_STACK
        call    init_vectors
        call    init_data
        call    init_pics
        call    init_pit
        call    init_keyboard
        call    init_video
        call    init_time
        call    init_drives
        sti
        int     0x19
.halt:  hlt
        jmp     .halt

; A 286-style way back to real mode: reset with a shutdown code, go on at 40:67.
.resume_eoi:
        mov     al, 0x20
        out     PIC2, al
        out     PIC1, al
.resume:
        xor     ax, ax
        mov     ds, ax
        jmp     far [0x467]

; Interrupt vectors: all to a plain return, then those that have a meaning.
init_vectors:
        xor     ax, ax
        mov     es, ax
        xor     di, di
        mov     cx, 0x78
.fill:  mov     ax, just_return
        stosw
        mov     ax, ROM
        stosw
        loop    .fill
        mov     cx, 0x88
        xor     ax, ax
        mov     di, 0x78 * 4
        push    cx
.clear: stosw
        stosw
        loop    .clear
        pop     cx
        mov     si, vectors_08
        mov     di, 0x08 * 4
        mov     cx, 0x20 - 0x08
        call    .table
        mov     si, vectors_70
        mov     di, 0x70 * 4
        mov     cx, 8
        call    .table
        mov     word [es:0x02 * 4], nmi
        mov     word [es:0x41 * 4], E_FDPT
        mov     word [es:0x41 * 4 + 2], EBDA
        mov     word [es:0x43 * 4], font_8x8
        mov     word [es:0x46 * 4], E_FDPT + 16
        mov     word [es:0x46 * 4 + 2], EBDA
        ret
.table: mov     ax, [cs:si]
        stosw
        add     si, 2
        add     di, 2
        loop    .table
        ret

vectors_08:
        dw      int_08, int_09, irq_master, irq_master, irq_master, irq_master, irq_master, irq_master
        dw      int_10, int_11, int_12, int_13, int_14, int_15, int_16, int_17
        dw      int_18, int_19, int_1a, just_return, just_return, video_parameters, diskette_parameters, font_8x8_high
vectors_70:
        dw      int_70, irq_2, irq_slave, irq_slave, irq_slave, int_75, irq_slave, irq_slave

just_return:
        iret

nmi:    iret

; Interrupts of the first controller that nobody has taken.
irq_master:
        push    ax
        mov     al, 0x20
        out     PIC1, al
        pop     ax
        iret

irq_slave:
        push    ax
        mov     al, 0x20
        out     PIC2, al
        out     PIC1, al
        pop     ax
        iret

; IRQ 9 goes on as IRQ 2 did on the PC.
irq_2:  push    ax
        mov     al, 0x20
        out     PIC2, al
        pop     ax
        int     0x0a
        iret

; IRQ 13: the coprocessor's error, as NMI did on the PC.
int_75: push    ax
        xor     al, al
        out     0xf0, al
        mov     al, 0x20
        out     PIC2, al
        out     PIC1, al
        pop     ax
        int     0x02
        iret

init_data:
        mov     ax, BDA
        mov     ds, ax
        mov     es, ax
        xor     ax, ax
        xor     di, di
        mov     cx, 0x80
        rep stosw
        mov     word [COM_PORTS], 0x3f8
        mov     word [COM_PORTS + 2], 0x2f8
        mov     word [EBDA_SEGMENT], EBDA
        mov     word [BASE_KIB], EBDA / 64
        mov     word [KEY_HEAD], KEY_BUFFER
        mov     word [KEY_TAIL], KEY_BUFFER
        mov     word [KEY_START], KEY_BUFFER
        mov     word [KEY_END], KEY_BUFFER_END
        mov     byte [KEY_MODE], 0x10
        mov     dword [COM_TIMEOUTS], 0x01010101
        mov     al, CMOS_EQUIPMENT
        call    read_cmos
        and     al, 0xcf
        or      al, 0x20                ; 80-column colour
        mov     ah, 0x04                ; two serial ports
        mov     [EQUIPMENT], ax
        mov     ax, EBDA
        mov     es, ax
        xor     ax, ax
        xor     di, di
        mov     cx, 0x80
        rep stosw
        mov     byte [es:0], 1
        mov     byte [es:E_CD_EMULATED], 0xff
        ret

; CMOS byte AL into AL.
read_cmos:
        out     CMOS, al
        in      al, CMOS + 1
        ret

; Vectors 08h and 70h, edge-triggered, cascade at 2; timer, keyboard and cascade unmasked.
init_pics:
        mov     al, 0x11
        out     PIC1, al
        out     PIC2, al
        mov     al, 0x08
        out     PIC1 + 1, al
        mov     al, 0x70
        out     PIC2 + 1, al
        mov     al, 0x04
        out     PIC1 + 1, al
        mov     al, 0x02
        out     PIC2 + 1, al
        mov     al, 0x01
        out     PIC1 + 1, al
        out     PIC2 + 1, al
        mov     al, 0xb8
        out     PIC1 + 1, al
        mov     al, 0xff
        out     PIC2 + 1, al
        ret

; Counter 0: mode 3, 65536, 18.2 Hz.
init_pit:
        mov     al, 0x36
        out     PIT_CONTROL, al
        xor     al, al
        out     PIT0, al
        out     PIT0, al
        ret

; Self test, then translation and interrupt on, as the keyboard interrupt expects them.
init_keyboard:
        mov     al, 0xaa
        out     KBC, al
        in      al, KBC_DATA
        mov     al, 0x60
        out     KBC, al
        mov     al, 0x65
        out     KBC_DATA, al
        in      al, PORT_A
        or      al, 2
        and     al, 0xfe
        out     PORT_A, al
        ret
