; What the BIOS parts share: BIOS data area, stack frame of a service, ports. Addresses in segment 40h.
; Source: IBM PC/AT Technical Reference (6280070), "BIOS data area"; IBM PS/2 and PC BIOS Interface Technical Reference.

BDA             equ 0x40        ; segment of the BIOS data area
EBDA            equ 0x9fc0      ; segment of the extended one, 1 KiB below 640 KiB
ROM             equ 0xf000
BOOT_SECTOR     equ 0x7c00
POST_STACK      equ 0x7000

COM_PORTS       equ 0x00        ; 4 words
EBDA_SEGMENT    equ 0x0e
EQUIPMENT       equ 0x10
BASE_KIB        equ 0x13
KEY_FLAGS       equ 0x17        ; and 18h
KEY_NUMPAD      equ 0x19        ; number typed with Alt held
KEY_HEAD        equ 0x1a
KEY_TAIL        equ 0x1c
KEY_BUFFER      equ 0x1e
KEY_BUFFER_END  equ 0x3e
FLOPPY_STATUS   equ 0x41
VIDEO_MODE      equ 0x49
VIDEO_COLUMNS   equ 0x4a
VIDEO_PAGE_SIZE equ 0x4c
VIDEO_START     equ 0x4e
CURSORS         equ 0x50        ; 8 words: column, row
CURSOR_TYPE     equ 0x60
VIDEO_PAGE      equ 0x62
CRTC_PORT       equ 0x63
TICKS           equ 0x6c        ; dword
MIDNIGHT        equ 0x70
BREAK_FLAG      equ 0x71
RESET_FLAG      equ 0x72
DISK_STATUS     equ 0x74
DISK_COUNT      equ 0x75
COM_TIMEOUTS    equ 0x7c
KEY_START       equ 0x80
KEY_END         equ 0x82
VIDEO_ROWS      equ 0x84        ; less one
CHAR_HEIGHT     equ 0x85
VIDEO_CONTROL   equ 0x87
VIDEO_SWITCHES  equ 0x88
VIDEO_FLAGS     equ 0x89
KEY_MODE        equ 0x96        ; bit 0 E1h came, 1 E0h came, 2 right Ctrl, 3 right Alt, 4 enhanced keyboard
KEY_LEDS        equ 0x97
WAIT_FLAG       equ 0x98        ; far pointer to the user's flag byte
WAIT_COUNT      equ 0x9c        ; microseconds left, dword
WAIT_ACTIVE     equ 0xa0

; EBDA: offset 0 is its size in KiB
E_BOOT_DRIVE    equ 0x10
E_FDPT          equ 0x20        ; fixed disk parameter tables of drives 80h and 81h, 16 bytes each
E_CD_PACKET     equ 0x40        ; El Torito specification packet, 19 bytes
E_CD_EMULATED   equ 0x60        ; drive number that a CD image stands for, FFh none
E_CD_SECTORS    equ 0x62        ; of that image: sectors per track, heads, cylinders, words
E_CD_HEADS      equ 0x64
E_CD_CYLINDERS  equ 0x66
E_CD_START      equ 0x68        ; its first sector on the CD, dword
E_SCRATCH       equ 0x100       ; buffer of the boot loader

; Frame of a service: what ENTER_SERVICE pushed under BP
R_ES            equ 0
R_DS            equ 2
R_DI            equ 4
R_SI            equ 8
R_BX            equ 20
R_DX            equ 24
R_CX            equ 28
R_AX            equ 32
R_IP            equ 36
R_CS            equ 38
R_FLAGS         equ 40
R_BL            equ R_BX
R_BH            equ R_BX + 1
R_DL            equ R_DX
R_DH            equ R_DX + 1
R_CL            equ R_CX
R_CH            equ R_CX + 1
R_AL            equ R_AX
R_AH            equ R_AX + 1

CARRY           equ 0x01
ZERO            equ 0x40

%macro ENTER_SERVICE 0
        pushad
        push    ds
        push    es
        mov     bp, sp
        cld
%endmacro

%macro LEAVE_SERVICE 0
        pop     es
        pop     ds
        popad
        iret
%endmacro

; Ports
PIC1            equ 0x20
PIC2            equ 0xa0
PIT0            equ 0x40
PIT_CONTROL     equ 0x43
KBC_DATA        equ 0x60
PORT_B          equ 0x61
KBC             equ 0x64
CMOS            equ 0x70
PORT_A          equ 0x92
CRTC            equ 0x3d4

; The disk port (machine/devices/bios-disk.ts)
DISK_COMMAND    equ 0x0b00
DISK_DRIVE      equ 0x0b04
DISK_LBA        equ 0x0b08
DISK_LBA_HIGH   equ 0x0b0c
DISK_SECTORS    equ 0x0b10
DISK_BUFFER     equ 0x0b14
DISK_ENTRY      equ 0x0b1c
DISK_TOTAL      equ 0x0b20
DISK_TOTAL_HIGH equ 0x0b24
DISK_CYLINDERS  equ 0x0b28
DISK_HEADS      equ 0x0b2c
DISK_SPT        equ 0x0b30
DISK_BYTES      equ 0x0b34
DISK_HARD_COUNT equ 0x0b38
DISK_ORDER      equ 0x0b3c

; CMOS RAM
CMOS_STATUS_A   equ 0x0a
CMOS_STATUS_B   equ 0x0b
CMOS_STATUS_C   equ 0x0c
CMOS_SHUTDOWN   equ 0x0f
CMOS_FLOPPY     equ 0x10
CMOS_EQUIPMENT  equ 0x14
CMOS_BASE       equ 0x15
CMOS_EXTENDED   equ 0x30
CMOS_HIGH       equ 0x34
CMOS_CENTURY    equ 0x32
