; Checks of hardware task switches: JMP, CALL, IRET, task gates, 16-bit tasks, errors (SDM 3A chapter 8).

%include "boot.inc"
main:           jmp enter_protected
                bits 32
%include "print32.inc"
%include "protected32.inc"
                bits 32

; Fills a 32-bit TSS: address, EIP. Everything else is that of level 0.
%macro TASK 2
                mov edi, %1
                mov eax, %2
                call make_task
%endmacro

checks:
                CHECK 'JMP to a task and back'
                TASK tss1, %$task
                jmp TSS1:0
                str eax
                jmp %$end
%$task:         str ebx
                mov cr2, ebx
                jmp TSS0:0
%$end:          mov ebx, cr2
                shl ebx, 16
                or eax, ebx
                PASS
                CHECK 'busy bits after JMP'
                TASK tss1, %$task
                jmp TSS1:0
                jmp %$end
%$task:         mov al, [gdt + TSS0 + 5]
                mov ah, [gdt + TSS1 + 5]
                mov [note], eax
                jmp TSS0:0
%$end:          mov al, [gdt + TSS0 + 5]
                mov ah, [gdt + TSS1 + 5]
                shl eax, 16
                mov ax, [note]
                PASS
                CHECK 'CALL of a task and IRET'
                TASK tss1, %$task
                call TSS1:0
                jmp %$end
%$task:         pushfd
                pop eax
                mov bx, [tss1]
                shl ebx, 16
                or eax, ebx
                mov [note], eax
                mov al, [gdt + TSS0 + 5]
                mov ah, [gdt + TSS1 + 5]
                mov [note + 4], ax
                iretd
%$end:          mov eax, [note]
                mov bl, [gdt + TSS0 + 5]
                mov bh, [gdt + TSS1 + 5]
                shl ebx, 16
                xor eax, ebx
                movzx ecx, word [note + 4]
                add eax, ecx
                PASS
                CHECK 'the flags of a nested task keep NT after IRET'
                TASK tss1, %$task
                call TSS1:0
                jmp %$end
%$task:         iretd
%$end:          mov eax, [tss1 + 0x24]
                PASS
                CHECK 'CALL through a task gate'
                TASK tss1, %$task
                call TASK_GATE:0
                jmp %$end
%$task:         str eax
                mov [note], eax
                iretd
%$end:          mov eax, [note]
                PASS
                CHECK 'TS is set by a task switch'
                TASK tss1, %$task
                clts
                jmp TSS1:0
                jmp %$end
%$task:         mov eax, cr0
                mov [note], eax
                clts
                jmp TSS0:0
%$end:          mov eax, [note]
                and eax, 8
                clts
                PASS
                CHECK 'what the old task left in its TSS'
                TASK tss1, %$task
                mov ecx, 0x11111111
                mov edx, 0x22222222
                mov ebx, 0x33333333
                mov esi, 0x44444444
                mov edi, 0x55555555
                mov ebp, 0x66666666
                mov ax, DATA3
                mov fs, ax
                mov eax, 0x12345678
                jmp TSS1:0
%$after:        jmp %$end
%$task:         mov eax, [tss0 + 0x20]
                sub eax, %$after
                add eax, [tss0 + 0x28]
                add eax, [tss0 + 0x2C]
                add eax, [tss0 + 0x30]
                add eax, [tss0 + 0x34]
                add eax, [tss0 + 0x3C]
                add eax, [tss0 + 0x40]
                add eax, [tss0 + 0x44]
                add eax, [tss0 + 0x58]
                mov ebx, [tss0 + 0x4C]
                shl ebx, 8
                xor eax, ebx
                mov [note], eax
                jmp TSS0:0
%$end:          mov eax, [note]
                PASS
                CHECK 'the task register to itself'
                jmp TSS0:0
                PASS
                CHECK 'CALL of a busy task'
                call TSS0:0
                PASS
                CHECK 'JMP to a TSS that is not present'
                jmp TSS_NP:0
                PASS
                CHECK 'JMP to a TSS that is too short'
                jmp TSS_SHORT:0
                PASS
                CHECK 'JMP to a TSS with RPL 3'
                jmp TSS1 | 3:0
                PASS
                CHECK 'JMP through a task gate to data'
                jmp TASK_GATE_DATA:0
                PASS
                CHECK 'JMP through a task gate to null'
                jmp TASK_GATE_NULL:0
                PASS
                CHECK 'JMP through a task gate that is not present'
                jmp TASK_GATE_NP:0
                PASS
                CHECK 'IRET to a task that is not busy'
                mov word [tss0], TSS1
                push dword 0x4002
                popfd
                iretd
                PASS
                CHECK 'IRET to a null link'
                mov word [tss0], 0
                push dword 0x4002
                popfd
                iretd
                PASS
                CHECK 'IRET to a link in the LDT'
                mov word [tss0], 4
                push dword 0x4002
                popfd
                iretd
                PASS
; ---- faults in the new task: the handler prints them in the context of the new task; TR is put back after it
%macro BAD_TASK 2+
                CHECK 'task with ', %1
                TASK tss1, bad_task
                %2
                jmp TSS1:0
                PASS
                call own_task
%endmacro
                BAD_TASK 'CS null', mov word [tss1 + 0x4C], 0
                BAD_TASK 'CS data', mov word [tss1 + 0x4C], DATA0
                BAD_TASK 'CS of DPL 3 with RPL 0', mov word [tss1 + 0x4C], CODE3
                BAD_TASK 'CS not present', mov word [tss1 + 0x4C], CODE_NP
                BAD_TASK 'CS beyond the GDT', mov word [tss1 + 0x4C], 0x7F8
                BAD_TASK 'DS execute-only', mov word [tss1 + 0x54], CODE_XO
                BAD_TASK 'DS not present', mov word [tss1 + 0x54], DATA_NP
                BAD_TASK 'DS beyond the GDT', mov word [tss1 + 0x54], 0x7F8
                BAD_TASK 'ES of a TSS', mov word [tss1 + 0x48], TSS0
                BAD_TASK 'GS not present', mov word [tss1 + 0x5C], DATA_NP
                BAD_TASK 'EIP beyond the limit', mov word [tss1 + 0x4C], CODE_TINY
                BAD_TASK 'the T flag', mov byte [tss1 + 0x64], 1
                CHECK 'DR6 after it'
                mov eax, dr6
                PASS
; ---- interrupts through task gates
                CHECK 'INT through a task gate'
                TASK tss1, %$task
                mov word [idt + 8 * 0x41 + 2], TSS1
                mov word [idt + 8 * 0x41 + 4], 0x8500
                int 0x41
                jmp %$end
%$task:         mov eax, [tss1]
                shl eax, 16
                pushfd
                pop ax
                add esp, 2
                mov [note], eax
                iretd
%$end:          mov eax, [note]
                PASS
                CHECK 'an exception with an error code through a task gate'
                TASK tss1, %$task
                mov eax, [idt + 8 * 13]
                mov ebx, [idt + 8 * 13 + 4]
                push eax
                push ebx
                mov word [idt + 8 * 13 + 2], TSS1
                mov word [idt + 8 * 13 + 4], 0x8500
                mov ax, 0x7F8
%$fault:        mov fs, ax
                jmp %$end
%$task:         pop eax
                mov ebx, [tss0 + 0x20]
                sub ebx, %$fault
                shl ebx, 16
                or eax, ebx
                mov [note], eax
                mov eax, [tss0 + 0x24]
                mov [note + 4], eax
                mov dword [tss0 + 0x20], %$end
                iretd
%$end:          pop dword [idt + 8 * 13 + 4]
                pop dword [idt + 8 * 13]
                mov eax, [note]
                mov ecx, [note + 4]
                and ecx, 0x10000
                shl ecx, 12
                or eax, ecx
                PASS
                CHECK 'double fault in a task of its own'
                TASK tss1, %$task
                mov word [idt + 8 * 8 + 2], TSS1
                mov word [idt + 8 * 8 + 4], 0x8500
                mov byte [idt + 8 * 13 + 5], 0x0E
                mov eax, esp
                mov esp, 0
                mov [%$esp], eax
                mov ax, 0x7F8
                mov fs, ax
                jmp %$end
%$esp           dd 0
%$task:         mov eax, [esp]
                mov ecx, [%$esp]
                mov [tss0 + 0x38], ecx
                mov dword [tss0 + 0x20], %$end
                mov [note], eax
                iretd
%$end:          call build_idt
                mov eax, [note]
                PASS
; ---- 16-bit tasks
                CHECK '16-bit task'
                mov edi, tss16
                mov ecx, 0x2C / 4
                xor eax, eax
                rep stosd
                mov word [tss16 + 0x0E], task16
                mov word [tss16 + 0x10], 2
                mov word [tss16 + 0x12], 0x1234
                mov word [tss16 + 0x1A], 0x8000
                mov word [tss16 + 0x22], DATA0
                mov word [tss16 + 0x24], CODE0
                mov word [tss16 + 0x26], DATA0
                mov word [tss16 + 0x28], DATA0
                call TSS16:0
                mov eax, [note]
                shl eax, 8
                mov ax, [tss16 + 0x12]
                PASS
                jmp finish

task16:         mov [note], eax
                mov ax, 0x4321
                iretd

bad_task:       int 0x40

; Back in TSS0 without a switch: its descriptor is made available first.
own_task:       and byte [gdt + TSS0 + 5], ~2
                mov ax, TSS0
                ltr ax
                clts
                and byte [gdt + TSS1 + 5], ~2
                mov byte [tss1 + 0x64], 0
                ret

; EDI: TSS, EAX: EIP
make_task:      push eax
                push ecx
                push edi
                push eax
                mov ecx, 0x68 / 4
                xor eax, eax
                rep stosd
                pop eax
                pop edi
                mov [edi + 0x20], eax
                mov dword [edi + 0x24], 2
                mov dword [edi + 0x38], 0x60000
                mov word [edi + 0x48], DATA0
                mov word [edi + 0x4C], CODE0
                mov word [edi + 0x50], DATA0
                mov word [edi + 0x54], DATA0
                mov word [edi + 0x66], 0x68
                pop ecx
                pop eax
                xor eax, eax
                ret

note            dd 0, 0
                align 16
tss1:           times 0x68 db 0
tss16:          times 0x2C db 0

                align 8
gdt:            dq 0
                SEG CODE0, 0, 0xFFFFF, 0x9A, 12
                SEG DATA0, 0, 0xFFFFF, 0x92, 12
                SEG CODE3, 0, 0xFFFFF, 0xFA, 12
                SEG DATA3, 0, 0xFFFFF, 0xF2, 12
                SEG TSS0, LIN(tss0), TSS0_LIMIT, 0x89, 0
                SEG TSS1, LIN(tss1), 0x67, 0x89, 0
                SEG TSS16, LIN(tss16), 0x2B, 0x81, 0
                SEG TSS_NP, LIN(tss1), 0x67, 0x09, 0
                SEG TSS_SHORT, LIN(tss1), 0x66, 0x89, 0
                SEG CODE_NP, 0, 0xFFFFF, 0x1A, 12
                SEG CODE_XO, 0, 0xFFFFF, 0x98, 12
                SEG CODE_TINY, 0, 0xFF, 0x9A, 4
                SEG DATA_NP, 0, 0xFFFFF, 0x12, 12
                SEG LDT_NP, 0, 15, 0x02, 0
                GATE TASK_GATE, TSS1, 0, 0x85, 0
                GATE TASK_GATE_DATA, DATA0, 0, 0x85, 0
                GATE TASK_GATE_NULL, 0, 0, 0x85, 0
                GATE TASK_GATE_NP, TSS1, 0, 0x05, 0
GDT_SIZE        equ $ - gdt
SECTORS         equ ($ - $$ + 511) / 512 - 1
                times (SECTORS + 1) * 512 - ($ - $$) db 0
