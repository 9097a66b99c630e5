; Checks of the A20 gate (port 92h and the keyboard controller's output port) in real mode: what lies at FFFF:0010 with the gate
; open and closed, for data, code and the stack.

%include "boot.inc"
main:           jmp start_real
%include "real16.inc"

; FFFF:0610 is 0:0600 without bit 20.
LOW             equ 0x600
HIGH            equ 0x610

gate_open:      in al, 0x92
                or al, 2
                and al, 0xFE
                out 0x92, al
                ret
gate_closed:    in al, 0x92
                and al, 0xFC
                out 0x92, al
                ret

; The keyboard controller's output port gets AH.
output_port:    call .wait
                mov al, 0xD1
                out 0x64, al
                call .wait
                mov al, ah
                out 0x60, al
.wait:          in al, 0x64
                test al, 2
                jnz .wait
                ret

; Different bytes below and above, and FS = FFFF.
prepare:        call gate_open
                mov ax, 0xFFFF
                mov fs, ax
                mov dword [LOW], 0x11111111
                mov dword [fs:HIGH], 0x22222222
                xor ax, ax
                ret

checks:
                CHECK 'open: FFFF reaches beyond 1 MiB'
                call prepare
                mov eax, [fs:HIGH]
                PASS
                CHECK 'closed: FFFF wraps to 0'
                call prepare
                call gate_closed
                mov eax, [fs:HIGH]
                PASS
                CHECK 'closed: a write wraps'
                call prepare
                call gate_closed
                mov dword [fs:HIGH], 0x33333333
                mov eax, [LOW]
                PASS
                CHECK 'closed: the byte above keeps its value'
                call prepare
                call gate_closed
                mov dword [fs:HIGH], 0x33333333
                call gate_open
                mov eax, [fs:HIGH]
                PASS
                CHECK 'closed, then open'
                call prepare
                call gate_closed
                mov ebx, [fs:HIGH]
                call gate_open
                mov eax, [fs:HIGH]
                shl ebx, 8
                xor eax, ebx
                PASS
                CHECK 'closed: a dword across 1 MiB'
                call prepare
                mov dword [0], 0x44444444
                mov dword [fs:0x10], 0x55555555
                call gate_closed
                mov eax, [fs:0xE]
                shr eax, 16
                mov dword [0], stubs
                PASS
                CHECK 'closed: 1 MiB in unreal mode wraps'
                call prepare
                call unreal
                call gate_closed
                mov ebx, 0x100000 + LOW
                mov eax, [ebx]
                PASS
                CHECK 'closed: 2 MiB is 2 MiB'
                call prepare
                call unreal
                mov ebx, 0x200000 + LOW
                mov dword [ebx], 0x66666666
                call gate_closed
                mov eax, [ebx]
                PASS
                CHECK 'closed: 3 MiB is 2 MiB'
                call prepare
                call unreal
                mov ebx, 0x300000 + LOW
                mov dword [ebx - 0x100000], 0x66666666
                mov dword [ebx], 0x77777777
                call gate_closed
                mov eax, [ebx]
                PASS
                CHECK 'closed: code beyond 1 MiB'
                call prepare
                mov dword [LOW], 0xCB0001B8     ; MOV AX, 1; RETF
                mov dword [fs:HIGH], 0xCB0002B8
                call gate_closed
                call 0xFFFF:HIGH
                PASS
                CHECK 'open: code beyond 1 MiB'
                call prepare
                mov dword [LOW], 0xCB0001B8
                mov dword [fs:HIGH], 0xCB0002B8
                call 0xFFFF:HIGH
                PASS
                CHECK 'open, closed, open: code beyond 1 MiB'
                call prepare
                mov dword [LOW], 0xCB0001B8
                mov dword [fs:HIGH], 0xCB0002B8
                call 0xFFFF:HIGH
                mov bx, ax
                call gate_closed
                call 0xFFFF:HIGH
                shl bx, 4
                or bx, ax
                call gate_open
                call 0xFFFF:HIGH
                shl bx, 4
                or ax, bx
                PASS
                CHECK 'closed: code that is changed through the other address'
                call prepare
                mov dword [LOW], 0xCB0001B8
                call gate_closed
                call 0xFFFF:HIGH
                mov byte [LOW + 1], 5
                call 0xFFFF:HIGH
                PASS
                CHECK 'closed: the stack wraps'
                call prepare
                call gate_closed
                mov ebx, esp
                mov ax, 0xFFFF
                mov ss, ax
                mov sp, HIGH + 4
                push dword 0x88888888
                xor ax, ax
                mov ss, ax
                mov esp, ebx
                mov eax, [LOW]
                PASS
                CHECK 'closed: REP MOVSB'
                call prepare
                call gate_closed
                mov ax, 0xFFFF
                mov es, ax
                mov di, HIGH
                mov si, .bytes
                mov cx, 4
                rep movsb
                mov eax, [LOW]
                PASS
                CHECK 'port 92h says that it is open'
                call gate_open
                in al, 0x92
                and ax, 2
                PASS
                CHECK 'port 92h says that it is closed'
                call gate_closed
                in al, 0x92
                and ax, 2
                PASS
                CHECK 'closed by the keyboard controller'
                call prepare
                mov ah, 0xDD
                call output_port
                mov eax, [fs:HIGH]
                PASS
                CHECK 'closed and opened by the keyboard controller'
                call prepare
                mov ah, 0xDD
                call output_port
                mov ah, 0xDF
                call output_port
                mov eax, [fs:HIGH]
                PASS
                CHECK 'closed by the keyboard controller, opened by port 92h'
                call prepare
                mov ah, 0xDD
                call output_port
                call gate_open
                mov eax, [fs:HIGH]
                PASS
                call gate_open
                jmp finish

; DS with a limit of 4 GiB
unreal:         push eax
                lgdt [.pointer]
                mov eax, cr0
                or al, 1
                mov cr0, eax
                mov bx, 8
                mov ds, bx
                and al, 0xFE
                mov cr0, eax
                xor ax, ax
                mov ds, ax
                pop eax
                ret
.pointer        dw 15
                dd .table
                align 8
.table          dq 0
                dq 0x00CF92000000FFFF

checks.bytes    dd 0x99999999

SECTORS         equ ($ - $$ + 511) / 512 - 1
                times (SECTORS + 1) * 512 - ($ - $$) db 0
