; Checks of virtual-8086 mode: entry by IRET and by task switch, IOPL, interrupts and exceptions, segments, I/O
; (SDM 3B chapter 20).

%include "boot.inc"
main:           jmp enter_protected
                bits 32
%include "print32.inc"
%include "protected32.inc"
                bits 32

; Goes on in virtual-8086 mode at the label given (its segment is CODE_SEGMENT), with the flags given beside VM.
%macro VIRTUAL 1-2 2
                push dword 0x5555                       ; GS
                push dword 0x4444                       ; FS
                push dword SCRATCH >> 4                 ; DS
                push dword 0x6000                       ; ES
                push dword USER_STACK16 >> 4            ; SS
                push dword 0x100                        ; ESP
                push dword 0x20000 | %2
                push dword 0
                push dword %1
                iretd
%endmacro
USER_STACK16    equ 0x62000

; A check whose body runs in virtual-8086 mode.
%macro VIRTUAL_CHECK 2-3 2
                CHECK %1
                VIRTUAL %2, %3
                PASS
%endmacro

checks:
                VIRTUAL_CHECK 'INT in virtual-8086 mode with IOPL 3', vm_int, 0x3002
                VIRTUAL_CHECK 'INT with IOPL 0', vm_int
                VIRTUAL_CHECK 'INT3 with IOPL 0', vm_int3
                VIRTUAL_CHECK 'INTO with IOPL 0', vm_into
                VIRTUAL_CHECK 'INT1 with IOPL 0', vm_int1
                VIRTUAL_CHECK 'PUSHF with IOPL 0', vm_pushf
                VIRTUAL_CHECK 'PUSHF with IOPL 3', vm_pushf, 0x3202
                VIRTUAL_CHECK 'PUSHFD with IOPL 3', vm_pushfd, 0x3202
                VIRTUAL_CHECK 'POPF with IOPL 0', vm_popf
                VIRTUAL_CHECK 'POPF with IOPL 3', vm_popf, 0x3002
                VIRTUAL_CHECK 'POPFD with IOPL 3', vm_popfd, 0x3002
                VIRTUAL_CHECK 'CLI with IOPL 0', vm_cli
                VIRTUAL_CHECK 'CLI with IOPL 3', vm_cli, 0x3202
                VIRTUAL_CHECK 'STI with IOPL 3', vm_sti, 0x3002
                VIRTUAL_CHECK 'IRET with IOPL 0', vm_iret
                VIRTUAL_CHECK 'IRET with IOPL 3', vm_iret, 0x3002
                VIRTUAL_CHECK 'IRETD with IOPL 3', vm_iretd, 0x3002
                VIRTUAL_CHECK 'HLT', vm_hlt, 0x3002
                VIRTUAL_CHECK 'MOV CR0', vm_mov_cr0, 0x3002
                VIRTUAL_CHECK 'MOV from CR0', vm_mov_from_cr0, 0x3002
                VIRTUAL_CHECK 'LGDT', vm_lgdt, 0x3002
                VIRTUAL_CHECK 'SGDT', vm_sgdt
                VIRTUAL_CHECK 'LLDT', vm_lldt, 0x3002
                VIRTUAL_CHECK 'SLDT', vm_sldt, 0x3002
                VIRTUAL_CHECK 'STR', vm_str, 0x3002
                VIRTUAL_CHECK 'LAR', vm_lar, 0x3002
                VIRTUAL_CHECK 'VERR', vm_verr, 0x3002
                VIRTUAL_CHECK 'ARPL', vm_arpl, 0x3002
                VIRTUAL_CHECK 'SMSW', vm_smsw
                VIRTUAL_CHECK 'LMSW', vm_lmsw, 0x3002
                VIRTUAL_CHECK 'CLTS', vm_clts, 0x3002
                VIRTUAL_CHECK 'RDMSR', vm_rdmsr, 0x3002
                VIRTUAL_CHECK 'UD2', vm_ud2
                VIRTUAL_CHECK 'segment registers', vm_segments
                VIRTUAL_CHECK 'MOV DS', vm_mov_ds
                VIRTUAL_CHECK 'far JMP', vm_far_jmp
                VIRTUAL_CHECK 'far CALL and RET', vm_far_call
                VIRTUAL_CHECK 'limit of 64 KiB', vm_limit
                VIRTUAL_CHECK 'stack limit', vm_stack_limit
                VIRTUAL_CHECK 'IN forbidden by the bitmap with IOPL 3', vm_in, 0x3002
                and byte [tss0_bitmap + 0x80 / 8], ~1
                VIRTUAL_CHECK 'IN allowed by the bitmap with IOPL 0', vm_in
                VIRTUAL_CHECK 'divide error', vm_divide
                CHECK 'what the handler finds on its stack'
                mov dword [hook], show_frame
                VIRTUAL vm_int, 0x3002
                PASS
                CHECK 'segments are null in the handler'
                mov dword [hook], show_segments
                VIRTUAL vm_int, 0x3002
                PASS
                CHECK 'the handler is not at level 0'
                mov word [idt + 8 * 0x41 + 2], CODE_CONF
                mov word [idt + 8 * 0x41 + 4], 0xEE00
                VIRTUAL vm_int41, 0x3002
                PASS
                call build_idt
                CHECK 'level 3: IRET cannot set VM'
                USER
                push dword 0x4444
                push dword 0x3333
                push dword 0x20002
                push dword CODE3 | 3
                push dword %$to
                iretd
%$to:           pushfd
                pop eax
                PASS
                CHECK 'POPF cannot set VM'
                push dword 0x20002
                popfd
                pushfd
                pop eax
                PASS
                CHECK 'task switch to virtual-8086 mode'
                mov edi, tss1
                mov ecx, 0x68 / 4
                xor eax, eax
                rep stosd
                mov dword [tss1 + 0x20], vm_task
                mov dword [tss1 + 0x24], 0x20002
                mov dword [tss1 + 0x38], 0x100
                mov dword [tss1 + 0x48], 0x1111
                mov dword [tss1 + 0x50], USER_STACK16 >> 4
                mov dword [tss1 + 0x54], 0x2222
                mov dword [tss1 + 4], INNER_STACK
                mov dword [tss1 + 8], DATA0
                jmp TSS1:0
                PASS
                jmp finish

; Frame: vector, -1, EIP, CS, EFLAGS, ESP, SS, ES, DS, FS, GS
show_frame:     mov eax, INNER_STACK
                sub eax, esp
                shl eax, 8
                add eax, [esp + 24]
                rol eax, 4
                add eax, [esp + 28]
                rol eax, 4
                add eax, [esp + 32]
                rol eax, 4
                add eax, [esp + 36]
                rol eax, 4
                add eax, [esp + 40]
                jmp show
show_segments:  xor eax, eax
                mov ax, fs
                shl eax, 16
                mov ax, gs
show:           mov dword [hook], 0
                mov bx, DATA0
                mov ss, bx
                mov esp, [saved_esp]
                int 0x40

                bits 16
vm_int:         mov eax, 0x77
                int 0x40
vm_int3:        int3
vm_int1:        db 0xF1
vm_into:        mov al, 0x7F
                add al, 1
                into
                int 0x40
vm_int41:       int 0x41
vm_pushf:       pushf
                pop ax
                int 0x40
vm_pushfd:      pushfd
                pop eax
                int 0x40
vm_popf:        push word 0x4602
                popf
                pushf
                pop ax
                int 0x40
vm_popfd:       push dword 0x3E4602
                popfd
                pushfd
                pop eax
                int 0x40
vm_cli:         cli
                pushf
                pop ax
                int 0x40
vm_sti:         sti
                pushf
                pop ax
                int 0x40
vm_iret:        push word 0x0202
                push word 0
                push word vm_after_iret
                iret
vm_after_iret:  pushf
                pop ax
                int 0x40
vm_iretd:       push dword 0x0202
                push dword 0
                push dword vm_after_iretd
                iretd
vm_after_iretd: pushfd
                pop eax
                int 0x40
vm_hlt:         hlt
vm_mov_cr0:     mov cr0, eax
vm_mov_from_cr0:
                mov eax, cr0
vm_lgdt:        lgdt [0]
vm_sgdt:        sgdt [0]
                mov ax, [0]
                int 0x40
vm_lldt:        lldt ax
vm_sldt:        sldt ax
vm_str:         str ax
vm_lar:         lar ax, ax
vm_verr:        verr ax
vm_arpl:        arpl ax, ax
vm_smsw:        smsw ax
                int 0x40
vm_lmsw:        lmsw ax
vm_clts:        clts
vm_rdmsr:       rdmsr
vm_ud2:         ud2
vm_segments:    mov ax, ds
                shl eax, 16
                mov ax, fs
                mov bx, gs
                add ax, bx
                mov bx, ss
                add ax, bx
                int 0x40
vm_mov_ds:      mov ax, SCRATCH >> 4
                mov ds, ax
                mov dword [0x10], 0x11223344
                mov ax, (SCRATCH >> 4) + 1
                mov ds, ax
                mov eax, [0]
                int 0x40
vm_far_jmp:     jmp 0x10:vm_far_target - 0x100
vm_far_target:  mov ax, cs
                int 0x40
vm_far_call:    call 0x10:vm_far_procedure - 0x100
                mov bx, cs
                shl ebx, 16
                or eax, ebx
                int 0x40
vm_far_procedure:
                mov ax, cs
                retf
vm_limit:       mov bx, 0xFFFF
                mov ax, [bx]
                int 0x40
vm_stack_limit: mov sp, 1
                push ax
                int 0x40
vm_jump_limit:  jmp dword 0x12345
vm_in:          in al, 0x80
                xor ax, ax
                int 0x40
vm_divide:      xor cx, cx
                div cx
vm_task:        mov ax, ds
                shl eax, 16
                mov ax, es
                int 0x40
                bits 32

                align 16
tss1:           times 0x68 db 0

                align 8
gdt:            dq 0
                SEG CODE0, 0, 0xFFFFF, 0x9A, 12
                SEG DATA0, 0, 0xFFFFF, 0x92, 12
                SEG CODE3, 0, 0xFFFFF, 0xFA, 12
                SEG DATA3, 0, 0xFFFFF, 0xF2, 12
                SEG TSS0, LIN(tss0), TSS0_LIMIT, 0x89, 0
                SEG TSS1, LIN(tss1), 0x67, 0x89, 0
                SEG CODE_CONF, 0, 0xFFFFF, 0x9E, 12
GDT_SIZE        equ $ - gdt
SECTORS         equ ($ - $$ + 511) / 512 - 1
                times (SECTORS + 1) * 512 - ($ - $$) db 0
