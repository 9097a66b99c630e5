; Checks of real-address mode (SDM 3B 20.1) and of segments whose limits were changed in protected mode.

%include "boot.inc"
main:           jmp start_real
%include "real16.inc"
                bits 16

checks:
                CHECK 'INT and its frame'
                mov word [hook], show_frame
                push word 0x7202
                popf
                int 0x41
                PASS
                CHECK 'INT3'
                int3
                PASS
                CHECK 'INT1'
                db 0xF1
                PASS
                CHECK 'INTO'
                mov al, 0x7F
                add al, 1
                into
                PASS
                CHECK 'BOUND'
                mov ax, 9
                bound ax, [bounds]
                PASS
                CHECK 'divide error'
                div cx
                PASS
                CHECK 'UD2'
                ud2
                PASS
                CHECK 'word at FFFF'
                mov bx, 0xFFFF
                mov ax, [bx]
                PASS
                CHECK 'byte at FFFF'
                mov bx, 0xFFFF
                mov al, [bx]
                xor ax, ax
                PASS
                CHECK 'dword at FFFD'
                mov bx, 0xFFFD
                mov eax, [bx]
                PASS
                CHECK 'dword at FFFD through SS'
                mov bp, 0xFFFD
                mov eax, [bp]
                PASS
                CHECK '32-bit address beyond 64 KiB'
                mov ebx, 0x10000
                mov al, [ebx]
                PASS
                CHECK '16-bit addresses wrap'
                mov dword [0x600], 0x12345678
                mov bx, 0xFF00
                mov si, 0x700
                mov eax, [bx + si]
                PASS
                CHECK '32-bit JMP beyond 64 KiB'
                jmp dword far [%$pointer]
%$pointer       dd 0x10000
                dw 0
                PASS
                CHECK 'write through CS'
                mov byte [cs:0x600], 0x77
                mov al, [0x600]
                PASS
                CHECK 'segment FFFF reaches beyond 1 MiB'
                mov ax, 0xFFFF
                mov es, ax
                mov dword [es:0x1000], 0xCAFE
                mov ebx, [es:0x1000]
                mov eax, ebx
                PASS
                CHECK 'far JMP'
                jmp 0x10:.there - 0x100
.there:         mov ax, cs
                jmp 0:.back
.back:          PASS
                CHECK 'far CALL and RET'
                call 0x10:.procedure - 0x100
                jmp .end
.procedure:     mov ax, cs
                retf
.end:           PASS
                CHECK 'far CALL and RET, 32-bit'
                mov bx, sp
                call dword 0:.procedure32
                jmp .end32
.procedure32:   sub bx, sp
                mov ax, bx
                o32 retf
.end32:         PASS
                CHECK 'RETF that frees bytes'
                mov bx, sp
                push word 0
                push word 0
                push word 0
                push word .released
                retf 4
.released:      mov ax, sp
                sub ax, bx
                PASS
                CHECK 'IRET'
                push word 0x7ED7
                push word 0
                push word .iret
                iret
.iret:          pushf
                pop ax
                PASS
                CHECK 'IRETD'
                push dword 0x3F7ED7
                push dword 0
                push dword .iretd
                iretd
.iretd:         pushfd
                pop eax
                PASS
                CHECK 'POPF'
                push word 0x7ED7
                popf
                pushf
                pop ax
                PASS
                CHECK 'POPFD'
                push dword 0x3F7ED7
                popfd
                pushfd
                pop eax
                PASS
                CHECK 'CLI and STI with IOPL 0'
                sti
                pushf
                cli
                pop ax
                PASS
                CHECK 'ENTER with nesting'
                mov bp, .frame + 4
                enter 6, 2
                mov ax, [bp - 2]
                shl eax, 16
                mov ax, bp
                sub ax, sp
                jmp .entered
.frame          dw 0x1111, 0x2222, 0x3333
.entered:       PASS
%macro UNDEFINED 2+
                CHECK %1
                %2
                PASS
%endmacro
                UNDEFINED 'LLDT', lldt ax
                UNDEFINED 'SLDT', sldt ax
                UNDEFINED 'LTR', ltr ax
                UNDEFINED 'STR', str ax
                UNDEFINED 'LAR', lar ax, ax
                UNDEFINED 'LSL', lsl ax, ax
                UNDEFINED 'VERR', verr ax
                UNDEFINED 'VERW', verw ax
                UNDEFINED 'ARPL', arpl ax, ax
                UNDEFINED 'SYSENTER', sysenter
                UNDEFINED 'SYSEXIT', sysexit
                UNDEFINED 'SYSCALL', syscall
                UNDEFINED 'CLAC', db 0x0F, 0x01, 0xCA
                UNDEFINED 'SMSW', smsw ax
                UNDEFINED 'MOV CS', db 0x8E, 0xC8
                UNDEFINED 'LOCK without a memory destination', db 0xF0, 0x40
                CHECK 'CR0 with PG and without PE'
                mov eax, cr0
                or eax, 0x80000000
                mov cr0, eax
                PASS
                CHECK 'LIDT moves the vectors'
                mov dword [0x600 + 4 * 0x41], .moved
                lidt [.idtr]
                int 0x41
.idtr           dw 0x3FF
                dd 0x600
.moved:         mov eax, 0x41
                lidt [real_idt]
                PASS
                CHECK 'INT beyond the limit of the vectors'
                lidt [.short]
                int 0x48
.short          dw 4 * 0x48 - 1
                dd 0
                PASS
                lidt [real_idt]
                CHECK 'REP MOVSB across the end of a segment'
                mov ax, 0x4000
                mov es, ax
                mov di, 0xFFFE
                mov si, 0x600
                mov cx, 4
                rep movsb
                mov ax, di
                PASS
; ---- segments that keep what protected mode gave them
                CHECK 'a limit of 4 GiB stays in real-address mode'
                call big_segments
                mov ebx, 0x100000
                mov dword [fs:ebx], 0xBEEF
                mov eax, [fs:ebx]
                PASS
                CHECK 'loading a selector keeps the limit'
                call big_segments
                mov ax, 0x1000
                mov fs, ax
                mov ebx, 0x100000
                mov dword [fs:ebx], 0xF00D
                mov eax, [fs:ebx]
                PASS
                CHECK 'another segment keeps its own limit'
                call big_segments
                mov ebx, 0x100000
                mov eax, [gs:ebx]
                PASS
                CHECK 'a small limit stays too'
                call small_segment
                mov al, [fs:0x10]
                PASS
                call normal_segments
                jmp finish

; FS gets a limit of 4 GiB.
big_segments:   mov ax, BIG
                mov dx, NORMAL
                jmp load_segments
small_segment:  mov ax, SMALL
                mov dx, NORMAL
                jmp load_segments
normal_segments:
                mov ax, NORMAL
                mov dx, NORMAL
load_segments:  cli
                lgdt [gdt_pointer]
                mov ecx, cr0
                mov ebx, ecx
                or cl, 1
                mov cr0, ecx
                jmp .protected
.protected:     mov fs, ax
                mov gs, dx
                mov cr0, ebx
                jmp .real
.real:          xor ax, ax
                mov fs, ax
                mov gs, ax
                ret

; SP: vector, IP, CS, FLAGS
show_frame:     mov bp, sp
                pushf
                pop bx
                mov ax, [bp + 6]
                and ax, 0xF700
                shl eax, 16
                mov ax, bx
                and ax, 0xF700
                mov word [hook], 0
                mov sp, [saved_sp]
                int 0x40

bounds          dw 0, 8
real_idt        dw 0x3FF
                dd 0
                align 8
gdt:            dq 0
BIG             equ $ - gdt
                dw 0xFFFF, 0
                db 0, 0x92, 0xCF, 0
NORMAL          equ $ - gdt
                dw 0xFFFF, 0
                db 0, 0x92, 0, 0
SMALL           equ $ - gdt
                dw 0xF, 0
                db 0, 0x92, 0, 0
gdt_pointer:    dw $ - gdt - 1
                dd gdt
SECTORS         equ ($ - $$ + 511) / 512 - 1
                times (SECTORS + 1) * 512 - ($ - $$) db 0
