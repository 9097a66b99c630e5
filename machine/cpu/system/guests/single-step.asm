; Checks of single stepping in 32-bit protected mode: where the debug exception comes after which instruction
; (SDM 3B 17.3.1.4). A line lists the offsets that the handler found on its stack.

%include "boot.inc"
main:           jmp enter_protected
                bits 32
%include "print32.inc"
%include "protected32.inc"
                bits 32

; Starts stepping; the handler prints each stop.
%macro STEP 0
                mov dword [hook], stepped
                pushfd
                or dword [esp], 0x100
                popfd
%endmacro

; Ends stepping from inside: INT clears TF, and the check ends.
checks:
                CHECK 'NOPs'
                STEP
                nop
                nop
                nop
                PASS
                CHECK 'jumps'
                STEP
                jmp %$to
                nop
%$to:           jz %$to2
%$to2:          nop
                PASS
                CHECK 'POPF that clears TF'
                STEP
                push dword 2
                popfd
                nop
                nop
                PASS
                CHECK 'PUSHF sees TF'
                STEP
                pushfd
                pop eax
                PASS
                CHECK 'INT to a handler and back'
                mov word [idt + 8 * 0x41], plain_handler
                STEP
                int 0x41
                nop
                PASS
                CHECK 'MOV SS holds the trap off for one instruction'
                mov bx, ss
                STEP
                mov ss, bx
                nop
                nop
                PASS
                CHECK 'POP SS'
                push ss
                STEP
                pop ss
                nop
                nop
                PASS
                CHECK 'two MOV SS in a row'
                mov bx, ss
                STEP
                mov ss, bx
                mov ss, bx
                nop
                nop
                PASS
                CHECK 'LSS does not hold it off'
                mov [pointer], esp
                mov word [pointer + 4], ss
                STEP
                lss esp, [pointer]
                nop
                nop
                PASS
                CHECK 'STI does not hold it off'
                STEP
                sti
                cli
                nop
                PASS
                CHECK 'REP MOVSB traps in every iteration'
                mov esi, SCRATCH
                mov edi, SCRATCH + 0x100
                mov ecx, 3
                STEP
                rep movsb
                nop
                PASS
                CHECK 'REP MOVSB of nothing'
                mov ecx, 0
                STEP
                rep movsb
                nop
                PASS
                CHECK 'an instruction that faults'
                STEP
                ud2
                PASS
                CHECK 'IRET that sets TF'
                mov dword [hook], stepped
                push dword 0x102
                push dword CODE0
                push dword %$to
                iretd
%$to:           nop
                nop
                PASS
                CHECK 'IN and OUT'
                STEP
                in al, 0x80
                out 0x80, al
                xor eax, eax
                PASS
                CHECK 'far JMP and segment loads'
                mov ax, DATA0
                STEP
                jmp CODE0:%$far
%$far:          mov fs, ax
                mov es, ax
                xor eax, eax
                PASS
                CHECK 'CPUID and RDTSC'
                STEP
                xor eax, eax
                cpuid
                rdtsc
                xor eax, eax
                PASS
                CHECK 'LOOP'
                mov ecx, 3
                STEP
%$again:        loop %$again
                PASS
                CHECK 'DR6 keeps BS'
                xor eax, eax
                mov dr6, eax
                STEP
                nop
                push dword 2
                popfd
                mov eax, dr6
                PASS
                CHECK 'INT1 leaves DR6 alone'
                xor eax, eax
                mov dr6, eax
                mov dword [hook], %$handler
                db 0xF1
                jmp %$end
%$handler:      add esp, 8
                iretd
%$end:          mov eax, dr6
                PASS
                CHECK 'level 3'
                USER
                mov dword [hook], stepped
                push dword 0x102
                popfd
                nop
                nop
                PASS
                CHECK 'level 3: IRET with TF'
                mov dword [hook], stepped
                USER 0x102
                nop
                PASS
                CHECK 'a handler through a trap gate does not step'
                mov byte [idt + 8 * 0x41 + 5], 0x8F
                STEP
                int 0x41
                nop
                PASS
                jmp finish

; ESP: vector, error code, EIP, CS, EFLAGS
stepped:        cmp dword [esp], 1
                jne .other
                push eax
                SAY '+'
                mov eax, [esp + 12]
                sub eax, [check_begin]
                call puthex8
                SAY ' '
                pop eax
                add esp, 8
                iretd
.other:         mov dword [hook], 0
                jmp exception

plain_handler:  nop
                nop
                iretd

pointer         dd 0, 0

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
