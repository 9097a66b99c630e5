; A 64-bit guest under a hypervisor of its own on bare metal: every exit with its reason, qualification and what else the VMCS
; says of it (SDM 3C chapters 25 and 28).

%include "boot.inc"
main:           jmp enter_long
                bits 64
%include "long64.inc"
                bits 64
%include "hypervisor64.inc"

%macro invept_all 0
                mov ecx, 2
                invept rcx, [pointer.ept]
%endmacro

checks:         call prepare_regions
                mov rax, cr4
                or eax, 0x40000                 ; OSXSAVE: XSETBV
                mov cr4, rax
                lea rax, [finish]               ; an exception that nobody expects ends it
                mov [resume], rax
                mov qword [saved_rsp], KERNEL_STACK
                vmxon [pointer.vmxon]
                vmclear [pointer.vmcs]
                vmptrld [pointer.vmcs]
                lea rdi, [guest]
                call fill_vmcs
                call build_ept
                vmlaunch
                call vmx_result
                jmp finish

guest:          EXITS 'CPUID', cpuid
                EXITS 'HLT', hlt
                EXITS 'INVD', invd
                xor ecx, ecx
                xor edx, edx
                mov eax, 1
                EXITS 'XSETBV', xsetbv
                EXITS 'VMCALL', vmcall
                EXITS 'VMXOFF', vmxoff
                EXITS 'VMLAUNCH', vmlaunch
                EXITS 'VMRESUME', vmresume
                EXITS 'VMXON', vmxon [abs SCRATCH + 8]
                EXITS 'VMCLEAR', vmclear [rcx + rdx * 4 + 0x20]
                EXITS 'VMPTRLD', vmptrld [fs:rsi + 0x12345]
                EXITS 'VMPTRLD, RIP-relative', vmptrld [pointer.vmcs]
                EXITS 'VMPTRST', vmptrst [rsp - 8]
                EXITS 'VMREAD to a register', vmread r9, rdi
                EXITS 'VMREAD to memory', vmread [r8 + r12 * 8], r10
                EXITS 'VMWRITE', vmwrite r11, [ebx + 4]
                EXITS 'INVEPT', invept rdx, [rcx + 0x10]
                EXITS 'INVVPID', invvpid r8, [rbp]

; ---- I/O
                EXITS 'OUT, no bit', {out 0x80, al}
                HOST
                mov edi, IO_BITMAP_A
                mov ecx, 0x2000 / 8
                mov rax, -1
                rep stosq
                HOST_END
                ; the host must print: its own ports are not the guest's
                EXITS 'OUT imm8, AL', {out 0x80, al}
                EXITS 'IN AX, imm8', {in ax, 0x60}
                mov edx, 0x1234
                EXITS 'OUT DX, EAX', {out dx, eax}
                mov edx, 0xFFFF
                EXITS 'IN AL, DX', {in al, dx}
                EXITS 'IN EAX, DX past the last port', {in eax, dx}
                mov edx, 0x3F8
                mov esi, SCRATCH
                mov edi, SCRATCH + 0x100
                mov ecx, 3
                EXITS 'OUTSB', outsb
                EXITS 'REP OUTSD', rep outsd
                EXITS 'INSW', insw
                EXITS 'REP INSB, 32-bit addresses', {a32 rep insb}
                EXITS 'OUTSW with FS', {fs outsw}

; ---- control registers
                mov rax, cr3
                mov cr3, rax
                HOST
                mov ecx, 0x4002
                vmread rax, rcx
                or eax, 0x00198000              ; CR3 load and store, CR8 load and store
                vmwrite rcx, rax
                VMSET 0x6000, 0x60000028        ; CR0: NE, TS, CD, NW belong to the host
                VMSET 0x6004, 0x20
                VMSET 0x6002, 0x2080            ; CR4: VMXE and PGE
                VMSET 0x6006, 0
                HOST_END
                EXITS 'MOV to CR3', mov cr3, rsi
                EXITS 'MOV from CR3', mov r9, cr3
                HOST
                VMSET 0x400A, 1
                VMSET 0x6008, PML4
                HOST_END
                mov eax, PML4
                mov cr3, rax
                EXITS 'MOV to CR8', mov cr8, rdx
                EXITS 'MOV from CR8', mov r15, cr8
                mov rax, cr0
                mov cr0, rax
                or eax, 8
                EXITS 'MOV to CR0 that sets TS', mov cr0, rax
                HOST
                VMSET 0x6004, 0x28
                HOST_END
                EXITS 'CLTS', clts
                mov ecx, 1
                EXITS 'LMSW of a register', lmsw cx
                mov word [abs SCRATCH], 3
                EXITS 'LMSW of memory', {lmsw [abs SCRATCH]}
                mov r9, cr0
                HOST
                mov rax, r9
                call puthex32
                SAY {' is CR0 with the shadow', 13, 10}
                HOST_END
                mov rax, cr4
                or eax, 0x2000
                EXITS 'MOV to CR4 that sets VMXE', mov cr4, rax
                HOST
                VMSET 0x6000, 0
                VMSET 0x6002, 0
                mov ecx, 0x4002
                vmread rax, rcx
                and eax, ~0x00198000
                or eax, 0x00800000
                vmwrite rcx, rax
                HOST_END
                EXITS 'MOV to DR3', mov dr3, r8
                EXITS 'MOV from DR7', mov rcx, dr7

; ---- MSRs
                mov ecx, 0x174
                rdmsr
                mov ecx, 0x10000
                EXITS 'RDMSR outside the bitmaps', rdmsr
                mov ecx, 0xC0002000
                EXITS 'WRMSR outside the bitmaps', wrmsr
                HOST
                mov byte [abs MSR_BITMAP + 0x174 / 8], 1 << (0x174 & 7)
                mov byte [abs MSR_BITMAP + 0xC00 + 0x82 / 8], 1 << (0x82 & 7)
                HOST_END
                mov ecx, 0x174
                EXITS 'RDMSR by the bitmap', rdmsr
                mov ecx, 0xC0000082
                EXITS 'WRMSR by the bitmap', wrmsr
                rdmsr

; ---- by controls
                HOST
                mov ecx, 0x4002
                vmread rax, rcx
                and eax, ~0x00800000
                or eax, 0x40001E00              ; PAUSE, RDTSC, RDPMC, MWAIT, INVLPG
                vmwrite rcx, rax
                mov ecx, 0x401E
                vmread rax, rcx
                or eax, 0x0001184C | 0x1000     ; descriptor tables, RDTSCP, WBINVD, RDRAND, INVPCID, RDSEED
                mov ecx, 0x48B
                call controls
                mov ecx, 0x401E
                vmwrite rcx, rax
                HOST_END
                EXITS 'PAUSE', pause
                EXITS 'RDTSC', rdtsc
                EXITS 'RDTSCP', rdtscp
                xor ecx, ecx
                EXITS 'RDPMC', rdpmc
                mov eax, SCRATCH
                EXITS 'INVLPG', {invlpg [rax + 0x123]}
                mov ecx, 2
                EXITS 'INVPCID', {invpcid rcx, [rax]}
                EXITS 'WBINVD', wbinvd
                EXITS 'RDRAND', rdrand edx
                EXITS 'SGDT', sgdt [rax + 0x10]
                EXITS 'LIDT', {lidt [abs SCRATCH]}
                EXITS 'LGDT, RIP-relative', {lgdt [gdt_pointer]}
                EXITS 'SLDT', sldt cx
                EXITS 'LTR', ltr [rdx + rcx * 2]
                HOST
                mov ecx, 0x4002
                vmread rax, rcx
                and eax, ~0x40001E00
                vmwrite rcx, rax
                mov ecx, 0x401E
                vmread rax, rcx
                and eax, ~0x0001184C
                vmwrite rcx, rax

; ---- exceptions
                VMSET 0x4004, 1 << 1 | 1 << 3 | 1 << 6 | 1 << 13 | 1 << 14
                HOST_END
                EXITS '#UD', ud2
                EXITS '#BP', int3
                EXITS '#GP', {mov ds, [abs selector]}
                mov rax, 0x3FFFFFFFF0
                EXITS '#PF of a read', mov cl, [rax]
                EXITS '#PF of a write', mov [rax + 8], cl
                lea rcx, [after_flags]
                EXITS '#DB of single step', {jmp step}
                HOST
                VMSET 0x4004, 1 << 14
                VMSET 0x4006, 2
                VMSET 0x4008, 2
                HOST_END
                mov rax, 0x3FFFFFFFF0
                EXITS '#PF of a write, by the error-code mask', mov [rax + 8], cl
                HOST
                VMSET 0x4004, 0
                VMSET 0x4006, 0
                VMSET 0x4008, 0
                HOST_END

; ---- EPT
                mov eax, NO_EPT + 0x10
                EXITS 'EPT violation of a read', mov rcx, [rax]
                EXITS 'EPT violation of a write', mov [rax + 0x2000], rcx
                EXITS 'EPT violation of a fetch', jmp rax
                EXITS 'EPT violation of a read and write', add [rax], ecx
                HOST
                mov dword [abs EPT_PT], NO_EPT | 0x31
                invept_all
                HOST_END
                mov eax, NO_EPT + 0x10
                EXITS 'EPT violation of a write to a page that can be read', mov [rax], ecx
                EXITS 'EPT violation of a fetch from a page that can be read', call rax
                HOST
                mov dword [abs EPT_PT], NO_EPT | 0x32
                invept_all
                HOST_END
                mov eax, NO_EPT + 0x10
                EXITS 'EPT misconfiguration: writable, not readable', mov ecx, [rax]
                HOST
                mov dword [abs EPT_PT], NO_EPT | 0x13
                invept_all
                HOST_END
                mov eax, NO_EPT + 0x10
                EXITS 'EPT misconfiguration: memory type 2', mov ecx, [rax]
                HOST
                mov dword [abs EPT_PT], 0
                invept_all
                mov dword [abs PDPT + 24], NO_EPT | 7
                HOST_END
                mov ecx, 0xC0000000
                EXITS 'EPT violation of a paging structure', mov cl, [rcx]
                lidt [far_idt]
                EXITS 'EPT violation while an exception is delivered', ud2
                EXITS 'EPT violation while a software interrupt is delivered', int 0x21
                lidt [idt_pointer]

; ---- windows, injection
                HOST
                call window_on
                HOST_END
                EXITS 'interrupt window', {jmp open_window}
                cli
                HOST
                VMSET 0x4016, 0x80000B0D
                VMSET 0x4018, 0x1234
                lea rax, [guest_handler]
                mov [hook], rax
                HOST_END
                HOST
                VMSET 0x4016, 0x80000020
                mov ecx, 0x6820
                vmread rax, rcx
                or eax, 0x200
                vmwrite rcx, rax
                HOST_END
                HOST
                VMSET 0x4016, 0x80000480
                VMSET 0x401A, 2
                mov ecx, 0x681E
                vmread rax, rcx
                sub rax, 2
                vmwrite rcx, rax
                HOST_END
                mov qword [hook], 0
                cli

; ---- the preemption timer
                lea r15, [timer_name]
                lea r13, [timer_end]
                lea rbx, [timer_end]
                HOST
                xor eax, eax
                call timer_on
                HOST_END
timer_end:      HOST
                mov eax, 40
                call timer_on
                HOST_END
                EXITS 'preemption timer in a loop', {jmp timer_loop}
                lidt [no_idt]
                HOST
                lea rax, [over]
                mov [after_exit], rax
                HOST_END
                EXITS 'triple fault', ud2

over:           call newline
                vmxoff
                jmp finish

; the guest's handler: vector, error code, RIP, CS, RFLAGS, RSP, SS
guest_handler:  push rax
                HOST
                SAY 'delivered '
                mov ecx, 0x681C
                vmread rsi, rcx
                mov rax, [rsi + 8]
                call puthex8
                mov rax, [rsi + 16]
                call puthex32
                call newline
                HOST_END
                pop rax
                add rsp, 16
                iretq

open_window:    sti
                nop
                nop

step:           pushfq
                or dword [rsp], 0x100
                popfq
                nop
after_flags:    nop

timer_loop:     jmp timer_loop

timer_name      db 'preemption timer of 0: ', 0
selector        dw 0x1000
far_idt:        dw 0xFFF
                dq NO_EPT
no_idt:         dw 0
                dq 0
                align 16
pointer:
.vmxon          dq VMXON_REGION
.vmcs           dq VMCS
.ept            dq EPT_PML4 | 0x1E, 0

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
