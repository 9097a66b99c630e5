; INT 11h, 12h, 15h, 17h: what the machine has.

int_11: push    ds
        mov     ax, BDA
        mov     ds, ax
        mov     ax, [EQUIPMENT]
        pop     ds
        iret

int_12: push    ds
        mov     ax, BDA
        mov     ds, ax
        mov     ax, [BASE_KIB]
        pop     ds
        iret

; No printers.
int_17: mov     ah, 0x01
        iret

int_15: cmp     ah, 0x4f                ; the keyboard's hook: the key is not changed
        je      .keep_key
        cmp     ax, 0xe820
        je      memory_map
        ENTER_SERVICE
        mov     si, .table
.find:  mov     dl, [cs:si]
        cmp     dl, ah
        je      .found
        add     si, 3
        cmp     dl, 0
        jne     .find
        mov     byte [bp + R_AH], 0x86  ; no such function
        or      byte [bp + R_FLAGS], CARRY
        jmp     .leave
.found: mov     dx, [bp + R_DX]
        and     byte [bp + R_FLAGS], 0xfe
        push    word .leave
        jmp     [cs:si + 1]
.leave: LEAVE_SERVICE
.keep_key:
        push    bp
        mov     bp, sp
        or      byte [bp + 6], CARRY
        pop     bp
        iret
; function, routine; they get the caller's registers but SI and BP and may change all but BP; ends with 0
.table: db      0x24
        dw      a20_services
        db      0x83
        dw      event_wait
        db      0x86
        dw      wait_microseconds
        db      0x87
        dw      move_block
        db      0x88
        dw      extended_memory
        db      0x90
        dw      device_busy
        db      0x91
        dw      device_busy
        db      0xc0
        dw      configuration
        db      0xc1
        dw      ebda_segment
        db      0xe8
        dw      memory_sizes
        db      0

service_fails:                          ; with AH as error
        or      byte [bp + R_FLAGS], CARRY
        mov     [bp + R_AH], ah
        ret

device_busy:
        mov     byte [bp + R_AH], 0
        ret

configuration:
        mov     word [bp + R_BX], configuration_table
        mov     word [bp + R_ES], ROM
        mov     byte [bp + R_AH], 0
        ret

configuration_table:
        dw      8
        db      0xfc, 0x01, 0x00        ; model AT, submodel, revision
        db      0x74                    ; second PIC, RTC, INT 09h calls 15h/4Fh, EBDA
        db      0x40                    ; INT 16h/09h
        db      0, 0, 0

ebda_segment:
        mov     word [bp + R_ES], EBDA
        ret

; AH=24h: A20 gate; AL 0 off, 1 on, 2 state, 3 which ways there are.
a20_services:
        mov     byte [bp + R_AH], 0
        cmp     al, 2
        je      .state
        cmp     al, 3
        je      .ways
        ja      .unknown
        mov     ah, al
        shl     ah, 1
        in      al, PORT_A
        and     al, 0xfc
        or      al, ah
        out     PORT_A, al
        ret
.state: in      al, PORT_A
        shr     al, 1
        and     al, 1
        mov     [bp + R_AL], al
        ret
.ways:  mov     word [bp + R_BX], 3     ; keyboard controller and port 92h
        ret
.unknown:
        mov     ah, 0x86
        jmp     service_fails

; AH=88h: KiB above 1 MiB, at most 63 MiB as the PC/AT counts; AH=E8h AL=01h: up to 16 MiB and 64 KiB blocks above.
extended_memory:
        mov     al, CMOS_EXTENDED
        call    read_cmos_word
        cmp     ax, 0xfc00
        jbe     .fits
        mov     ax, 0xfc00
.fits:  mov     [bp + R_AX], ax
        ret

memory_sizes:
        cmp     al, 0x01
        je      .sizes
        cmp     al, 0x81
        je      .sizes_wide
        mov     ah, 0x86
        jmp     service_fails
.sizes: call    .count
        mov     [bp + R_AX], ax
        mov     [bp + R_CX], ax
        mov     [bp + R_BX], dx
        mov     [bp + R_DX], dx
        ret
.sizes_wide:
        call    .count
        movzx   eax, ax
        movzx   edx, dx
        mov     [bp + R_AX], eax
        mov     [bp + R_CX], eax
        mov     [bp + R_BX], edx
        mov     [bp + R_DX], edx
        ret
.count: mov     al, CMOS_HIGH
        call    read_cmos_word
        mov     dx, ax
        mov     al, CMOS_EXTENDED
        call    read_cmos_word
        cmp     ax, 15 * 1024
        jbe     .small
        mov     ax, 15 * 1024
.small: ret

; CMOS word at AL into AX.
read_cmos_word:
        push    bx
        mov     bl, al
        inc     al
        call    read_cmos
        mov     bh, al
        mov     al, bl
        call    read_cmos
        mov     ah, bh
        pop     bx
        ret

; Address of the end of RAM into EAX.
ram_end:
        mov     al, CMOS_HIGH
        call    read_cmos_word
        movzx   eax, ax
        test    eax, eax
        jz      .low
        shl     eax, 16
        add     eax, 0x1000000
        ret
.low:   mov     al, CMOS_EXTENDED
        call    read_cmos_word
        movzx   eax, ax
        shl     eax, 10
        add     eax, 0x100000
        ret

; AX=E820h: one entry of the memory map to ES:DI; EBX is the entry's number, 0 when there is none after it.
memory_map:
        cmp     edx, 0x534d4150         ; 'SMAP'
        jne     .fails
        cmp     ecx, 20
        jb      .fails
        cmp     ebx, (memory_ranges_end - memory_ranges) / 12
        jae     .fails
        push    si
        imul    si, bx, 12
        add     si, memory_ranges
        mov     dword [es:di + 4], 0
        mov     dword [es:di + 12], 0
        mov     eax, [cs:si]
        cmp     eax, FRAME_BUFFER
        je      .frame_buffer
        mov     [es:di], eax
        mov     eax, [cs:si + 4]
        test    eax, eax
        jnz     .sized
        call    ram_end                 ; size 0 stands for what RAM there is
        sub     eax, [cs:si]
.sized: mov     [es:di + 8], eax
        mov     eax, [cs:si + 8]
        mov     [es:di + 16], eax
        pop     si
        inc     ebx
        cmp     ebx, (memory_ranges_end - memory_ranges) / 12
        jb      .more
        xor     ebx, ebx
.more:  mov     eax, edx
        mov     ecx, 20
        push    bp
        mov     bp, sp
        and     byte [bp + 6], 0xfe
        pop     bp
        iret
.fails: mov     ah, 0x86
        push    bp
        mov     bp, sp
        or      byte [bp + 6], CARRY
        pop     bp
        iret
.frame_buffer:
        push    edx
        mov     al, DISPI_BASE
        call    dispi_read
        shl     eax, 16
        mov     [es:di], eax
        mov     al, DISPI_MEMORY
        call    dispi_read
        shl     eax, 16
        pop     edx
        jmp     .sized

; base, size, type: 1 RAM, 2 reserved
memory_ranges:
        dd      0, EBDA * 16, 1
        dd      EBDA * 16, 0xa0000 - EBDA * 16, 2
        dd      0xe0000, 0x20000, 2
        dd      0x100000, 0, 1
        dd      FRAME_BUFFER, 0, 2
memory_ranges_end:
FRAME_BUFFER    equ 0xffffffff          ; where the display interface says, behind the RAM

; AH=87h: CX words from one physical address to another, by the descriptor table at ES:SI (AT reference: entries of 8
; bytes: null, table, source, destination, BIOS CS, SS). Interrupts stay off while the processor is in protected mode.
move_block:
        cli
        in      al, PORT_A
        push    ax
        or      al, 2
        and     al, 0xfe
        out     PORT_A, al
        mov     es, [bp + R_ES]
        mov     si, [bp + R_SI]
        ; the table describes itself
        xor     eax, eax
        mov     ax, es
        shl     eax, 4
        movzx   edx, si
        add     eax, edx
        mov     word [es:si + 8], 0x2f
        mov     [es:si + 10], eax
        mov     byte [es:si + 13], 0x93
        ; code of this BIOS
        mov     dword [es:si + 0x20], 0x0000ffff
        mov     dword [es:si + 0x24], 0x00009b0f
        ; the stack
        xor     eax, eax
        mov     ax, ss
        shl     eax, 4
        mov     word [es:si + 0x28], 0xffff
        mov     [es:si + 0x2a], eax
        mov     word [es:si + 0x2d], 0x0093
        mov     byte [es:si + 0x2f], 0
        mov     cx, [bp + R_CX]
        mov     dx, ss
        lgdt    [es:si + 8]
        mov     eax, cr0
        or      al, 1
        mov     cr0, eax
        jmp     0x20:.protected
.protected:
        mov     ax, 0x28
        mov     ss, ax
        mov     ax, 0x10
        mov     ds, ax
        mov     ax, 0x18
        mov     es, ax
        xor     si, si
        xor     di, di
        rep movsw
        mov     ax, 0x28                ; real mode wants 64 KiB data segments
        mov     ds, ax
        mov     es, ax
        mov     eax, cr0
        and     al, 0xfe
        mov     cr0, eax
        jmp     ROM:.real
.real:  mov     ss, dx
        lidt    [cs:real_idt]
        pop     ax
        out     PORT_A, al
        mov     byte [bp + R_AH], 0
        and     byte [bp + R_FLAGS], 0xfe
        or      byte [bp + R_FLAGS], ZERO
        ret

real_idt:
        dw      0x3ff
        dd      0
