; Checks of the VGA's planar modes: INT 10h mode set and pixels, and the memory behind sequencer and graphics controller in every read and
; write mode (PS/2 Hardware Interface Technical Reference, "Video Subsystem"). A line with %-planes lists the bytes of planes 0 to 3.

%include "boot.inc"
main:           mov eax, [4 * 0x10]
                mov [video], eax
                jmp start_real
%include "real16.inc"
                bits 16

video           dd 0
GC              equ 0x3CE
SEQ             equ 0x3C4

; Register %2 of the indexed port %1 gets %3.
%macro SET 3
                push dx
                push ax
                mov dx, %1
                mov ax, ((%3) << 8) | (%2)
                out dx, ax
                pop ax
                pop dx
%endmacro

; Mode 12h with the memory black where checks look, ES at it.
%macro FRESH 1+
                CHECK %1
                mov ax, 0x0092
                int 0x10
                mov ax, 0xA000
                mov es, ax
                xor eax, eax
                mov [es:0], eax
                mov [es:4], eax
                mov [es:160], eax
                mov [es:0xFFFC], eax
%endmacro

; Bytes 0 and on of each plane are 0x11, 0x22, 0x44, 0x88; the latches hold them.
%macro PATTERN 0
                call pattern
%endmacro

; EAX: byte %1 of planes 0..3, from the lowest.
%macro PLANES 1
                mov di, %1
                call planes
%endmacro

checks:         mov eax, [video]
                mov [4 * 0x10], eax
                CHECK 'mode 12h: AH=0Fh'
                mov ax, 0x0012
                int 0x10
                mov ah, 0x0F
                int 0x10
                mov bl, 0
                PASS
                CHECK 'mode 12h: BIOS data area'
                mov ax, [0x484]
                shl eax, 16
                mov ax, [0x485]
                PASS
                CHECK 'mode 0Dh: AH=0Fh'
                mov ax, 0x008D
                int 0x10
                mov ah, 0x0F
                int 0x10
                PASS
                CHECK 'mode 10h: AH=0Fh'
                mov ax, 0x0090
                int 0x10
                mov ah, 0x0F
                int 0x10
                PASS
                CHECK 'the memory is black'
                mov ax, 0x0012
                int 0x10
                mov ax, 0xA000
                mov es, ax
                call sum
                PASS
                FRESH 'map mask'
                SET SEQ, 2, 5
                mov byte [es:0], 0xFF
                PLANES 0
                PASS
                FRESH 'map mask 0'
                SET SEQ, 2, 0
                mov byte [es:0], 0xFF
                PLANES 0
                PASS
                FRESH 'the same address in each plane'
                PATTERN
                PLANES 0
                PASS
                FRESH 'write mode 0: word and doubleword'
                mov dword [es:0], 0x44332211
                mov word [es:2], 0x6655
                PLANES 0
                mov ebx, eax
                PLANES 3
                xor eax, ebx
                PASS
                FRESH 'write mode 0: bit mask'
                PATTERN
                SET GC, 8, 0x3C
                mov byte [es:0], 0xFF
                PLANES 0
                PASS
                FRESH 'write mode 0: set/reset in all planes'
                PATTERN
                SET GC, 0, 0x0A
                SET GC, 1, 0x0F
                mov byte [es:0], 0x55
                PLANES 0
                PASS
                FRESH 'write mode 0: set/reset in planes 1 and 2'
                PATTERN
                SET GC, 0, 0x02
                SET GC, 1, 0x06
                mov byte [es:0], 0x55
                PLANES 0
                PASS
                FRESH 'write mode 0: rotate by 3'
                SET GC, 3, 3
                mov byte [es:0], 0x81
                PLANES 0
                PASS
                FRESH 'write mode 0: AND'
                PATTERN
                SET GC, 3, 0x08
                mov byte [es:0], 0xF0
                PLANES 0
                PASS
                FRESH 'write mode 0: OR'
                PATTERN
                SET GC, 3, 0x10
                mov byte [es:0], 0x0F
                PLANES 0
                PASS
                FRESH 'write mode 0: XOR'
                PATTERN
                SET GC, 3, 0x18
                mov byte [es:0], 0xFF
                PLANES 0
                PASS
                FRESH 'write mode 0: rotate by 4, XOR, set/reset and bit mask'
                PATTERN
                SET GC, 0, 0x01
                SET GC, 1, 0x03
                SET GC, 3, 0x1C
                SET GC, 8, 0xFE
                mov byte [es:0], 0x1F
                PLANES 0
                PASS
                FRESH 'write mode 1: latches'
                PATTERN
                SET GC, 5, 1
                mov byte [es:5], 0xAA
                PLANES 5
                PASS
                FRESH 'write mode 1: bit mask and set/reset count for nothing'
                PATTERN
                SET GC, 0, 0x0F
                SET GC, 1, 0x0F
                SET GC, 8, 0
                SET GC, 5, 1
                mov byte [es:5], 0xAA
                PLANES 5
                PASS
                FRESH 'write mode 1: map mask'
                PATTERN
                SET GC, 5, 1
                SET SEQ, 2, 9
                mov byte [es:5], 0xAA
                PLANES 5
                PASS
                FRESH 'write mode 1: REP MOVSB'
                PATTERN
                SET GC, 5, 1
                push ds
                push es
                pop ds
                xor si, si
                mov di, 0x100
                mov cx, 4
                rep movsb
                pop ds
                PLANES 0x103
                PASS
                FRESH 'write mode 2: a colour'
                SET GC, 5, 2
                mov byte [es:0], 0x06
                PLANES 0
                PASS
                FRESH 'write mode 2: bit mask'
                PATTERN
                SET GC, 5, 2
                SET GC, 8, 0x80
                mov byte [es:0], 0x0F
                PLANES 0
                PASS
                FRESH 'write mode 2: XOR'
                PATTERN
                SET GC, 5, 2
                SET GC, 3, 0x18
                mov byte [es:0], 0xF3
                PLANES 0
                PASS
                FRESH 'write mode 2: rotate counts for nothing'
                SET GC, 5, 2
                SET GC, 3, 0x02
                mov byte [es:0], 0x01
                PLANES 0
                PASS
                FRESH 'write mode 3: set/reset under the data'
                PATTERN
                SET GC, 0, 0x05
                SET GC, 5, 3
                mov byte [es:0], 0xF0
                PLANES 0
                PASS
                FRESH 'write mode 3: bit mask and rotate'
                PATTERN
                SET GC, 0, 0x0F
                SET GC, 3, 4
                SET GC, 8, 0x3C
                SET GC, 5, 3
                mov byte [es:0], 0xFC
                PLANES 0
                PASS
                FRESH 'write mode 3: AND'
                PATTERN
                SET GC, 0, 0x03
                SET GC, 3, 0x08
                SET GC, 5, 3
                mov byte [es:0], 0xFF
                PLANES 0
                PASS
                FRESH 'read mode 0: each map'
                PATTERN
                xor ebx, ebx
                mov cx, 4
                mov ax, 0x0304
.map:           mov dx, GC
                out dx, ax
                shl ebx, 8
                mov bl, [es:0]
                dec ah
                loop .map
                mov eax, ebx
                PASS
                FRESH 'read mode 1: colour compare'
                PATTERN
                SET GC, 5, 8
                SET GC, 2, 0x04
                xor eax, eax
                mov al, [es:0]
                PASS
                FRESH 'read mode 1: planes that do not count'
                PATTERN
                SET GC, 5, 8
                SET GC, 2, 0x01
                SET GC, 7, 0x03
                xor eax, eax
                mov al, [es:0]
                PASS
                FRESH 'read mode 1: no plane counts'
                PATTERN
                SET GC, 5, 8
                SET GC, 7, 0
                xor eax, eax
                mov al, [es:0]
                PASS
                FRESH 'read-modify-write: OR with the latches'
                PATTERN
                SET GC, 8, 0x02
                or byte [es:0], 0xFF
                PLANES 0
                PASS
                FRESH 'the last byte of the window'
                mov byte [es:0xFFFF], 0x5A
                PLANES 0xFFFF
                PASS
                FRESH 'INT 10h: pixel of mode 12h'
                mov ax, 0x0C0B
                xor bx, bx
                mov cx, 13
                mov dx, 2
                int 0x10
                mov ax, 0xA000
                mov es, ax
                PLANES 161
                PASS
                FRESH 'INT 10h: pixel is read back'
                mov ax, 0x0C0B
                xor bx, bx
                mov cx, 639
                mov dx, 479
                int 0x10
                mov ah, 0x0D
                int 0x10
                and eax, 0xFF
                PASS
                FRESH 'INT 10h: exclusive or'
                mov ax, 0x0C0B
                xor bx, bx
                mov cx, 100
                mov dx, 100
                int 0x10
                mov ax, 0x0C86
                int 0x10
                mov ah, 0x0D
                int 0x10
                and eax, 0xFF
                PASS
                CHECK 'INT 10h: pixel of mode 0Dh'
                mov ax, 0x000D
                int 0x10
                mov ax, 0x0C05
                xor bx, bx
                mov cx, 319
                mov dx, 199
                int 0x10
                mov ax, 0xA000
                mov es, ax
                PLANES 199 * 40 + 39
                PASS
                CHECK 'INT 10h: pixel of mode 10h'
                mov ax, 0x0010
                int 0x10
                mov ax, 0x0C0E
                xor bx, bx
                mov cx, 8
                mov dx, 349
                int 0x10
                mov ax, 0xA000
                mov es, ax
                PLANES 349 * 80 + 1
                PASS
                CHECK 'mode set with bit 7 keeps the memory'
                mov ax, 0x0012
                int 0x10
                mov ax, 0xA000
                mov es, ax
                mov byte [es:7], 0x77
                mov ax, 0x0092
                int 0x10
                mov ax, 0xA000
                mov es, ax
                PLANES 7
                PASS
                CHECK 'back in text mode the text memory works'
                mov ax, 0x0003
                int 0x10
                mov ax, 0xB800
                mov es, ax
                mov dword [es:0], 0x07420741
                mov eax, [es:0]
                PASS
                CHECK 'text, then mode 12h again'
                mov ax, 0x0012
                int 0x10
                mov ax, 0xA000
                mov es, ax
                mov byte [es:9], 0x3C
                PLANES 9
                PASS
                mov ax, 0x0003
                int 0x10
                SAY {'DONE', 13, 10}
                mov al, 0x10
                out 0xF4, al
                cli
.stop:          hlt
                jmp .stop

pattern:        push ax
                push dx
                push di
                mov dx, SEQ
                mov ax, 0x0102
.plane:         out dx, ax
                mov al, ah              ; 11H times the plane's bit
                shl al, 4
                or al, ah
                xor di, di
                mov cx, 4
                rep stosb
                mov al, 2
                shl ah, 1
                cmp ah, 0x10
                jb .plane
                mov ax, 0x0F02
                out dx, ax
                mov al, [es:0]
                pop di
                pop dx
                pop ax
                ret

; In read mode 0, whatever was set.
planes:         SET GC, 5, 0
                push dx
                push cx
                push ebx
                xor ebx, ebx
                mov dx, GC
                mov cx, 4
                mov ax, 0x0304
.plane:         out dx, ax
                shl ebx, 8
                mov bl, [es:di]
                dec ah
                loop .plane
                mov eax, ebx
                pop ebx
                pop cx
                pop dx
                ret

; EAX: sum of 300 bytes of planes 0 and 3, each 128th.
sum:            xor ebx, ebx
                mov dx, GC
                mov ax, 0x0004
.map:           out dx, ax
                xor di, di
                mov cx, 300
.byte:          add bl, [es:di]
                add di, 128
                loop .byte
                add ah, 3
                cmp ah, 3
                jbe .map
                mov eax, ebx
                ret
SECTORS         equ ($ - $$ + 511) / 512 - 1
                times (SECTORS + 1) * 512 - ($ - $$) db 0
