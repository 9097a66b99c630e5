; Checks of the debug registers in 32-bit protected mode: which accesses and instructions stop, where, and what DR6 says
; (SDM 3B 17.2, 17.3). A stop is printed as the offset of EIP in the check, DR6[15:0] without its fixed bits, and R where RF was
; pushed as 1.

%include "boot.inc"
main:           jmp enter_protected
                bits 32
%include "print32.inc"
%include "protected32.inc"
                bits 32

W               equ SCRATCH + 0x40

; Breakpoint 0..3 at an address; the caller loads DR7.
%macro AT 2
                mov eax, %2
                mov dr%1, eax
%endmacro

; Loads DR7 and lets the handler print stops.
%macro ARM 1
                mov dword [hook], stopped
                mov eax, %1
                mov dr7, eax
%endmacro

; Nothing is armed any longer; the check ends.
%macro END 0
                mov ecx, 0x400
                mov dr7, ecx
                PASS
%endmacro

; Fields of DR7 for breakpoint n: enable bit (L), kind, length.
%define L(n) (1 << (2 * (n)))
%define G(n) (2 << (2 * (n)))
%define EXECUTE(n) 0
%define WRITE(n, len) (((len) << 2 | 1) << (16 + 4 * (n)))
%define IO(n, len) (((len) << 2 | 2) << (16 + 4 * (n)))
%define ACCESS(n, len) (((len) << 2 | 3) << (16 + 4 * (n)))
BYTE1           equ 0
WORD2           equ 1
QWORD8          equ 2
DWORD4          equ 3

checks:
                mov eax, cr4
                or eax, 8               ; DE
                mov cr4, eax
                mov eax, 0xFFFF0FF0
                mov dr6, eax
; ---- data breakpoints
                CHECK 'write breakpoint: a write'
                AT 0, W
                ARM 0x400 | L(0) | WRITE(0, DWORD4)
                mov [W], eax
                nop
                END
                CHECK 'write breakpoint: a read'
                AT 0, W
                ARM 0x400 | L(0) | WRITE(0, DWORD4)
                mov eax, [W]
                nop
                END
                CHECK 'access breakpoint: a read'
                AT 1, W
                ARM 0x400 | L(1) | ACCESS(1, DWORD4)
                mov ebx, [W]
                nop
                END
                CHECK 'access breakpoint: a write'
                AT 1, W
                ARM 0x400 | G(1) | ACCESS(1, DWORD4)
                mov [W], ebx
                nop
                END
                CHECK 'access breakpoint: read and write'
                AT 2, W
                ARM 0x400 | G(2) | ACCESS(2, DWORD4)
                inc dword [W]
                nop
                END
                CHECK 'write breakpoint: read and write'
                AT 3, W
                ARM 0x400 | L(3) | WRITE(3, DWORD4)
                add [W], ecx
                nop
                END
                CHECK 'write breakpoint: a write of what is there'
                AT 0, W
                mov ebx, [W]
                ARM 0x400 | L(0) | WRITE(0, DWORD4)
                mov [W], ebx
                nop
                END
                CHECK 'access breakpoint is not for fetches'
                AT 0, %$here
                ARM 0x400 | L(0) | ACCESS(0, BYTE1)
                nop
%$here:         nop
                nop
                END
                CHECK 'not enabled'
                AT 0, W
                ARM 0x400 | WRITE(0, DWORD4)
                mov [W], eax
                nop
                END
                CHECK 'LE and GE change nothing'
                AT 0, W
                ARM 0x700 | L(0) | WRITE(0, DWORD4)
                mov [W], eax
                nop
                END
%macro RANGE 3          ; text, length, address
                CHECK %1
                AT 0, %3
                ARM 0x400 | L(0) | WRITE(0, %2)
                mov [W - 1], al
                mov [W], al
                mov [W + 1], al
                mov [W + 2], al
                mov [W + 3], al
                mov [W + 4], al
                mov [W + 7], al
                mov [W + 8], al
                END
%endmacro
                RANGE 'range of 1 byte', BYTE1, W
                RANGE 'range of 1 byte at an odd address', BYTE1, W + 1
                RANGE 'range of 2 bytes', WORD2, W
                RANGE 'range of 2 bytes at an odd address', WORD2, W + 1
                RANGE 'range of 4 bytes', DWORD4, W
                RANGE 'range of 4 bytes, not aligned', DWORD4, W + 3
                RANGE 'range of 8 bytes', QWORD8, W
                RANGE 'range of 8 bytes, not aligned', QWORD8, W + 6
                CHECK 'a wide write that covers the byte'
                AT 0, W + 2
                ARM 0x400 | L(0) | WRITE(0, BYTE1)
                mov [W - 1], eax
                mov [W], eax
                mov [W + 2], ax
                mov [W + 3], eax
                END
                CHECK 'a write across pages'
                AT 0, SCRATCH + 0x1000
                ARM 0x400 | L(0) | WRITE(0, BYTE1)
                mov [SCRATCH + 0xFFE], eax
                mov [SCRATCH + 0xFFE], ax
                END
                CHECK 'other accesses to the page'
                AT 0, W
                ARM 0x400 | L(0) | ACCESS(0, DWORD4)
                mov dword [W + 0x20], 0x1234
                add dword [W + 0x20], 0x1111
                mov eax, [W + 0x20]
                mov ebx, eax
                mov ecx, 0x400
                mov dr7, ecx
                mov eax, ebx
                PASS
                CHECK 'two breakpoints at once'
                AT 0, W
                AT 1, W + 2
                ARM 0x400 | L(0) | L(1) | WRITE(0, WORD2) | ACCESS(1, WORD2)
                mov [W], eax
                mov ax, [W]
                mov ax, [W + 2]
                END
                CHECK 'one enabled, one only there'
                AT 0, W
                AT 1, W
                ARM 0x400 | L(0) | WRITE(0, WORD2) | WRITE(1, WORD2)
                mov [W], eax
                END
                ; at level 3: the handler has another stack
                CHECK 'PUSH and POP'
                AT 0, USER_STACK - 4
                mov eax, 0x400 | L(0) | ACCESS(0, DWORD4)
                mov dr7, eax
                USER
                mov dword [hook], stopped
                push eax
                pop eax
                nop
                PASS
                mov ecx, 0x400
                mov dr7, ecx
                CHECK 'CALL and RET'
                AT 0, USER_STACK - 4
                mov eax, 0x400 | L(0) | ACCESS(0, DWORD4)
                mov dr7, eax
                USER
                mov dword [hook], stopped
                call %$to
                jmp %$end
%$to:           ret
%$end:          nop
                PASS
                mov ecx, 0x400
                mov dr7, ecx
                CHECK 'REP STOSD'
                AT 0, W + 8
                mov edi, W
                mov ecx, 4
                ARM 0x400 | L(0) | WRITE(0, DWORD4)
                rep stosd
                nop
                END
                CHECK 'REP MOVSB over the source'
                AT 0, W
                mov esi, W
                mov edi, W + 0x100
                mov ecx, 4
                ARM 0x400 | L(0) | ACCESS(0, WORD2)
                rep movsb
                nop
                END
                CHECK 'CMPXCHG that does not write'
                AT 0, W
                mov dword [W], 5
                ARM 0x400 | L(0) | WRITE(0, DWORD4)
                mov eax, 4
                cmpxchg [W], ecx
                nop
                END
                CHECK 'FST'
                AT 0, W + 4
                fninit
                fldpi
                ARM 0x400 | L(0) | WRITE(0, BYTE1)
                fst qword [W]
                fst dword [W]
                nop
                END
                CHECK 'a loop that writes'
                AT 0, W
                ARM 0x400 | L(0) | WRITE(0, DWORD4)
                mov ecx, 3
%$again:        mov [W], ecx
                nop
                dec ecx
                jnz %$again
                END
                CHECK 'an access that faults'
                AT 0, W
                ARM 0x400 | L(0) | ACCESS(0, DWORD4)
                mov ax, DATA_SMALL
                mov ds, ax
                mov eax, [0x100]
                END
                mov ecx, 0x400
                mov dr7, ecx
                CHECK 'a read, then a fault in the same instruction'
                AT 0, W
                mov esi, W
                mov edi, 0x100
                mov ax, DATA_SMALL
                mov es, ax
                ARM 0x400 | L(0) | ACCESS(0, DWORD4)
                movsb
                END
                mov ecx, 0x400
                mov dr7, ecx
                mov ecx, DATA0
                mov es, cx
                CHECK 'with single step'
                AT 0, W
                ARM 0x400 | L(0) | WRITE(0, DWORD4)
                pushfd
                or dword [esp], 0x100
                popfd
                mov [W], eax
                nop
                push dword 2
                popfd
                nop
                END
                CHECK 'MOV SS holds it off'
                AT 0, W
                mov [W], ss
                ARM 0x400 | L(0) | ACCESS(0, WORD2)
                mov ss, [W]
                nop
                nop
                END
                CHECK 'MOV SS, then INT'
                mov word [idt + 8 * 0x41], plain_handler
                AT 0, W
                mov [W], ss
                ARM 0x400 | L(0) | ACCESS(0, WORD2)
                mov ss, [W]
                int 0x41
                nop
                mov ebx, [last]
                sub ebx, plain_handler
                END
                CHECK 'MOV SS, then MOV SS'
                AT 0, W
                mov [W], ss
                mov ebx, ss
                ARM 0x400 | L(0) | ACCESS(0, WORD2)
                mov ss, [W]
                mov ss, bx
                nop
                nop
                END
                CHECK 'STI does not hold it off'
                AT 0, W
                ARM 0x400 | L(0) | WRITE(0, DWORD4)
                sti
                mov [W], eax
                cli
                nop
                END
                CHECK 'through another linear address'
                mov ax, DATA_SHIFTED
                mov fs, ax
                AT 0, W
                ARM 0x400 | L(0) | WRITE(0, DWORD4)
                mov [fs:W - 0x1000], eax
                END
                CHECK 'the GDT as a segment is loaded'
                AT 0, gdt + DATA_SHIFTED + 4
                ARM 0x400 | L(0) | ACCESS(0, DWORD4)
                mov ecx, DATA_SHIFTED
                mov fs, cx
                nop
                END
                CHECK 'the frame of INT'
                mov word [idt + 8 * 0x41], plain_handler
                lea ebx, [esp - 4]
                AT 0, ebx
                ARM 0x400 | L(0) | WRITE(0, DWORD4)
                int 0x41
                nop
                mov ecx, 0x400
                mov dr7, ecx
                mov eax, [last]
                sub eax, plain_handler
                PASS
; ---- instruction breakpoints
                CHECK 'instruction breakpoint'
                AT 0, %$here
                ARM 0x400 | L(0)
                nop
%$here:         nop
                nop
                END
                CHECK 'instruction breakpoint in the middle of an instruction'
                AT 0, %$here + 1
                ARM 0x400 | L(0)
%$here:         mov ebx, 0x12345678
                END
                CHECK 'instruction breakpoint without RF comes again'
                mov dword [keep_rf], 3
                AT 0, %$here
                ARM 0x400 | L(0)
                nop
%$here:         inc ebx
                nop
                END
                CHECK 'RF holds for one instruction'
                AT 0, %$here
                AT 1, %$next
                ARM 0x400 | L(0) | L(1)
                nop
%$here:         nop
%$next:         nop
                END
                CHECK 'instruction breakpoint on a jump target'
                AT 3, %$here
                ARM 0x400 | G(3)
                jmp %$here
                nop
%$here:         nop
                END
                CHECK 'instruction breakpoint in a loop'
                AT 0, %$here
                mov ecx, 4
                ARM 0x400 | L(0)
%$again:        nop
%$here:         dec ecx
                jnz %$again
                END
                CHECK 'instruction breakpoint on itself'
                AT 0, %$here
                mov ecx, 3
                ARM 0x400 | L(0)
%$here:         loop %$here
                END
                CHECK 'instruction breakpoint on REP MOVSB'
                AT 0, %$here
                mov esi, SCRATCH
                mov edi, SCRATCH + 0x100
                mov ecx, 3
                ARM 0x400 | L(0)
%$here:         rep movsb
                nop
                END
                CHECK 'instruction breakpoint after MOV SS'
                AT 0, %$here
                mov ebx, ss
                ARM 0x400 | L(0)
                mov ss, bx
%$here:         nop
                nop
                END
                CHECK 'instruction breakpoint after STI'
                AT 0, %$here
                ARM 0x400 | L(0)
                sti
%$here:         nop
                cli
                END
                CHECK 'instruction breakpoint on an instruction that faults'
                AT 0, %$here
                ARM 0x400 | L(0)
                nop
%$here:         ud2
                END
                mov ecx, 0x400
                mov dr7, ecx
                CHECK 'instruction breakpoint and single step'
                AT 0, %$here
                ARM 0x400 | L(0)
                pushfd
                or dword [esp], 0x100
                popfd
                nop
%$here:         nop
                push dword 2
                popfd
                nop
                END
                CHECK 'data breakpoint, then instruction breakpoint'
                AT 0, W
                AT 1, %$here
                ARM 0x400 | L(0) | L(1) | WRITE(0, DWORD4)
                mov [W], eax
%$here:         nop
                nop
                END
                CHECK 'instruction breakpoint on a handler'
                mov word [idt + 8 * 0x41], plain_handler
                AT 0, plain_handler
                ARM 0x400 | L(0)
                int 0x41
                nop
                mov ecx, 0x400
                mov dr7, ecx
                mov eax, [last]
                sub eax, plain_handler
                PASS
                CHECK 'IRET with RF to an instruction breakpoint'
                AT 0, %$here
                ARM 0x400 | L(0)
                push dword 0x10002
                push dword CODE0
                push dword %$here
                iretd
%$here:         nop
                nop
                END
                CHECK 'POPF clears RF'
                AT 0, %$here
                ARM 0x400 | L(0)
                push dword 0x10002
                popfd
%$here:         nop
                END
                CHECK 'instruction breakpoint at level 3'
                AT 0, %$here
                mov eax, 0x400 | L(0)
                mov dr7, eax
                USER
                mov dword [hook], stopped
                nop
%$here:         nop
                PASS
                mov ecx, 0x400
                mov dr7, ecx
                CHECK 'data breakpoint at level 3'
                AT 0, W
                mov eax, 0x400 | L(0) | WRITE(0, DWORD4)
                mov dr7, eax
                USER
                mov dword [hook], stopped
                mov [W], eax
                nop
                PASS
                mov ecx, 0x400
                mov dr7, ecx
; ---- I/O breakpoints
                CHECK 'I/O breakpoint: OUT'
                AT 0, 0x80
                ARM 0x400 | L(0) | IO(0, BYTE1)
                out 0x80, al
                nop
                END
                CHECK 'I/O breakpoint: IN'
                AT 0, 0x80
                ARM 0x400 | L(0) | IO(0, BYTE1)
                in al, 0x80
                nop
                xor eax, eax
                END
                CHECK 'I/O breakpoint: another port'
                AT 0, 0x81
                ARM 0x400 | L(0) | IO(0, BYTE1)
                out 0x80, al
                END
                CHECK 'I/O breakpoint: a word that covers the port'
                AT 0, 0x81
                ARM 0x400 | L(0) | IO(0, BYTE1)
                out 0x80, ax
                END
                CHECK 'I/O breakpoint: range of 4'
                AT 0, 0x84
                ARM 0x400 | L(0) | IO(0, DWORD4)
                out 0x83, al
                out 0x84, al
                out 0x87, al
                out 0x88, al
                END
                CHECK 'I/O breakpoint: REP OUTSB'
                AT 0, 0x80
                mov edx, 0x80
                mov esi, SCRATCH
                mov ecx, 2
                ARM 0x400 | L(0) | IO(0, BYTE1)
                rep outsb
                nop
                END
                CHECK 'I/O breakpoint is none for memory'
                AT 0, W
                ARM 0x400 | L(0) | IO(0, BYTE1)
                mov [W], al
                END
                CHECK 'I/O breakpoint with single step'
                AT 0, 0x80
                ARM 0x400 | L(0) | IO(0, BYTE1)
                pushfd
                or dword [esp], 0x100
                popfd
                out 0x80, al
                push dword 2
                popfd
                nop
                END
                CHECK 'an IN that is not allowed'
                AT 0, 0xF8
                mov eax, 0x400 | L(0) | IO(0, BYTE1)
                mov dr7, eax
                USER
                mov dword [hook], stopped
                in al, 0xF8
                PASS
                mov ecx, 0x400
                mov dr7, ecx
; ---- DR6, DR7, MOV DR
                CHECK 'DR6 is not cleared by the processor'
                mov dword [keep_dr6], 1
                AT 0, W
                AT 1, W + 4
                ARM 0x400 | L(0) | L(1) | WRITE(0, DWORD4) | WRITE(1, DWORD4)
                mov [W], eax
                mov [W + 4], eax
                mov dword [keep_dr6], 0
                mov ecx, 0xFFFF0FF0
                mov dr6, ecx
                END
                CHECK 'general detect'
                ARM 0x2400
                nop
                mov eax, dr0
                nop
                mov eax, dr7
                PASS
                CHECK 'general detect: MOV to DR6'
                ARM 0x2400
                mov dr6, eax
                xor eax, eax
                PASS
                CHECK 'general detect comes before a breakpoint on the next instruction'
                AT 0, %$here
                ARM 0x2400 | L(0)
                mov eax, dr3
%$here:         nop
                xor eax, eax
                END
                CHECK 'DR4 with DE'
                mov eax, dr4
                PASS
                CHECK 'DR5 with DE'
                mov dr5, eax
                PASS
                CHECK 'DR4 is DR6 without DE'
                mov eax, cr4
                and al, ~8
                mov cr4, eax
                mov eax, 0x4000
                mov dr4, eax
                xor eax, eax
                mov eax, dr6
                mov ecx, 0xFFFF0FF0
                mov dr6, ecx
                PASS
                CHECK 'DR5 is DR7 without DE'
                mov eax, 0x700
                mov dr5, eax
                xor eax, eax
                mov eax, dr7
                mov ecx, 0x400
                mov dr7, ecx
                PASS
                CHECK 'I/O breakpoint without DE'
                AT 0, 0x80
                ARM 0x400 | L(0) | IO(0, BYTE1)
                out 0x80, al
                END
                mov eax, cr4
                or eax, 8
                mov cr4, eax
                CHECK 'DR6 takes what is written'
                mov eax, -1
                mov dr6, eax
                mov eax, dr6
                mov ecx, 0xFFFF0FF0
                mov dr6, ecx
                PASS
                CHECK 'DR6 of zero'
                xor eax, eax
                mov dr6, eax
                mov eax, dr6
                mov ecx, 0xFFFF0FF0
                mov dr6, ecx
                PASS
                CHECK 'DR3 holds 32 bits'
                mov eax, 0x89ABCDEF
                mov dr3, eax
                xor eax, eax
                mov eax, dr3
                PASS
                CHECK 'level 3: MOV from DR0'
                USER
                mov eax, dr0
                PASS
                CHECK 'level 3: MOV from DR4'
                USER
                mov eax, dr4
                PASS
; ---- INT1, INT3 beside it
                CHECK 'INT3 is no debug exception'
                mov dword [hook], stopped
                int3
                PASS
                CHECK 'task switch clears local breakpoints'
                mov dword [task + 0x20], %$task
                mov dword [task + 0x24], 2
                mov dword [task + 0x38], 0x68000
                mov word [task + 0x48], DATA0
                mov word [task + 0x4C], CODE0
                mov word [task + 0x50], DATA0
                mov word [task + 0x54], DATA0
                mov word [task + 0x64], 0
                mov byte [gdt + TASK + 5], 0x89
                AT 0, W
                AT 1, W + 4
                ARM 0x700 | L(0) | G(1) | WRITE(0, DWORD4) | WRITE(1, DWORD4)
                call TASK:0
                mov ecx, 0x400
                mov dr7, ecx
                mov eax, [seen]
                jmp %$end
%$task:         mov eax, dr7
                mov [seen], eax
                mov [W], eax
                mov [W + 4], eax
                iretd
%$end:          PASS
                CHECK 'T flag of a task, and a breakpoint on its first instruction'
                mov dword [task + 0x20], %$task
                mov dword [task + 0x24], 2
                mov word [task + 0x64], 1
                mov byte [gdt + TASK + 5], 0x89
                AT 1, %$task
                ARM 0x400 | G(1)
                call TASK:0
                jmp %$end
%$task:         nop
                iretd
%$end:          END
                jmp finish

; ESP: vector, error code, EIP, CS, EFLAGS
stopped:        cmp dword [esp], 1
                jne .other
                push eax
                push ebx
                SAY '+'
                mov eax, [esp + 16]
                mov [last], eax
                sub eax, [check_begin]
                cmp eax, 0x400
                jae .elsewhere
                call puthex16
.status:        SAY '/'
                mov eax, dr6
                and eax, 0xE00F
                call puthex16
                test byte [esp + 26], 1
                jz .no_rf
                SAY 'R'
.no_rf:         SAY ' '
                cmp dword [keep_dr6], 0
                jne .kept
                mov eax, 0xFFFF0FF0
                mov dr6, eax
.kept:          cmp dword [keep_rf], 0
                je .set
                dec dword [keep_rf]
                jnz .back
.set:           or byte [esp + 26], 1
.back:          pop ebx
                pop eax
                add esp, 8
                iretd
.elsewhere:     SAY 'elsewhere'
                jmp .status
.other:         mov dword [hook], 0
                mov dword [keep_dr6], 0
                mov dword [keep_rf], 0
                jmp exception

plain_handler:  nop
                nop
                iretd

                align 4
keep_dr6        dd 0
keep_rf         dd 0
last            dd 0
seen            dd 0
                align 16
task:           times 0x68 db 0

                align 8
gdt:            dq 0
                SEG CODE0, 0, 0xFFFFF, 0x9A, 12
                SEG DATA0, 0, 0xFFFFF, 0x92, 12
                SEG CODE3, 0, 0xFFFFF, 0xFA, 12
                SEG DATA3, 0, 0xFFFFF, 0xF2, 12
                SEG TSS0, LIN(tss0), TSS0_LIMIT, 0x89, 0
                SEG DATA_SMALL, 0, 0xFF, 0x92, 4
                SEG DATA_SHIFTED, 0x1000, 0xFFFFF, 0x92, 12
                SEG TASK, LIN(task), 0x67, 0x89, 0
GDT_SIZE        equ $ - gdt
SECTORS         equ ($ - $$ + 511) / 512 - 1
                times (SECTORS + 1) * 512 - ($ - $$) db 0
