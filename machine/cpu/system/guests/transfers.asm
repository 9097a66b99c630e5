; Checks of control transfers in 32-bit protected mode: far JMP, CALL and RET, gates, interrupts, IRET, privilege levels,
; I/O permissions, double faults (SDM 3A chapters 5 and 6).

%include "boot.inc"
main:           jmp enter_protected
                bits 32
%include "print32.inc"
%include "protected32.inc"
                bits 32

; A far pointer as operand of an indirect transfer.
%macro FAR_POINTER 3
%1              dd %3
                dw %2
%endmacro

; Changes byte %2 of descriptor %1 to %3.
%macro PATCH 3
                mov byte [gdt + %1 + %2], %3
%endmacro

%define ACCESS 5

checks:
; ---- direct far transfers
                CHECK 'JMP to a null selector'
                jmp 0:0
                PASS
                CHECK 'JMP beyond the GDT'
                jmp 0x7F8:0
                PASS
                CHECK 'JMP to data'
                jmp DATA0:0
                PASS
                CHECK 'JMP to code of DPL 3'
                jmp CODE3:0
                PASS
                CHECK 'JMP with RPL 3'
                jmp (CODE0 | 3):%$to
%$to:           PASS
                CHECK 'JMP to conforming code with RPL 3'
                jmp (CODE_CONF | 3):%$to
%$to:           mov eax, cs
                jmp CODE0:%$back
%$back:         PASS
                CHECK 'JMP to conforming code of DPL 3'
                jmp CODE_CONF3:%$to
%$to:           PASS
                CHECK 'JMP to code that is not present'
                jmp CODE_NP:0
                PASS
                CHECK 'JMP beyond the code limit'
                jmp CODE_SMALL:0x10000
                PASS
                CHECK 'JMP to an interrupt gate'
                jmp INT_GATE:0
                PASS
                CHECK 'JMP to an LDT'
                jmp LDT0:0
                PASS
                CHECK 'JMP through a call gate'
                jmp GATE0:0
gate0_target:   cmp esp, KERNEL_STACK - 64
                PASS
                CHECK 'JMP through a gate of DPL 0 with RPL 3'
                jmp (GATE0 | 3):0
                PASS
                CHECK 'JMP through a gate that is not present'
                jmp GATE_NP:0
                PASS
                CHECK 'JMP through a gate to null'
                jmp GATE_NULL:0
                PASS
                CHECK 'JMP through a gate to data'
                jmp GATE_DATA:0
                PASS
                CHECK 'JMP through a gate to code that is not present'
                jmp GATE_CODE_NP:0
                PASS
                CHECK 'JMP through a gate to code of DPL 3'
                jmp GATE_CODE3:0
                PASS
                CHECK 'JMP through a gate beyond the limit'
                jmp GATE_FAR:0
                PASS
                CHECK 'JMP indirect'
                jmp far [%$pointer]
                FAR_POINTER %$pointer, CODE0, %$to
%$to:           PASS
                CHECK 'JMP indirect, 16-bit'
                jmp word far [%$pointer]
%$pointer       dw to16, CODE0
to16:           PASS
                CHECK 'CALL and RET far'
                push dword 0x1234
                call CODE0:%$procedure
                mov eax, [esp]
                add esp, 4
                jmp %$end
%$procedure:    mov eax, [esp + 4]
                retf
%$end:          PASS
                CHECK 'CALL and RET far that frees bytes'
                mov ebx, esp
                push dword 0x1234
                push dword 0x5678
                call CODE0:%$procedure
                mov eax, ebx
                sub eax, esp
                jmp %$end
%$procedure:    retf 8
%$end:          PASS
                CHECK 'CALL far, 16-bit frame'
                mov ebx, esp
                call word CODE0:call16
                jmp %$end
call16:         mov eax, ebx
                sub eax, esp
                o16 retf
%$end:          PASS
                CHECK 'RET far to a null selector'
                push dword 0
                push dword %$to
                retf
%$to:           PASS
                CHECK 'RET far to data'
                push dword DATA0
                push dword %$to
                retf
%$to:           PASS
                CHECK 'RET far to conforming code of DPL 0 with RPL 3'
                push dword DATA3 | 3
                push dword USER_STACK
                push dword CODE_CONF | 3
                push dword %$to
                retf
%$to:           mov eax, cs
                PASS
                CHECK 'RET far to code of DPL 0 with RPL 3'
                push dword DATA3 | 3
                push dword USER_STACK
                push dword CODE0 | 3
                push dword %$to
                retf
%$to:           PASS
                CHECK 'RET far to level 3'
                push dword DATA3 | 3
                push dword USER_STACK
                push dword CODE3 | 3
                push dword %$to
                retf
%$to:           mov eax, cs
                mov ebx, ds
                shl ebx, 16
                or eax, ebx
                PASS
                CHECK 'RET far to level 3 with SS of DPL 0'
                push dword DATA0 | 3
                push dword USER_STACK
                push dword CODE3 | 3
                push dword %$to
                retf
%$to:           PASS
                CHECK 'RET far to level 3 with SS of RPL 0'
                push dword DATA3
                push dword USER_STACK
                push dword CODE3 | 3
                push dword %$to
                retf
%$to:           PASS
                CHECK 'RET far to level 3 with null SS'
                push dword 0
                push dword USER_STACK
                push dword CODE3 | 3
                push dword %$to
                retf
%$to:           PASS
                CHECK 'RET far to level 3 with SS not present'
                push dword DATA3_NP | 3
                push dword USER_STACK
                push dword CODE3 | 3
                push dword %$to
                retf
%$to:           PASS
                CHECK 'RET far beyond the limit'
                push dword CODE_SMALL
                push dword 0x1000000
                retf
                PASS
; ---- from level 3
                CHECK 'level 3: CALL through a gate of DPL 0'
                USER
                call GATE0:0
                PASS
                CHECK 'level 3: JMP through a gate to level 0'
                USER
                jmp GATE3:0
                PASS
                CHECK 'level 3: CALL through a gate to level 0'
                USER
                mov ebx, esp
                call GATE3:0
                PASS
                CHECK 'level 3: CALL through a gate to level 0 and what is on the stack'
                USER
                push dword 0x11111111
                push dword 0x22222222
                call GATE3_SHOW:0
                PASS
                CHECK 'level 3: 16-bit call gate'
                USER
                push word 0x1111
                push word 0x2222
                call GATE3_16:0
                PASS
                CHECK 'level 3: CALL through a gate to conforming code'
                USER
                call GATE3_CONF:0
                PASS
                CHECK 'level 3: RET to level 0'
                USER
                push dword CODE0
                push dword 0
                retf
                PASS
                CHECK 'level 3: JMP to code of DPL 0'
                USER
                jmp CODE0:0
                PASS
                CHECK 'level 3: JMP to conforming code of DPL 0'
                USER
                jmp CODE_CONF:%$to
%$to:           mov eax, cs
                PASS
                CHECK 'level 3: MOV SS of DPL 0'
                USER
                mov ax, DATA0
                mov ss, ax
                PASS
                CHECK 'level 3: MOV DS of DPL 0'
                USER
                mov ax, DATA0
                mov ds, ax
                PASS
                CHECK 'level 3: stack limit by PUSH'
                USER
                mov ax, DATA3_SMALL | 3
                mov ss, ax
                mov esp, 0x104
                push eax
                PASS
                CHECK 'level 3: PUSH at the bottom of the stack'
                USER
                mov ax, DATA3_SMALL | 3
                mov ss, ax
                mov esp, 0
                push eax
                PASS
                CHECK 'level 3: POP beyond the limit'
                USER
                mov ax, DATA3_SMALL | 3
                mov ss, ax
                mov esp, 0xFE
                pop eax
                PASS
                CHECK 'level 3: CALL beyond the stack limit'
                USER
                mov ax, DATA3_SMALL | 3
                mov ss, ax
                mov esp, 2
                call %$to
%$to:           PASS
                CHECK 'level 3: ENTER below the stack'
                USER
                mov ax, DATA3_SMALL | 3
                mov ss, ax
                mov esp, 0x10
                enter 0x20, 0
                PASS
                CHECK 'ENTER with nesting'
                mov ebp, %$frame + 12
                enter 8, 3
                mov eax, [ebp - 4]
                shl eax, 8
                or eax, [ebp - 8]
                mov ebx, [ebp - 12]
                sub ebx, ebp
                shl ebx, 16
                or eax, ebx
                mov ecx, ebp
                sub ecx, esp
                shl ecx, 24
                add eax, ecx
                jmp %$end
%$frame         dd 0x11, 0x22, 0x33, 0x44
%$end:          PASS
; ---- interrupts
                CHECK 'INT beyond the IDT'
                int 0x60
                PASS
                CHECK 'INT through a gate that is not present'
                mov byte [idt + 8 * 0x41 + 5], 0x0E
                int 0x41
                PASS
                CHECK 'INT through a call gate'
                mov byte [idt + 8 * 0x41 + 5], 0x8C
                int 0x41
                PASS
                CHECK 'INT through a null gate'
                mov byte [idt + 8 * 0x41 + 5], 0
                int 0x41
                PASS
                CHECK 'INT to a null selector'
                mov byte [idt + 8 * 0x41 + 5], 0x8E
                mov word [idt + 8 * 0x41 + 2], 0
                int 0x41
                PASS
                CHECK 'INT to data'
                mov word [idt + 8 * 0x41 + 2], DATA0
                int 0x41
                PASS
                CHECK 'INT to code of DPL 3'
                mov word [idt + 8 * 0x41 + 2], CODE3
                int 0x41
                PASS
                CHECK 'INT to code that is not present'
                mov word [idt + 8 * 0x41 + 2], CODE_NP
                int 0x41
                PASS
                CHECK 'INT beyond the GDT'
                mov word [idt + 8 * 0x41 + 2], 0x7F8
                int 0x41
                PASS
                CHECK 'INT beyond the code limit'
                mov word [idt + 8 * 0x41 + 2], CODE_TINY
                int 0x41
                PASS
                mov word [idt + 8 * 0x41 + 2], CODE0
                CHECK 'INT through an interrupt gate clears IF'
                mov dword [hook], show_flags
                sti
                int 0x41
                PASS
                CHECK 'INT through a trap gate keeps IF'
                mov byte [idt + 8 * 0x41 + 5], 0x8F
                mov dword [hook], show_flags
                sti
                int 0x41
                PASS
                CHECK 'NT is cleared on the way to a handler'
                mov dword [hook], show_flags
                push dword 0x4202
                popfd
                int 0x41
                PASS
                CHECK '16-bit interrupt gate'
                mov byte [idt + 8 * 0x41 + 5], 0x86
                mov word [idt + 8 * 0x41], handler16
                mov ebx, esp
                int 0x41
handler16:      mov eax, ebx
                sub eax, esp
                shl eax, 16
                mov ax, [esp + 2]
                mov esp, ebx
                PASS
                CHECK 'level 3: INT through a gate of DPL 0'
                USER
                int 0x42
                PASS
                CHECK 'level 3: INT3 through a gate of DPL 0'
                USER
                int3
                PASS
                CHECK 'level 3: INT1 through a gate of DPL 0'
                USER
                db 0xF1
                PASS
                CHECK 'level 3: INTO through a gate of DPL 0'
                USER
                mov al, 0x7F
                add al, 1
                into
                PASS
                CHECK 'INT3'
                int3
                PASS
                CHECK 'INTO without overflow'
                xor al, al
                into
                PASS
                CHECK 'INTO'
                mov al, 0x7F
                add al, 1
                into
                PASS
                CHECK 'UD2'
                ud2
                PASS
                CHECK 'BOUND outside'
                mov eax, 5
                bound eax, [bounds_up]
                PASS
                CHECK 'BOUND inside'
                mov eax, 4
                bound eax, [bounds_both]
                PASS
                CHECK 'divide error'
                xor ecx, ecx
                div ecx
                PASS
                CHECK 'the conforming handler runs at the level of the program'
                mov word [idt + 8 * 0x43 + 2], CODE_CONF
                mov word [idt + 8 * 0x43 + 4], 0xEE00
                mov word [idt + 8 * 0x43], conforming_handler
                USER
                int 0x43
                PASS
; ---- stack switches that fail: #TS and #SS, delivered through a task-free handler at level 0 need a stack of their own,
; so the vectors 10, 12 and 13 are given conforming handlers that stay at level 3.
                mov esi, 10
                call soft_handler
                mov esi, 12
                call soft_handler
                mov esi, 13
                call soft_handler
                CHECK 'level 3: INT with SS0 null'
                mov word [tss0 + 8], 0
                USER
                int 0x44
                PASS
                CHECK 'level 3: INT with SS0 beyond the GDT'
                mov word [tss0 + 8], 0x7F8
                USER
                int 0x44
                PASS
                CHECK 'level 3: INT with SS0 of RPL 3'
                mov word [tss0 + 8], DATA0 | 3
                USER
                int 0x44
                PASS
                CHECK 'level 3: INT with SS0 of DPL 3'
                mov word [tss0 + 8], DATA3
                USER
                int 0x44
                PASS
                CHECK 'level 3: INT with SS0 read-only'
                mov word [tss0 + 8], DATA_RO
                USER
                int 0x44
                PASS
                CHECK 'level 3: INT with SS0 not present'
                mov word [tss0 + 8], DATA_NP
                USER
                int 0x44
                PASS
                CHECK 'level 3: INT with no room on the inner stack'
                mov word [tss0 + 8], DATA_SMALL
                mov dword [tss0 + 4], 0x10
                USER
                int 0x44
                PASS
                CHECK 'level 3: INT with an inner stack just large enough'
                mov word [tss0 + 8], DATA_SMALL
                mov dword [tss0 + 4], 0x100
                mov dword [hook], show_small
                USER
                int 0x44
                PASS
                CHECK 'level 3: call gate with SS0 not present'
                mov word [tss0 + 8], DATA_NP
                USER
                call GATE3:0
                PASS
                CHECK 'level 3: call gate with no room for parameters'
                mov word [tss0 + 8], DATA_SMALL
                mov dword [tss0 + 4], 0x14
                USER
                push eax
                push eax
                call GATE3_SHOW:0
                PASS
                mov word [tss0 + 8], DATA0
                mov dword [tss0 + 4], INNER_STACK
                call build_idt
; ---- IRET
                CHECK 'IRET to a null selector'
                pushfd
                push dword 0
                push dword %$to
                iretd
%$to:           PASS
                CHECK 'IRET to data'
                pushfd
                push dword DATA0
                push dword %$to
                iretd
%$to:           PASS
                CHECK 'IRET to code of DPL 3 with RPL 0'
                pushfd
                push dword CODE3
                push dword %$to
                iretd
%$to:           PASS
                CHECK 'IRET to level 3 with SS of RPL 0'
                push dword DATA3
                push dword USER_STACK
                push dword 2
                push dword CODE3 | 3
                push dword %$to
                iretd
%$to:           PASS
                CHECK 'IRET to level 3 nulls inner segments'
                mov ax, DATA0
                mov fs, ax
                mov ax, CODE_CONF
                mov gs, ax
                push dword DATA3 | 3
                push dword USER_STACK
                push dword 2
                push dword CODE3 | 3
                push dword %$to
                iretd
%$to:           mov ax, ds
                shl eax, 16
                mov ax, fs
                mov bx, gs
                shl bx, 8
                or ax, bx
                PASS
                CHECK 'IRET changes all flags at level 0'
                push dword 0x247FD7
                push dword CODE0
                push dword %$to
                mov dword [saved_flags], 0
                btr dword [esp + 8], 8
                btr dword [esp + 8], 14
                iretd
%$to:           pushfd
                pop eax
                PASS
                CHECK 'level 3: IRET cannot change IF and IOPL'
                USER 0x1002
                push dword 0x3202
                push dword CODE3 | 3
                push dword %$to
                iretd
%$to:           pushfd
                pop eax
                PASS
                CHECK 'level 3: IRET to level 0'
                USER
                push dword 2
                push dword CODE0
                push dword %$to
                iretd
%$to:           PASS
                CHECK 'IRET, 16-bit'
                push word 2
                push word CODE0
                push word iret16
                o16 iret
iret16:         PASS
; ---- flags and I/O privilege
                CHECK 'level 3: CLI with IOPL 0'
                USER
                cli
                PASS
                CHECK 'level 3: STI with IOPL 0'
                USER
                sti
                PASS
                CHECK 'level 3: CLI with IOPL 3'
                USER 0x3202
                cli
                pushfd
                pop eax
                PASS
                CHECK 'level 3: POPF with IOPL 0 leaves IF and IOPL'
                USER 0x202
                push dword 0x3002
                popfd
                pushfd
                pop eax
                PASS
                CHECK 'level 3: POPF with IOPL 3 changes IF, not IOPL'
                USER 0x3202
                push dword 2
                popfd
                pushfd
                pop eax
                PASS
                CHECK 'POPF changes AC and ID and not VM, VIF, VIP'
                push dword 0x3E0002
                popfd
                pushfd
                pop eax
                PASS
                CHECK 'POPF, 16-bit'
                push word 0x7202
                popf
                pushfd
                pop eax
                PASS
%macro PRIVILEGED 2+
                CHECK 'level 3: ', %1
                USER
                %2
                PASS
%endmacro
                PRIVILEGED 'HLT', hlt
                PRIVILEGED 'LGDT', lgdt [gdt_pointer]
                PRIVILEGED 'LIDT', lidt [idt_pointer]
                PRIVILEGED 'LLDT', lldt ax
                PRIVILEGED 'LTR', ltr ax
                PRIVILEGED 'MOV CR0', mov cr0, eax
                PRIVILEGED 'MOV from CR0', mov eax, cr0
                PRIVILEGED 'MOV DR7', mov dr7, eax
                PRIVILEGED 'MOV from DR7', mov eax, dr7
                PRIVILEGED 'CLTS', clts
                PRIVILEGED 'LMSW', lmsw ax
                PRIVILEGED 'SMSW', smsw ax
                PRIVILEGED 'INVD', invd
                PRIVILEGED 'WBINVD', wbinvd
                PRIVILEGED 'INVLPG', invlpg [0]
                PRIVILEGED 'RDMSR', rdmsr
                PRIVILEGED 'WRMSR', wrmsr
                PRIVILEGED 'RDPMC', rdpmc
                PRIVILEGED 'SYSEXIT', sysexit
                PRIVILEGED 'SYSENTER without its MSRs', sysenter
                PRIVILEGED 'SYSCALL outside 64-bit mode', syscall
                PRIVILEGED 'SYSRET outside 64-bit mode', sysret
                PRIVILEGED 'SWAPGS outside 64-bit mode', db 0x0F, 0x01, 0xF8
                PRIVILEGED 'SLDT', sldt ax
                PRIVILEGED 'STR', str ax
                PRIVILEGED 'XGETBV without OSXSAVE', db 0x0F, 0x01, 0xD0
                PRIVILEGED 'CLAC', db 0x0F, 0x01, 0xCA
                PRIVILEGED 'IN from a port that the bitmap forbids', in al, 0x80
                PRIVILEGED 'IN from a port beyond the bitmap', db 0xBA, 0x00, 0x40, 0, 0, 0xEC
                CHECK 'level 3: IN allowed by the bitmap'
                and byte [tss0_bitmap + 0x80 / 8], ~1
                USER
                in al, 0x80
                xor eax, eax
                PASS
                CHECK 'level 3: word IN of which one byte is forbidden'
                USER
                in ax, 0x80
                PASS
                CHECK 'level 3: word IN across two bytes of the bitmap'
                and byte [tss0_bitmap + 0x87 / 8], ~0x80
                and byte [tss0_bitmap + 0x88 / 8], ~1
                USER
                in ax, 0x87
                xor eax, eax
                PASS
                CHECK 'level 3: OUTSB forbidden'
                USER
                mov esi, gdt
                mov dx, 0x90
                outsb
                PASS
                CHECK 'level 3: INSB forbidden comes before the segment'
                USER
                xor ax, ax
                mov es, ax
                mov dx, 0x90
                insb
                PASS
                CHECK 'level 3: IN with IOPL 3'
                USER 0x3002
                in al, 0x90
                xor eax, eax
                PASS
                CHECK 'REP INSB with a count of zero'
                mov edi, SCRATCH
                mov dx, 0x80
                rep insb
                mov eax, edi
                PASS
                CHECK 'REP OUTSB'
                mov esi, gdt
                mov dx, 0x80
                mov ecx, 5
                rep outsb
                mov eax, esi
                sub eax, gdt
                PASS
; ---- double faults
                CHECK 'double fault: #GP whose gate is not present'
                mov byte [idt + 8 * 13 + 5], 0x0E
                mov ax, 0x7F8
                mov ds, ax
                PASS
                CHECK 'double fault: #NP whose gate is not present'
                mov byte [idt + 8 * 11 + 5], 0x0E
                mov ax, DATA_NP
                mov ds, ax
                PASS
                CHECK 'no double fault: #UD whose gate is not present'
                call build_idt
                mov byte [idt + 8 * 6 + 5], 0x0E
                ud2
                PASS
                CHECK 'no double fault: #BR whose gate is null'
                mov byte [idt + 8 * 5 + 5], 0
                mov eax, 5
                bound eax, [bounds_up]
                PASS
                CHECK 'double fault: divide error whose gate has a bad selector'
                mov word [idt + 2], 0x7F8
                xor ecx, ecx
                div ecx
                PASS
                call build_idt
                jmp finish

soft_handler:   mov word [idt + 8 * esi + 2], CODE_CONF
                mov word [idt + 8 * esi], soft_common
                mov word [idt + 8 * 0x44 + 4], 0xEE00
                ret

; At level 3 on the user's stack: error code and CS of the frame, then back by INT 0x45 whose gate needs the inner stack,
; which is repaired through data of DPL 3.
soft_common:    mov ax, DATA3 | 3
                mov ds, ax
                mov word [tss0 + 8], DATA0
                mov dword [tss0 + 4], INNER_STACK
                mov eax, [esp + 8]
                shl eax, 16
                mov ax, [esp]
                int 0x40

show_small:     mov eax, esp
                shl eax, 16
                mov ax, [esp + 8]
                sub ax, [check_begin]
                mov word [tss0 + 8], DATA0
                mov dword [tss0 + 4], INNER_STACK
                jmp show

show_flags:     pushfd
                pop eax
                and eax, 0x4700
show:           mov dword [hook], 0
                mov bx, DATA0
                mov ss, bx
                mov esp, [saved_esp]
                int 0x40

gate3_target:   mov eax, cs
                shl eax, 16
                mov ax, ss
                mov ecx, [esp + 8]
                cmp ecx, ebx
                je .same
                or eax, 0xF0000000
.same:          retf

; Frame: EIP, CS, parameters, ESP, SS
gate3_show:     mov eax, [esp + 8]
                rol eax, 4
                xor eax, [esp + 12]
                mov ecx, INNER_STACK
                sub ecx, esp
                shl ecx, 8
                xor eax, ecx
                retf 8

                bits 32
gate3_16:       movzx eax, word [esp + 4]
                shl eax, 16
                mov ax, [esp + 6]
                mov ecx, INNER_STACK
                sub ecx, esp
                shl ecx, 8
                xor eax, ecx
                o16 retf 4

gate3_conf:     mov eax, cs
                retf

conforming_handler:
                mov eax, cs
                shl eax, 16
                mov ax, [esp + 4]
                int 0x40

saved_flags     dd 0
bounds_up       dd 0, 4
bounds_both     dd -4, 4

                align 8
gdt:            dq 0
                SEG CODE0, 0, 0xFFFFF, 0x9A, 12
                SEG DATA0, 0, 0xFFFFF, 0x92, 12
                SEG CODE3, 0, 0xFFFFF, 0xFA, 12
                SEG DATA3, 0, 0xFFFFF, 0xF2, 12
                SEG TSS0, LIN(tss0), TSS0_LIMIT, 0x89, 0
                SEG CODE_CONF, 0, 0xFFFFF, 0x9E, 12
                SEG CODE_CONF3, 0, 0xFFFFF, 0xFE, 12
                SEG CODE_NP, 0, 0xFFFFF, 0x1A, 12
                SEG CODE_SMALL, 0, 0xFFFF, 0x9A, 4
                SEG CODE_TINY, 0, 0xFF, 0x9A, 4
                SEG DATA_NP, 0, 0xFFFFF, 0x12, 12
                SEG DATA_RO, 0, 0xFFFFF, 0x90, 12
                SEG DATA_SMALL, SCRATCH, 0xFF, 0x92, 4
                SEG DATA3_SMALL, SCRATCH, 0xFF, 0xF2, 4
                SEG DATA3_NP, SCRATCH, 0xFF, 0x72, 4
                SEG LDT0, 0, 15, 0x82, 0
                GATE INT_GATE, CODE0, LIN(gate0_target), 0x8E, 0
                GATE GATE0, CODE0, LIN(gate0_target), 0x8C, 0
                GATE GATE_NP, CODE0, LIN(gate0_target), 0x0C, 0
                GATE GATE_NULL, 0, LIN(gate0_target), 0x8C, 0
                GATE GATE_DATA, DATA0, LIN(gate0_target), 0x8C, 0
                GATE GATE_CODE_NP, CODE_NP, LIN(gate0_target), 0x8C, 0
                GATE GATE_CODE3, CODE3, LIN(gate0_target), 0x8C, 0
                GATE GATE_FAR, CODE_SMALL, 0x100000, 0x8C, 0
                GATE GATE3, CODE0, LIN(gate3_target), 0xEC, 0
                GATE GATE3_SHOW, CODE0, LIN(gate3_show), 0xEC, 2
                GATE GATE3_16, CODE0, LIN(gate3_16), 0xE4, 2
                GATE GATE3_CONF, CODE_CONF, LIN(gate3_conf), 0xEC, 0
GDT_SIZE        equ $ - gdt
SECTORS         equ ($ - $$ + 511) / 512 - 1
                times (SECTORS + 1) * 512 - ($ - $$) db 0
