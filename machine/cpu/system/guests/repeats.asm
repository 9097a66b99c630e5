; Checks of interrupts that come between the iterations of repeated string instructions: where EIP and ECX stand, and RF in the flags
; that are pushed (SDM 2B REP, 3B 17.3.1.1). A line lists each interrupt: vector, offset of EIP in the check, R where RF was 1, and ECX
; where it says how far the instruction has come.

%include "boot.inc"
main:           jmp enter_protected
                bits 32
%include "print32.inc"
%include "protected32.inc"
                bits 32

APIC            equ 0xFEE00000

%macro SELF 1
                mov dword [APIC + 0x300], 0x44000 | (%1)
%endmacro

; The instruction %2 with ECX = %3, while an interrupt waits that STI lets in after one instruction, or one iteration.
%macro AFTER_STI 3
                CHECK %1
                call prepare
                mov ecx, %3
                SELF 0x45
                sti
                %2
                cli
                mov eax, ecx
                PASS
%endmacro

; The same with POPF, which lets it in at once.
%macro AFTER_POPF 3
                CHECK %1
                call prepare
                mov ecx, %3
                SELF 0x45
                push dword 0x202
                popfd
                %2
                cli
                mov eax, ecx
                PASS
%endmacro

; The instruction %2 with ECX = MANY, interrupted by the timer in some iteration.
%macro BY_TIMER 2
                CHECK %1
                call prepare
                mov dword [vague], 1
                mov ecx, MANY
                mov dword [APIC + 0x320], 0x46
                mov dword [APIC + 0x3E0], 0xB
                mov dword [APIC + 0x380], 500
                sti
                %2
                cli
                mov eax, ecx
                PASS
                mov dword [vague], 0
%endmacro
MANY            equ 0x80000
BUFFER          equ 0x100000

checks:         mov dword [APIC + 0xF0], 0x14F
                mov dword [APIC + 0x80], 0
                AFTER_STI 'REP STOSB', rep stosb, 3
                AFTER_STI 'REP STOSB, one iteration', rep stosb, 1
                AFTER_STI 'REP STOSB, no iteration', rep stosb, 0
                AFTER_STI 'REP STOSW', rep stosw, 3
                AFTER_STI 'REP MOVSB', rep movsb, 3
                AFTER_STI 'REP MOVSD', rep movsd, 3
                AFTER_STI 'REP MOVSD, one iteration', rep movsd, 1
                AFTER_STI 'REP LODSB', rep lodsb, 3
                AFTER_STI 'REPE CMPSB', repe cmpsb, 3
                AFTER_STI 'REPNE CMPSB that ends with its first iteration', repne cmpsb, 3
                AFTER_STI 'REPE SCASB', repe scasb, 3
                AFTER_STI 'REPNE SCASB that ends with its first iteration', repne scasb, 3
                AFTER_STI 'REP OUTSB', rep outsb, 3
                AFTER_STI 'REP OUTSB, one iteration', rep outsb, 1
                AFTER_STI 'REP INSB', rep insb, 3
                AFTER_STI 'STOSB without REP', stosb, 3
                AFTER_STI 'LOOP', loop $, 3
                AFTER_POPF 'POPF, then REP STOSB', rep stosb, 3
                AFTER_POPF 'POPF, then REP MOVSB', rep movsb, 3
                AFTER_POPF 'POPF, then REP OUTSB', rep outsb, 3
                CHECK 'two interrupts in one REP STOSB'
                call prepare
                mov ecx, 3
                SELF 0x45
                SELF 0x35
                sti
                rep stosb
                cli
                mov eax, ecx
                PASS
                CHECK 'RF is clear again after REP STOSB'
                call prepare
                mov ecx, 3
                SELF 0x45
                sti
                rep stosb
                SELF 0x46
                nop
                cli
                mov eax, ecx
                PASS
                CHECK 'two REP STOSB, the second not yet begun'
                call prepare
                mov ecx, 1
                SELF 0x45
                sti
                rep stosb
                rep stosb
                cli
                mov eax, ecx
                PASS
                CHECK 'IRET with RF set, then an interrupt'
                call prepare
                SELF 0x45
                push dword 0x10202
                push dword CODE0
                push dword .there
                iretd
.there:         nop
                cli
                PASS
                CHECK 'IRET with RF set lasts for one instruction'
                call prepare
                push dword 0x10202
                push dword CODE0
                push dword .next
                iretd
.next:          SELF 0x45
                nop
                cli
                PASS
                CHECK 'IRET with RF set into REP STOSB'
                call prepare
                mov ecx, 3
                push dword 0x10002
                push dword CODE0
                push dword .repeat
                iretd
.repeat:        rep stosb
                SELF 0x45
                sti
                nop
                nop
                cli
                mov eax, ecx
                PASS
                CHECK 'a handler that begins with REP STOSB'
                call prepare
                mov dword [hook], repeating
                mov ecx, 3
                SELF 0x45
                sti
                rep stosb
                cli
                mov eax, ecx
                PASS
                BY_TIMER 'timer in REP STOSB', rep stosb
                BY_TIMER 'timer in REP STOSD', rep stosd
                BY_TIMER 'timer in REP MOVSB', rep movsb
                BY_TIMER 'timer in REP LODSB', rep lodsb
                BY_TIMER 'timer in REPE CMPSB', repe cmpsb
                BY_TIMER 'timer in REPE SCASB', repe scasb
                jmp finish

prepare:        mov dword [hook], listed
                mov esi, BUFFER
                mov edi, BUFFER
                mov dx, 0x80
                xor eax, eax
                mov [BUFFER], eax
                ret

; The interrupted REP has gone on by nothing when its handler is done.
repeating:      cmp dword [esp], 0x40
                je listed.passed
                push ecx
                push edi
                mov edi, BUFFER + 0x100
                mov ecx, 5
                rep stosb
                pop edi
                pop ecx
                mov dword [hook], listed
listed:         cmp dword [esp], 0x40
                je .passed
                push eax
                SAY 'i'
                mov eax, [esp + 4]
                call puthex8
                mov eax, [esp + 12]
                sub eax, [check_begin]
                SAY '+'
                call puthex16
                test dword [esp + 20], 0x10000
                jz .no_resume
                SAY 'R'
.no_resume:     cmp dword [vague], 0
                jne .vague
                mov eax, ecx
                SAY '/'
                call puthex8
.vague:         SAY ' '
                mov dword [APIC + 0xB0], 0
                pop eax
                add esp, 8
                iretd
.passed:        mov dword [hook], 0
                jmp exception

                align 4
vague           dd 0

                align 8
gdt:            dq 0
                SEG CODE0, 0, 0xFFFFF, 0x9A, 12
                SEG DATA0, 0, 0xFFFFF, 0x92, 12
                SEG CODE3, 0, 0xFFFFF, 0xFA, 12
                SEG DATA3, 0, 0xFFFFF, 0xF2, 12
                SEG TSS0, LIN(tss0), TSS0_LIMIT, 0x89, 0
GDT_SIZE        equ $ - gdt
SECTORS         equ ($ - $$ + 511) / 512 - 1
                times (SECTORS + 1) * 512 - ($ - $$) db 0
