; NMI and INIT that arrive in VMX operation (SDM 3C 25.2, 23.8): sent by the processor to itself, through its local APIC in x2APIC mode.

%include "boot.inc"
main:           jmp enter_long
                bits 64
%include "long64.inc"
                bits 64
%include "hypervisor64.inc"

; EAX, to the processor itself
%macro SIGNAL 0
                mov ecx, 0x830
                xor edx, edx
%endmacro

checks:         call prepare_regions
                lea rax, [finish]               ; an exception that nobody expects ends it
                mov [resume], rax
                mov qword [saved_rsp], KERNEL_STACK
                mov ecx, 0x1B
                rdmsr
                or eax, 0xC00
                wrmsr
                mov ecx, 0x80F
                mov eax, 0x1FF
                xor edx, edx
                wrmsr
                vmxon [pointer.vmxon]
                vmclear [pointer.vmcs]
                vmptrld [pointer.vmcs]
                lea rdi, [guest]
                call fill_vmcs
                CONTROLS 0x4000, 0x48D, 8       ; NMI exiting
                call build_ept
                vmlaunch
                call vmx_result
                jmp finish

guest:          SIGNAL
                mov eax, 0x4400
                EXITS 'NMI', wrmsr
                SIGNAL
                mov eax, 0x4500
                EXITS 'INIT', wrmsr
                ; blocked in root operation, it comes with the next entry
                lea r15, [blocked]
                lea rbx, [over]
                lea r13, [entered]
                HOST
                SIGNAL
                mov eax, 0x4500
                wrmsr
                mov ecx, 0x681E
                vmwrite rcx, r13
                HOST_END
entered:        nop
over:           lea rax, [done]
                mov [after_exit], rax
                lea r15, [ended]
                lea r13, [last]
last:           vmcall
done:           call newline
                vmxoff
                jmp finish

blocked         db 'INIT in root operation: ', 0
ended           db 'VMCALL: ', 0
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
