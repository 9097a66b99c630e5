; What Bochs 2.7 does not have or stops at: the monitor trap flag (SDM 3C 25.5.2), and VMCALL in root operation without the
; dual-monitor treatment. What it must print is written by hand.

%include "boot.inc"
main:           jmp enter_long
                bits 64
%include "long64.inc"
                bits 64
%include "hypervisor64.inc"

; One instruction with the monitor trap flag: the exit's RIP is counted from the second argument.
%macro TRAPPED 3+       ; name, address, instruction
                lea r15, [%%name]
                lea rbx, [%%next]
                lea r12, [%%begin]
                lea r13, [%2]
                HOST
                mov ecx, 0x681E
                vmwrite rcx, r12
                mov ecx, 0x4002
                vmread rax, rcx
                or eax, 1 << 27
                vmwrite rcx, rax
                HOST_END
%%name          db %1, ': ', 0
%%begin:        %3
                times 4 nop
%%next:
%endmacro

checks:         call prepare_regions
                lea rax, [finish]               ; an exception that nobody expects ends it
                mov [resume], rax
                mov qword [saved_rsp], KERNEL_STACK
                vmxon [pointer.vmxon]
                SAY 'VMCALL without a current VMCS: '
                vmcall
                call vmx_result
                call newline
                vmclear [pointer.vmcs]
                vmptrld [pointer.vmcs]
                SAY 'VMCALL in root operation: '
                vmcall
                call vmx_result
                call newline
                lea rdi, [guest]
                call fill_vmcs
                call build_ept
                vmlaunch
                call vmx_result
                jmp finish

guest:          TRAPPED 'NOP', r12, nop
                TRAPPED 'jump', r12 + 4, {jmp $ + 4}
                TRAPPED 'INT 21h', stubs + STUB_SIZE * 0x21, int 0x21
                TRAPPED 'UD2', stubs + STUB_SIZE * 6, ud2
                TRAPPED 'CPUID, which exits itself', r12, cpuid
                lea r15, [injected]
                lea r13, [entered]
                HOST
                lea rax, [over]
                mov [after_exit], rax
                VMSET 0x4016, 0x80000700
                mov ecx, 0x681E
                vmwrite rcx, r13
                HOST_END
entered:        nop
over:           call newline
                vmxoff
                jmp finish

injected        db 'injected MTF: ', 0
                align 16
pointer:
.vmxon          dq VMXON_REGION
.vmcs           dq VMCS

                align 8
gdt:            dq 0
                SEG CODE0, 0, 0xFFFFF, 0x9A, 10
                SEG DATA0, 0, 0xFFFFF, 0x92, 12
                SEG CODE3_32, 0, 0xFFFFF, 0xFA, 12
                SEG DATA3, 0, 0xFFFFF, 0xF2, 12
                SEG CODE3, 0, 0xFFFFF, 0xFA, 10
                SEG64 TSS0, LIN(tss0), TSS0_LIMIT, 0x89, 0
GDT_SIZE        equ $ - gdt
SECTORS         equ ($ - $$ + 511) / 512 - 1
                times (SECTORS + 1) * 512 - ($ - $$) db 0
