; Checks of the virtual interrupt flag: virtual-8086 mode extensions with the interrupt redirection bitmap, and protected-mode virtual
; interrupts (SDM 3B 20.3, 20.4). Lines: vector, error code, instruction's offset from the start, EAX, EFLAGS, SP of the interrupted code.

%include "boot.inc"
main:           jmp enter_protected
                bits 32
%include "print32.inc"
%include "protected32.inc"
                bits 32

VME             equ 1
PVI             equ 2
VIF             equ 0x80000
VIP             equ 0x100000
STACK16         equ 0x62000

; A check whose body is a label's code in virtual-8086 mode: name, label, EFLAGS beside VM, CR4.
%macro VIRTUAL 2-4 2, VME
                CHECK %1
                mov eax, %4
                mov cr4, eax
                mov dword [hook], report
                mov dword [check_begin], %2
                push dword 0
                push dword 0
                push dword 0
                push dword 0
                push dword STACK16 >> 4
                push dword 0x100
                push dword 0x20000 | (%3)
                push dword 0
                push dword %2
                iretd
                PASS
%endmacro

; The same in protected mode at level 3.
%macro LEVEL3 2-4 2, PVI
                CHECK %1
                mov eax, %4
                mov cr4, eax
                mov dword [hook], report
                mov dword [check_begin], %2
                USER %3
                jmp %2
                PASS
%endmacro

checks:         mov dword [tss1 + 4], INNER_STACK
                mov word [tss1 + 8], DATA0
                mov dword [tss1 + 0x0C], MIDDLE_STACK
                mov word [tss1 + 0x66], 0x88
                mov ax, TSS1
                ltr ax
                mov word [idt + 8 * 3 + 4], 0xEE00
                mov word [4 * 0x20], handler
                mov word [4 * 0x20 + 2], 0
                mov word [4 * 0x21], returner
                mov word [4 * 0x21 + 2], 0
                mov word [4 * 0x40], handler
                mov word [4 * 0x40 + 2], 0
                mov word [4 * 0xFF], handler - 0x100
                mov word [4 * 0xFF + 2], 0x10

                CHECK 'CPUID.1:EDX.VME'
                mov eax, 1
                cpuid
                mov eax, edx
                and eax, 2
                PASS
                CHECK 'CR4 has VME and PVI'
                mov eax, VME | PVI
                mov cr4, eax
                mov eax, cr4
                PASS

                VIRTUAL 'VME: CLI', v_cli, 0x202 | VIF
                VIRTUAL 'VME: CLI with IF and VIF clear', v_cli
                VIRTUAL 'VME: STI', v_sti
                VIRTUAL 'VME: STI while VIF is set', v_sti, 0x202 | VIF
                VIRTUAL 'VME: STI while VIP is set', v_sti, 2 | VIP
                VIRTUAL 'VME: CLI while VIP is set', v_cli, 0x202 | VIP
                VIRTUAL 'VME: PUSHF with VIF set', v_pushf, 2 | VIF
                VIRTUAL 'VME: PUSHF with VIF clear and IF set', v_pushf, 0x1202
                VIRTUAL 'VME: PUSHFD', v_pushfd
                VIRTUAL 'VME: POPF sets VIF', v_popf_set
                VIRTUAL 'VME: POPF clears VIF', v_popf_clear, 0x202 | VIF
                VIRTUAL 'VME: POPF of all flags', v_popf_all
                VIRTUAL 'VME: POPF of no flag', v_popf_clear, 0x5ED7 | VIF
                VIRTUAL 'VME: POPF with TF', v_popf_trap
                VIRTUAL 'VME: POPF sets VIF while VIP is set', v_popf_set, 2 | VIP
                VIRTUAL 'VME: POPF clears VIF while VIP is set', v_popf_clear, 2 | VIP
                VIRTUAL 'VME: POPFD', v_popfd
                VIRTUAL 'VME: IRET sets VIF', v_iret_set
                VIRTUAL 'VME: IRET clears VIF', v_iret_clear, 0x202 | VIF
                VIRTUAL 'VME: IRET with TF', v_iret_trap
                VIRTUAL 'VME: IRET sets VIF while VIP is set', v_iret_set, 2 | VIP
                VIRTUAL 'VME: IRET clears VIF while VIP is set', v_iret_clear, 2 | VIP
                VIRTUAL 'VME: IRETD', v_iretd
                VIRTUAL 'VME: VIF and VIP set at the start of an instruction', v_cli, 2 | VIF | VIP
                VIRTUAL 'VME: both set with IOPL 3', v_pushf, 0x3002 | VIF | VIP
                VIRTUAL 'VME off: both set', v_nop, 2 | VIF | VIP, 0
                VIRTUAL 'VME, IOPL 3: CLI', v_cli, 0x3202 | VIF
                VIRTUAL 'VME, IOPL 3: STI', v_sti, 0x3002
                VIRTUAL 'VME, IOPL 3: STI while VIP is set', v_sti, 0x3002 | VIP
                VIRTUAL 'VME, IOPL 3: PUSHF', v_pushf, 0x3002 | VIF
                VIRTUAL 'VME, IOPL 3: POPF', v_popf_set, 0x3002
                VIRTUAL 'VME, IOPL 3: POPFD', v_popfd, 0x3002 | VIF
                VIRTUAL 'VME, IOPL 3: IRET', v_iret_set, 0x3002
                VIRTUAL 'VME off: CLI', v_cli, 0x202 | VIF, 0
                VIRTUAL 'VME off, PVI on: CLI', v_cli, 0x202 | VIF, PVI
                VIRTUAL 'VME off: STI', v_sti, 2, 0
                VIRTUAL 'VME off: POPF', v_popf_set, 2, 0
                VIRTUAL 'VME off: IRET', v_iret_set, 2, 0
                VIRTUAL 'VME off: PUSHF', v_pushf, 2, 0

                VIRTUAL 'INT redirected, VIF clear', v_int
                VIRTUAL 'INT redirected, VIF set', v_int, 2 | VIF
                VIRTUAL 'INT redirected, IF set, VIF clear', v_int, 0x202
                VIRTUAL 'INT redirected, VIP set', v_int, 2 | VIP
                VIRTUAL 'INT redirected, NT and AC set', v_int, 0x44002
                VIRTUAL 'INT redirected, TF set', v_int, 0x102
                VIRTUAL 'INT redirected, IOPL 3', v_int, 0x3202 | VIF
                VIRTUAL 'INT redirected, IOPL 3, IF clear', v_int, 0x3002 | VIF
                VIRTUAL 'INT redirected, and IRET', v_int_and_back, 2 | VIF
                VIRTUAL 'INT FF redirected', v_int_last
                VIRTUAL 'INT3 is not redirected', v_int3
                VIRTUAL 'INTO is not redirected', v_into
                VIRTUAL 'INT1 is not redirected', v_int1
                VIRTUAL 'INT redirected at the end of the stack', v_int_stack
                VIRTUAL 'VME off: INT', v_int, 2, 0
                VIRTUAL 'VME off, IOPL 3: INT', v_int_40, 0x3002, 0
                mov byte [tss1 + 0x68 + 0x40 / 8], 1
                VIRTUAL 'INT not redirected', v_int_40
                VIRTUAL 'INT not redirected, VIF set', v_int_40, 2 | VIF
                VIRTUAL 'INT not redirected, IOPL 3', v_int_40, 0x3202 | VIF
                VIRTUAL 'the bit of another vector', v_int
                mov byte [tss1 + 0x68 + 0x40 / 8], 0xFE
                VIRTUAL 'bits of other vectors', v_int_40
                mov byte [tss1 + 0x68 + 0x40 / 8], 0
                mov word [tss1 + 0x66], TSS1_LIMIT + 32
                VIRTUAL 'bitmap beyond the TSS limit', v_int
                VIRTUAL 'bitmap begins at the TSS limit', v_int_0
                mov word [tss1 + 0x66], TSS1_LIMIT + 33
                VIRTUAL 'bitmap begins beyond the TSS limit', v_int_0
                mov word [tss1 + 0x66], 0xFFFF
                VIRTUAL 'no bitmap', v_int
                mov word [tss1 + 0x66], 0x10
                VIRTUAL 'bitmap before the TSS', v_int_0
                mov word [tss1 + 0x66], 0x88

                LEVEL3 'PVI: CLI', p_cli, 0x202 | VIF
                LEVEL3 'PVI: STI', p_sti
                LEVEL3 'PVI: STI while VIP is set', p_sti, 2 | VIP
                LEVEL3 'PVI: CLI while VIP is set', p_cli, 0x202 | VIP
                LEVEL3 'PVI: VIF and VIP set at the start of an instruction', p_cli, 2 | VIF | VIP
                LEVEL3 'PVI: PUSHFD', p_pushf, 0x202
                LEVEL3 'PVI: PUSHFD with VIF set', p_pushf, 2 | VIF
                LEVEL3 'PVI: POPFD', p_popf
                LEVEL3 'PVI: POPF', p_popfw, 2 | VIF
                LEVEL3 'PVI: IRETD', p_iret, 2 | VIF
                LEVEL3 'PVI: IRETD cannot set VIF', p_iret
                LEVEL3 'PVI, IOPL 3: CLI', p_cli, 0x3202 | VIF
                LEVEL3 'PVI, IOPL 3: STI', p_sti, 0x3002
                LEVEL3 'PVI, IOPL 3: STI while VIP is set', p_sti, 0x3002 | VIP
                LEVEL3 'PVI, IOPL 2: STI', p_sti, 0x2002
                LEVEL3 'PVI off, VME on: CLI', p_cli, 0x202 | VIF, VME
                LEVEL3 'PVI off, VME on: STI', p_sti, 2, VME
                LEVEL3 'PVI off: both set', p_pushf, 2 | VIF | VIP, 0
                CHECK 'PVI: level 1'
                mov eax, PVI
                mov cr4, eax
                mov word [tss1 + 0x10], DATA1 | 1
                mov dword [hook], report
                mov dword [check_begin], p_cli
                push dword DATA1 | 1
                push dword MIDDLE_STACK
                push dword 2
                push dword CODE1 | 1
                push dword p_cli
                iretd
                PASS
                CHECK 'PVI: level 0'
                mov eax, PVI
                mov cr4, eax
                push dword 2 | VIF
                popfd
                sti
                cli
                pushfd
                pop eax
                PASS
                CHECK 'level 0: POPFD leaves VIF and VIP'
                push dword 2 | VIF | VIP
                popfd
                pushfd
                pop eax
                PASS
                CHECK 'level 0: IRETD loads VIF and VIP'
                push dword 2 | VIF | VIP
                push dword CODE0
                push dword .loaded
                iretd
.loaded:        pushfd
                push dword 2
                push dword CODE0
                push dword .cleared
                iretd
.cleared:       pop eax
                PASS
                CHECK 'a task switch loads VIF'
                mov eax, VME
                mov cr4, eax
                mov dword [hook], report
                mov dword [check_begin], v_pushf
                mov dword [tss2 + 0x20], v_pushf
                mov dword [tss2 + 0x24], 0x20002 | VIF
                mov dword [tss2 + 0x38], 0x100
                mov dword [tss2 + 0x50], STACK16 >> 4
                mov dword [tss2 + 4], INNER_STACK
                mov dword [tss2 + 8], DATA0
                mov word [tss2 + 0x66], 0x68
                jmp TSS2:0
                PASS
                CHECK 'a task switch loads VIF and VIP'
                mov dword [hook], report
                mov dword [check_begin], v_pushf
                and byte [gdt + TSS1 + 5], ~2
                mov ax, TSS1
                ltr ax
                and byte [gdt + TSS2 + 5], ~2
                mov dword [tss2 + 0x20], v_pushf
                mov dword [tss2 + 0x24], 0x20002 | VIF | VIP
                mov dword [tss2 + 0x38], 0x100
                mov dword [tss2 + 0x50], STACK16 >> 4
                jmp TSS2:0
                PASS
                jmp finish

MIDDLE_STACK    equ 0x6A000

; What came instead of a check's end; the frame is that of `exception` in protected32.inc.
report:         push eax
                SAY '#'
                mov eax, [esp + 4]
                call puthex8
                cmp dword [esp + 8], -1
                je .no_code
                SAY ' e='
                mov eax, [esp + 8]
                call puthex16
.no_code:       SAY ' +'
                mov eax, [esp + 12]
                sub eax, [check_begin]
                call puthex16
                SAY ' eax='
                pop eax
                call puthex32
                SAY ' fl='
                mov eax, [esp + 16]
                call puthex32
                test dword [esp + 16], 0x20000
                jz .end
                SAY ' sp='
                mov eax, [esp + 20]
                call puthex16
.end:           mov ax, DATA0
                mov ss, ax
                mov esp, [saved_esp]
                push dword 2
                push dword CODE0
                push dword .clear
                iretd
.clear:         jmp [resume]

p_cli:          cli
                pushfd
                pop eax
                int 0x40
p_sti:          sti
                pushfd
                pop eax
                int 0x40
p_pushf:        pushfd
                pop eax
                int 0x40
p_popf:         push dword 0x202 | VIF | VIP
                popfd
                pushfd
                pop eax
                int 0x40
p_popfw:        push word 0x3202
                popfw
                pushfd
                pop eax
                int 0x40
p_iret:         push dword DATA3 | 3
                push dword USER_STACK
                push dword 0x3202 | VIP
                push dword CODE3 | 3
                push dword .next
                xor dword [esp + 8], VIF
                iretd
.next:          pushfd
                pop eax
                int 0x40

                bits 16
v_cli:          cli
                int3
v_sti:          sti
                int3
v_nop:          nop
                int3
v_pushf:        pushf
                pop ax
                int3
v_pushfd:       pushfd
                pop eax
                int3
v_popf_set:     push word 0x0202
                popf
                pushf
                pop ax
                int3
v_popf_clear:   push word 0x0002
                popf
                pushf
                pop ax
                int3
v_popf_all:     push word 0xFEFF
                popf
                pushf
                pop ax
                int3
v_popf_trap:    push word 0x0102
                popf
                int3
v_popfd:        push dword 0x0202
                popfd
                pushf
                pop ax
                int3
v_iret_set:     push word 0x0202
                push word 0
                push word .next
                iret
.next:          pushf
                pop ax
                int3
v_iret_clear:   push word 0x0002
                push word 0
                push word .next
                iret
.next:          pushf
                pop ax
                int3
v_iret_trap:    push word 0x0102
                push word 0
                push word .next
                iret
.next:          int3
v_iretd:        push dword 0x0202
                push dword 0
                push dword .next
                iretd
.next:          int3
v_int:          int 0x20
                int3
v_int_0:        int 0x00
                int3
v_int_40:       int 0x40
                int3
v_int_last:     int 0xFF
                int3
v_int_stack:    mov sp, 3
                int 0x20
                int3
v_int_and_back: int 0x21
                pushf
                pop ax
                int3
v_int3:         int3
v_into:         mov al, 0x7F
                add al, 1
                into
v_int1:         db 0xF1

; Of the 8086 program: upper half of EAX its own FLAGS, lower half those of the interrupted code.
handler:        mov bp, sp
                pushf
                pop ax
                shl eax, 16
                mov ax, [bp + 4]
                int3
returner:       sti
                iret
                bits 32

                align 16
tss1:           times 0x68 db 0
                times 32 db 0
                times 32 db 0xFF
                db 0xFF
TSS1_LIMIT      equ $ - tss1 - 1
                align 16
tss2:           times 0x68 db 0

                align 8
gdt:            dq 0
                SEG CODE0, 0, 0xFFFFF, 0x9A, 12
                SEG DATA0, 0, 0xFFFFF, 0x92, 12
                SEG CODE3, 0, 0xFFFFF, 0xFA, 12
                SEG DATA3, 0, 0xFFFFF, 0xF2, 12
                SEG CODE1, 0, 0xFFFFF, 0xBA, 12
                SEG DATA1, 0, 0xFFFFF, 0xB2, 12
                SEG TSS0, LIN(tss0), TSS0_LIMIT, 0x89, 0
                SEG TSS1, LIN(tss1), TSS1_LIMIT, 0x89, 0
                SEG TSS2, LIN(tss2), 0x67, 0x89, 0
GDT_SIZE        equ $ - gdt
SECTORS         equ ($ - $$ + 511) / 512 - 1
                times (SECTORS + 1) * 512 - ($ - $$) db 0
