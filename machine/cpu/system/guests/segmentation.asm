; Checks of segmentation in 32-bit protected mode: loads, types, limits, privileges (SDM 3A chapters 3 and 5).

%include "boot.inc"
main:           jmp enter_protected
                bits 32
%include "print32.inc"
%include "protected32.inc"
                bits 32

checks:
; ---- loading data segments
                CHECK 'DS null'
                mov ds, ax
                PASS
                CHECK 'read through null DS'
                mov ds, ax
                mov al, [0]
                PASS
                CHECK 'DS null with RPL 3'
                mov ax, 3
                mov ds, ax
                PASS
                CHECK 'DS beyond the GDT'
                mov ax, 0x7F8
                mov ds, ax
                PASS
                CHECK 'DS at the last byte of the GDT'
                mov ax, GDT_SIZE - 8
                mov fs, ax
                PASS
                CHECK 'DS just beyond the GDT'
                mov ax, GDT_SIZE
                mov fs, ax
                PASS
                CHECK 'DS = execute-only code'
                mov ax, CODE_XO
                mov ds, ax
                PASS
                CHECK 'DS = readable code'
                mov ax, CODE0
                mov fs, ax
                mov eax, fs
                PASS
                CHECK 'write to readable code'
                mov ax, CODE0
                mov fs, ax
                mov [fs:SCRATCH], al
                PASS
                CHECK 'DS = conforming code of DPL 0 with RPL 3'
                mov ax, CODE_CONF | 3
                mov fs, ax
                PASS
                CHECK 'DS = data of DPL 0 with RPL 3'
                mov ax, DATA0 | 3
                mov fs, ax
                PASS
                CHECK 'DS = data of DPL 3 with RPL 0'
                mov ax, DATA3
                mov fs, ax
                PASS
                CHECK 'DS = not present'
                mov ax, DATA_NP
                mov ds, ax
                PASS
                CHECK 'DS = TSS'
                mov ax, TSS0
                mov ds, ax
                PASS
                CHECK 'DS = LDT descriptor'
                mov ax, LDT0
                mov ds, ax
                PASS
                CHECK 'DS = call gate'
                mov ax, GATE0
                mov ds, ax
                PASS
                CHECK 'DS in the LDT without one'
                mov ax, 0xC
                mov ds, ax
                PASS
                CHECK 'pop into FS beyond the GDT'
                push dword 0x7F8
                pop fs
                PASS
                CHECK 'LFS with a selector beyond the GDT'
                lfs ebx, [far_bad]
                PASS
                CHECK 'LFS'
                lfs eax, [far_good]
                mov ebx, fs
                shl ebx, 16
                or eax, ebx
                PASS
                CHECK 'the accessed bit is set by a load'
                mov ax, DATA_RO
                mov fs, ax
                mov al, [gdt + DATA_RO + 5]
                PASS
                CHECK 'the accessed bit is set in code by a load'
                mov ax, CODE_SMALL
                mov fs, ax
                mov al, [gdt + CODE_SMALL + 5]
                PASS
; ---- loading SS
                CHECK 'SS null'
                mov ss, ax
                PASS
                CHECK 'SS read-only'
                mov ax, DATA_RO
                mov ss, ax
                PASS
                CHECK 'SS code'
                mov ax, CODE0
                mov ss, ax
                PASS
                CHECK 'SS with RPL 3'
                mov ax, DATA0 | 3
                mov ss, ax
                PASS
                CHECK 'SS of DPL 3'
                mov ax, DATA3
                mov ss, ax
                PASS
                CHECK 'SS not present'
                mov ax, DATA_NP
                mov ss, ax
                PASS
                CHECK 'SS beyond the GDT'
                mov ax, 0x7F8
                mov ss, ax
                PASS
                CHECK 'SS with wrong RPL and not present'
                mov ax, DATA_NP | 1
                mov ss, ax
                PASS
                CHECK 'LSS'
                lss eax, [far_good]
                mov ebx, DATA0
                mov ss, bx
                PASS
                CHECK 'MOV CS'
                db 0x8E, 0xC8
                PASS
                CHECK 'MOV of segment register 6'
                db 0x8E, 0xF0
                PASS
                CHECK 'MOV from segment register 7'
                db 0x8C, 0xF8
                PASS
; ---- types
                CHECK 'write to read-only data'
                mov ax, DATA_RO
                mov fs, ax
                mov [fs:SCRATCH], al
                PASS
                CHECK 'read of read-only data'
                mov ax, DATA_RO
                mov fs, ax
                mov eax, [fs:far_good]
                PASS
                CHECK 'write through CS'
                mov [cs:SCRATCH], al
                PASS
                CHECK 'read through CS'
                mov eax, [cs:far_good]
                PASS
                CHECK 'read through execute-only CS'
                jmp CODE_XO:%$there
%$there:        mov eax, [cs:far_good]
                PASS
                CHECK 'back to CS'
                jmp CODE0:%$there
%$there:
                PASS
; ---- limits
                CHECK 'byte at the limit'
                mov ax, DATA_SMALL
                mov fs, ax
                mov byte [fs:0xFF], 0x5A
                mov al, [fs:0xFF]
                PASS
                CHECK 'byte beyond the limit'
                mov ax, DATA_SMALL
                mov fs, ax
                mov al, [fs:0x100]
                PASS
                CHECK 'word across the limit'
                mov ax, DATA_SMALL
                mov fs, ax
                mov ax, [fs:0xFF]
                PASS
                CHECK 'dword at the limit'
                mov ax, DATA_SMALL
                mov fs, ax
                mov eax, [fs:0xFC]
                PASS
                CHECK 'dword across the limit'
                mov ax, DATA_SMALL
                mov fs, ax
                mov eax, [fs:0xFD]
                PASS
                CHECK 'dword write across the limit'
                mov ax, DATA_SMALL
                mov fs, ax
                mov [fs:0xFD], eax
                PASS
                CHECK 'dword that wraps at 4 GiB'
                mov ax, DATA_SMALL
                mov fs, ax
                mov ebx, -2
                mov eax, [fs:ebx]
                PASS
                CHECK 'MOVS across the limit of ES'
                mov ax, DATA_SMALL
                mov es, ax
                mov esi, far_good
                mov edi, 0xFE
                mov ecx, 4
                rep movsb
                PASS
                CHECK 'how far MOVS came'
                mov dword [hook], .movs_hook
                mov ax, DATA_SMALL
                mov es, ax
                mov esi, far_good
                mov edi, 0xFE
                mov ecx, 4
                rep movsb
.movs_hook:     mov eax, ecx
                shl eax, 8
                mov ax, di
                mov dword [hook], 0
                mov esp, [saved_esp]
                PASS
                CHECK 'stack limit by MOV with EBP'
                mov ax, DATA_SMALL
                mov ss, ax
                mov esp, 0x90
                mov ebp, 0xFE
                mov eax, [ebp]
                PASS
                CHECK 'expand-down: below the limit'
                mov ax, DATA_DOWN
                mov fs, ax
                mov al, [fs:0xFFF]
                PASS
                CHECK 'expand-down: above the limit'
                mov ax, DATA_DOWN
                mov fs, ax
                mov byte [fs:0x1000], 0x77
                mov al, [fs:0x1000]
                PASS
                CHECK 'expand-down: word across the limit'
                mov ax, DATA_DOWN
                mov fs, ax
                mov ax, [fs:0xFFF]
                PASS
                CHECK 'expand-down 16-bit: at 64 KiB'
                mov ax, DATA_DOWN16
                mov fs, ax
                mov ax, [fs:0xFFFF]
                PASS
                CHECK 'expand-down 16-bit: below 64 KiB'
                mov ax, DATA_DOWN16
                mov fs, ax
                mov byte [fs:0xFFFF], 0x66
                mov al, [fs:0xFFFF]
                PASS
                CHECK 'expand-down 16-bit: beyond 64 KiB'
                mov ax, DATA_DOWN16
                mov fs, ax
                mov al, [fs:0x10000]
                PASS
; ---- LDT
                CHECK 'LLDT of a data segment'
                mov ax, DATA0
                lldt ax
                PASS
                CHECK 'LLDT in the LDT'
                mov ax, 4 | LDT0
                lldt ax
                PASS
                CHECK 'LLDT not present'
                mov ax, LDT_NP
                lldt ax
                PASS
                CHECK 'LDT in use'
                mov ax, LDT0
                lldt ax
                mov ax, 4
                mov fs, ax
                mov byte [fs:3], 0x44
                mov al, [SCRATCH + 0x100 + 3]
                PASS
                CHECK 'beyond the LDT limit'
                mov ax, LDT0
                lldt ax
                mov ax, 0x14
                mov fs, ax
                PASS
                CHECK 'SLDT'
                mov ax, LDT0
                lldt ax
                xor eax, eax
                dec eax
                sldt eax
                PASS
                CHECK 'LTR of a busy TSS'
                mov ax, TSS0
                ltr ax
                PASS
                CHECK 'LTR null'
                ltr ax
                PASS
                CHECK 'LTR of a data segment'
                mov ax, DATA0
                ltr ax
                PASS
                CHECK 'LTR not present'
                mov ax, TSS_NP
                ltr ax
                PASS
                CHECK 'STR'
                str eax
                PASS
                CHECK 'the TSS is busy'
                mov al, [gdt + TSS0 + 5]
                PASS
; ---- LAR LSL VERR VERW ARPL
%macro LOOK 1
%defstr selector_name %1
                CHECK 'LAR LSL VERR VERW of ', selector_name
                mov ebx, %1
                call look
                PASS
%endmacro
                LOOK CODE0
                LOOK CODE_XO
                LOOK CODE_CONF | 3
                LOOK DATA0
                LOOK DATA0 | 3
                LOOK DATA_RO
                LOOK DATA_NP
                LOOK DATA3 | 3
                LOOK DATA_DOWN
                LOOK TSS0
                LOOK TSS16
                LOOK LDT0
                LOOK GATE0
                LOOK TASK_GATE
                LOOK INT_GATE
                LOOK 0
                LOOK 3
                LOOK 0x7F8
                CHECK 'ARPL raises'
                mov eax, 0x10
                mov ebx, 3
                arpl ax, bx
                pushfd
                shl eax, 16
                pop ax
                and eax, 0xFFFF0040
                add esp, 2
                PASS
                CHECK 'ARPL leaves'
                mov eax, 0x13
                mov ebx, 1
                arpl ax, bx
                pushfd
                shl eax, 16
                pop ax
                and eax, 0xFFFF0040
                add esp, 2
                PASS
; ---- SGDT and its like
                CHECK 'SGDT with 16-bit operands'
                mov dword [SCRATCH], 0xCCCCCCCC
                mov dword [SCRATCH + 4], 0xCCCCCCCC
                o16 sgdt [SCRATCH]
                mov eax, [SCRATCH + 4]
                PASS
                CHECK 'LGDT with 16-bit operands loads 24 bits'
                mov word [SCRATCH], GDT_SIZE - 1
                mov dword [SCRATCH + 2], 0xFF000000 + gdt
                o16 lgdt [SCRATCH]
                sgdt [SCRATCH]
                mov eax, [SCRATCH + 2]
                cmp eax, gdt
                sete al
                movzx eax, al
                PASS
                CHECK 'SMSW'
                dec eax
                smsw eax
                and eax, 0x9FFFFFFF     ; firmware leaves CD and NW as it likes
                PASS
                CHECK 'LMSW does not clear PE'
                lmsw ax
                smsw ax
                PASS
                CHECK 'LMSW sets TS'
                mov ax, 9
                lmsw ax
                smsw ax
                clts
                PASS
                CHECK 'CLTS'
                mov eax, cr0
                or al, 8
                mov cr0, eax
                clts
                mov eax, cr0
                and eax, 0x1F
                PASS
                jmp finish

; EBX: selector. EAX: ZF of LAR LSL VERR VERW in bits 31:28, their values mixed below.
look:           xor ecx, ecx
                xor edx, edx
                lar ecx, ebx
                setz al
                lsl edx, ebx
                setz ah
                shr ecx, 8
                add ecx, edx
                xor edx, edx
                mov dl, ah
                shl dl, 1
                or dl, al
                verr bx
                setz al
                shl al, 2
                or dl, al
                verw bx
                setz al
                shl al, 3
                or dl, al
                shl edx, 28
                mov eax, ecx
                and eax, 0x0FFFFFFF
                or eax, edx
                ret

far_good        dd 0x12345678
                dw DATA0
far_bad         dd 0x12345678
                dw 0x7F8

                align 8
gdt:            dq 0
                SEG CODE0, 0, 0xFFFFF, 0x9A, 12
                SEG DATA0, 0, 0xFFFFF, 0x92, 12
                SEG CODE3, 0, 0xFFFFF, 0xFA, 12
                SEG DATA3, 0, 0xFFFFF, 0xF2, 12
                SEG TSS0, LIN(tss0), TSS0_LIMIT, 0x89, 0
                SEG CODE_CONF, 0, 0xFFFFF, 0x9E, 12
                SEG CODE_XO, 0, 0xFFFFF, 0x98, 12
                SEG CODE_SMALL, 0, 0xFFF, 0x9A, 4
                SEG DATA_RO, 0, 0xFFFFF, 0x90, 12
                SEG DATA_NP, 0, 0xFFFFF, 0x12, 12
                SEG DATA_SMALL, SCRATCH, 0xFF, 0x92, 4
                SEG DATA_DOWN, SCRATCH, 0xFFF, 0x96, 4
                SEG DATA_DOWN16, SCRATCH, 0xFFF, 0x96, 0
                SEG LDT0, LIN(ldt), 15, 0x82, 0
                SEG LDT_NP, LIN(ldt), 15, 0x02, 0
                SEG TSS_NP, LIN(tss0), TSS0_LIMIT, 0x09, 0
                SEG TSS16, LIN(tss0), 0x2B, 0x81, 0
                GATE GATE0, CODE0, 0, 0x8C, 0
                GATE TASK_GATE, TSS0, 0, 0x85, 0
                GATE INT_GATE, CODE0, 0, 0x8E, 0
GDT_SIZE        equ $ - gdt
ldt:            dw 0xFF, (SCRATCH + 0x100) & 0xFFFF
                db (SCRATCH + 0x100) >> 16, 0x92, 0x40, 0
                dq 0
SECTORS         equ ($ - $$ + 511) / 512 - 1
                times (SECTORS + 1) * 512 - ($ - $$) db 0
