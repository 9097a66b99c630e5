; The VMX instructions in root operation: what succeeds, and each way to fail that software can bring about (SDM 3C chapter 30,
; table 30-1).

%include "boot.inc"
main:           jmp enter_long
                bits 64
%include "long64.inc"
                bits 64
%include "hypervisor64.inc"

checks:         call prepare_regions
                mov rax, cr4
                and eax, ~0x2000
                mov cr4, rax
                CHECK 'VMCALL outside VMX operation'
                vmcall
                RESULT
                CHECK 'VMXOFF outside VMX operation'
                vmxoff
                RESULT
                CHECK 'VMXON without CR4.VMXE'
                vmxon [pointer.vmxon]
                RESULT
                CHECK 'VMREAD outside VMX operation'
                vmread rax, rcx
                RESULT
                mov rax, cr4
                or eax, 0x2000
                mov cr4, rax
                CHECK 'VMXON with an unaligned pointer'
                vmxon [pointer.unaligned]
                RESULT
                CHECK 'VMXON with a pointer beyond the physical-address width'
                vmxon [pointer.far]
                RESULT
                CHECK 'VMXON with another revision'
                vmxon [pointer.other]
                RESULT
                CHECK 'VMXON at level 3'
                USER
                vmxon [pointer.vmxon]
                RESULT
                CHECK 'VMXON without CR0.NE'
                mov rax, cr0
                and eax, ~0x20
                mov cr0, rax
                vmxon [pointer.vmxon]
                RESULT
                mov rax, cr0
                or eax, 0x20
                mov cr0, rax
                CHECK 'VMXON'
                vmxon [pointer.vmxon]
                RESULT
                CHECK 'clear CR4.VMXE in VMX operation'
                mov rax, cr4
                and eax, ~0x2000
                mov cr4, rax
                RESULT
                CHECK 'clear CR0.NE in VMX operation'
                mov rax, cr0
                and eax, ~0x20
                mov cr0, rax
                RESULT
                CHECK 'VMXON again, no current VMCS'
                vmxon [pointer.vmxon]
                RESULT
                CHECK 'VMPTRST without a current VMCS'
                vmptrst [abs SCRATCH]
                RESULT [abs SCRATCH]
                CHECK 'VMREAD without a current VMCS'
                mov ecx, 0x4402
                vmread rax, rcx
                RESULT
                CHECK 'VMWRITE without a current VMCS'
                mov ecx, 0x681E
                vmwrite rcx, rax
                RESULT
                CHECK 'VMLAUNCH without a current VMCS'
                vmlaunch
                RESULT
                CHECK 'VMRESUME without a current VMCS'
                vmresume
                RESULT
                CHECK 'VMPTRLD with an unaligned pointer, no current VMCS'
                vmptrld [pointer.unaligned]
                RESULT
                CHECK 'VMCLEAR'
                vmclear [pointer.vmcs]
                RESULT
                CHECK 'VMPTRLD'
                vmptrld [pointer.vmcs]
                RESULT
                CHECK 'VMPTRST'
                vmptrst [abs SCRATCH]
                RESULT [abs SCRATCH]
                CHECK 'VMXON again'
                vmxon [pointer.vmxon]
                RESULT
                CHECK 'VMCLEAR with an unaligned pointer'
                vmclear [pointer.unaligned]
                RESULT
                CHECK 'VMCLEAR with a pointer beyond the physical-address width'
                vmclear [pointer.far]
                RESULT
                CHECK 'VMCLEAR with the VMXON pointer'
                vmclear [pointer.vmxon]
                RESULT
                CHECK 'VMPTRLD with an unaligned pointer'
                vmptrld [pointer.unaligned]
                RESULT
                CHECK 'VMPTRLD with the VMXON pointer'
                vmptrld [pointer.vmxon]
                RESULT
                CHECK 'VMPTRLD with another revision'
                vmptrld [pointer.other]
                RESULT
                CHECK 'VMREAD of a field that is not there'
                mov ecx, 0x4FFE
                vmread rax, rcx
                RESULT
                CHECK 'VMWRITE of a field that is not there'
                mov ecx, 0x4FFE
                vmwrite rcx, rax
                RESULT
                CHECK 'VMREAD of an encoding above 32 bits'
                mov rcx, 0x10000681E
                vmread rax, rcx
                RESULT
                CHECK 'VMREAD at level 3'
                USER
                vmread rax, rcx
                RESULT
                CHECK 'VMPTRST in compatibility mode'
                USER32
                db 0x0F, 0xC7, 0x3D             ; vmptrst [disp32]
                dd SCRATCH
                bits 64
                RESULT
                CHECK 'write of a 64-bit field'
                mov rax, 0x1122334455667788
                mov ecx, 0x2010
                vmwrite rcx, rax
                vmread rdx, rcx
                RESULT rdx
                CHECK 'its upper half'
                mov ecx, 0x2011
                vmread rdx, rcx
                RESULT rdx
                CHECK 'write of the upper half'
                mov rax, 0xFFFFFFFFAABBCCDD
                mov ecx, 0x2011
                vmwrite rcx, rax
                mov ecx, 0x2010
                vmread rdx, rcx
                RESULT rdx
                CHECK '16-bit field'
                mov rax, 0x1122334455667788
                mov ecx, 0x0800
                vmwrite rcx, rax
                vmread rdx, rcx
                RESULT rdx
                CHECK '32-bit field'
                mov rax, 0x1122334455667788
                mov ecx, 0x4016
                vmwrite rcx, rax
                vmread rdx, rcx
                RESULT rdx
                CHECK 'natural-width field'
                mov rax, 0x8877665544332211
                mov ecx, 0x681E
                vmwrite rcx, rax
                vmread rdx, rcx
                RESULT rdx
                CHECK 'VMWRITE from and VMREAD to memory'
                mov rax, 0x0123456789ABCDEF
                mov [abs SCRATCH], rax
                mov ecx, 0x6820
                vmwrite rcx, [abs SCRATCH]
                vmread [abs SCRATCH + 8], rcx
                RESULT [abs SCRATCH + 8]
                CHECK 'INVEPT of a type that is not there'
                mov ecx, 3
                invept rcx, [pointer.ept]
                RESULT
                CHECK 'INVEPT of one context with an EPT pointer that is not valid'
                mov ecx, 1
                invept rcx, [pointer.unaligned]
                RESULT
                CHECK 'INVEPT of one context'
                mov ecx, 1
                invept rcx, [pointer.ept]
                RESULT
                CHECK 'INVEPT of all contexts'
                mov ecx, 2
                invept rcx, [pointer.ept]
                RESULT
                CHECK 'INVVPID of a type that is not there'
                mov ecx, 4
                invvpid rcx, [pointer.vpid]
                RESULT
                CHECK 'INVVPID of VPID 0'
                mov ecx, 1
                invvpid rcx, [pointer.vpid0]
                RESULT
                CHECK 'INVVPID of an address that is not canonical'
                xor ecx, ecx
                invvpid rcx, [pointer.vpid_far]
                RESULT
                CHECK 'INVVPID with reserved bits in the descriptor'
                mov ecx, 1
                invvpid rcx, [pointer.vpid_reserved]
                RESULT
                CHECK 'INVVPID of one address'
                xor ecx, ecx
                invvpid rcx, [pointer.vpid]
                RESULT
                CHECK 'INVVPID of all contexts'
                mov ecx, 2
                invvpid rcx, [pointer.vpid0]
                RESULT
                vmclear [pointer.vmcs]
                vmptrld [pointer.vmcs]
                lea rdi, [guest]
                call fill_vmcs
                call build_ept
                CHECK 'VMRESUME before VMLAUNCH'
                vmresume
                RESULT
                CHECK 'VMLAUNCH behind MOV SS'
                mov ax, DATA0
                mov ss, ax
                vmlaunch
                RESULT
                VMSET 0x400A, 5
                CHECK 'VMLAUNCH with five CR3-target values'
                vmlaunch
                RESULT
                VMSET 0x400A, 0
                VMSET 0x0C02, CODE0 | 3
                CHECK 'VMLAUNCH with RPL 3 in the host CS'
                vmlaunch
                RESULT
                VMSET 0x0C02, CODE0
                VMSET 0x6820, 0
                CHECK 'VMLAUNCH with RFLAGS bit 1 clear'
                lea rax, [failed_entry]
                mov [after_exit], rax
                lea r13, [guest]
                lea r15, [nothing]
                vmlaunch
                RESULT
                VMSET 0x6820, 2
                VMSET 0x4014, 1
                VMSET 0x200A, MSR_LIST
                mov dword [abs MSR_LIST], 0xC0000100
                CHECK 'VMLAUNCH with FS base in the MSR-load list'
                lea rax, [failed_entry]
                mov [after_exit], rax
                vmlaunch
                RESULT
                VMSET 0x4014, 0
                CHECK 'VMLAUNCH'
                lea rax, [failed_entry]
                mov [after_exit], rax
                lea r13, [guest]
                vmlaunch
                RESULT
                lea rax, [guest]
                mov ecx, 0x681E
                vmwrite rcx, rax
                CHECK 'VMLAUNCH again'
                vmlaunch
                RESULT
                CHECK 'VMRESUME'
                lea rax, [failed_entry]
                mov [after_exit], rax
                vmresume
                RESULT
                lea rax, [guest]
                mov ecx, 0x681E
                vmwrite rcx, rax
                CHECK 'VMCLEAR of the current VMCS'
                vmclear [pointer.vmcs]
                RESULT
                CHECK 'VMPTRST after it'
                vmptrst [abs SCRATCH]
                RESULT [abs SCRATCH]
                vmptrld [pointer.vmcs]
                CHECK 'VMRESUME of a VMCS that was cleared'
                vmresume
                RESULT
                CHECK 'VMXOFF at level 3'
                USER
                vmxoff
                RESULT
                CHECK 'VMXOFF'
                vmxoff
                RESULT
                CHECK 'VMREAD after VMXOFF'
                vmread rax, rcx
                RESULT
                jmp finish

; an exit that ends a CHECK
failed_entry:   mov rsp, [saved_rsp]
                lea rdi, [guest]
                jmp [resume]

guest:          cpuid
                ud2

nothing         db 0
                align 16
pointer:
.vmxon          dq VMXON_REGION
.vmcs           dq VMCS
.unaligned      dq VMCS + 8
.far            dq 1 << 52
.other          dq OTHER_VMCS
                align 16
.ept            dq EPT_PML4 | 0x1E, 0
.vpid           dq 1, SCRATCH
.vpid0          dq 0, 0
.vpid_far       dq 1, 1 << 60
.vpid_reserved  dq 0x10001, 0

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
