; Checks of IA-32e mode: transfers between 64-bit and compatibility code, interrupts with IST, IRET, fast system calls,
; control registers, MSRs, descriptor tables (SDM 3A chapters 2, 5, 6, 9; 2A, 2B).

%include "boot.inc"
main:           jmp enter_long
                bits 64
%include "long64.inc"
                bits 64

checks:
                mov word [idt + 16 * 0x41 + 4], 0xEE00
; ---- canonical addresses
                CHECK 'read of an address that is not canonical'
                mov rbx, 0x8000000000000000
                mov al, [rbx]
                PASS
                CHECK 'read across the end of the lower half'
                mov rbx, 0x7FFFFFFFFFFD
                mov eax, [rbx]
                PASS
                CHECK 'write through RBP that is not canonical'
                mov rbp, 0x1000000000000000
                mov [rbp], rax
                PASS
                CHECK 'write through RBP and DS that is not canonical'
                mov rbp, 0x1000000000000000
                db 0x3E
                mov [rbp], rax
                PASS
                CHECK 'PUSH with RSP that is not canonical'
                mov word [idt + 16 * 12 + 4], 0x8E01
                mov rsp, 0x8000000000000000
                push rax
                PASS
                CHECK 'CALL with RSP that is not canonical'
                mov rsp, 0x8000000000000000
                call finish
                PASS
                CHECK 'POP with RSP that is not canonical'
                mov rsp, 0x8000000000000000
                pop rax
                PASS
                CHECK 'ENTER with RSP that is not canonical'
                mov rsp, 0x8000000000000000
                enter 16, 0
                PASS
                CHECK 'LEAVE with RBP that is not canonical'
                mov rbp, 0x8000000000000000
                leave
                PASS
                CHECK 'FS base'
                mov ecx, 0xC0000100
                mov eax, SCRATCH
                xor edx, edx
                wrmsr
                mov dword [abs SCRATCH + 8], 0x12345678
                xor eax, eax
                mov eax, [fs:8]
                PASS
                CHECK 'FS base and offset that add up to an address that is not canonical'
                mov ecx, 0xC0000100
                mov eax, -8
                mov edx, 0x7FFF
                wrmsr
                mov eax, [fs:16]
                PASS
                CHECK 'WRMSR of an FS base that is not canonical'
                mov ecx, 0xC0000100
                mov edx, 0x8000
                wrmsr
                PASS
                CHECK 'loading a null selector into FS clears its base'
                mov ecx, 0xC0000100
                mov eax, SCRATCH
                xor edx, edx
                wrmsr
                xor eax, eax
                mov fs, ax
                rdmsr
                PASS
                CHECK 'limits are not checked'
                mov ax, DATA_SMALL
                mov ds, ax
                mov fs, ax
                mov dword [abs SCRATCH + 0x1000], 0x5A5A
                mov eax, [abs SCRATCH + 0x1000]
                add eax, [fs:0x1000]
                PASS
                CHECK 'write to read-only data through FS'
                mov ax, DATA_RO
                mov fs, ax
                mov [fs:SCRATCH], eax
                PASS
; ---- segment loads
                CHECK 'SS null at level 0'
                mov ss, ax
                mov ax, ss
                PASS
                CHECK 'SS null with RPL 3 at level 0'
                mov ax, 3
                mov ss, ax
                PASS
                CHECK 'level 3: SS null'
                USER
                mov ax, 3
                mov ss, ax
                PASS
                CHECK 'level 3: DS null'
                USER
                xor eax, eax
                mov ds, ax
                mov rbx, ALIAS + SCRATCH
                mov al, [rbx]
                xor eax, eax
                PASS
; ---- far transfers
                CHECK 'JMP to compatibility code and back'
                jmp dword far [to_compat]
                bits 32
compat_code:    mov eax, cs
                dec eax
                jmp CODE0:compat_back
                bits 64
compat_back:    PASS
                CHECK 'in compatibility code offsets wrap at 4 GiB'
                jmp dword far [to_wrap]
                bits 32
wrap_code:      mov ax, DATA0
                mov ds, ax
                mov ebx, SCRATCH + 0x1000
                mov eax, [ebx - SCRATCH + SCRATCH]
                mov dx, ax
                mov ebx, 0x80000000
                mov eax, [ebx + 0x80000000 + SCRATCH + 0x1000]
                jmp CODE0:wrap_back
                bits 64
wrap_back:      PASS
                CHECK 'JMP to code with L and D'
                jmp dword far [to_both]
                PASS
                CHECK 'JMP to 64-bit code beyond 4 GiB that is not canonical'
                lea rbx, [%$pointer]
                jmp qword far [rbx]
%$pointer       dq 0x8000000000000000
                dw CODE0
                PASS
                CHECK 'JMP through a call gate'
                jmp dword far [to_gate]
gate_target:    PASS
                CHECK 'JMP through a call gate to compatibility code'
                jmp dword far [to_gate_compat]
                PASS
                CHECK 'JMP through a call gate whose upper half has a type'
                jmp dword far [to_gate_type]
                PASS
                CHECK 'JMP through a call gate to an offset that is not canonical'
                jmp dword far [to_gate_far]
                PASS
                CHECK 'JMP through the last gate of the GDT, whose upper half is beyond the limit'
                jmp dword far [to_gate_last]
                PASS
                CHECK 'JMP to a TSS'
                jmp dword far [to_tss]
                PASS
                CHECK 'JMP to a task gate'
                jmp dword far [to_task_gate]
                PASS
                CHECK 'level 3: CALL through a gate to level 0'
                USER
                lea rbx, [to_gate3]
                call dword far [rbx]
                PASS
                CHECK 'level 3: CALL from compatibility code through a gate to level 0'
                USER32
                mov ax, DATA3 | 3
                mov ds, ax
                mov esi, esp
                call GATE3 | 3:0
                int 0x40
                bits 64
                PASS
                CHECK 'RET far, 64-bit operands'
                push qword CODE0
                lea rbx, [%$to]
                push rbx
                o64 retf
%$to:           PASS
                CHECK 'RET far, 32-bit operands'
                push qword 0
                mov dword [rsp + 4], CODE0
                lea rbx, [%$to]
                mov [rsp], ebx
                retf
%$to:           PASS
                CHECK 'RET far to level 3'
                push qword DATA3 | 3
                push qword ALIAS + USER_STACK
                push qword CODE3 | 3
                lea rbx, [%$to]
                add rbx, ALIAS
                push rbx
                o64 retf
%$to:           mov eax, cs
                shl rax, 32
                mov bx, ss
                or ax, bx
                PASS
                CHECK 'RET far to level 3 with null SS'
                push qword 3
                push qword ALIAS + USER_STACK
                push qword CODE3 | 3
                lea rbx, [%$to]
                add rbx, ALIAS
                push rbx
                o64 retf
%$to:           PASS
                CHECK 'RET far to level 1 with null SS'
                push qword 1
                push qword KERNEL_STACK - 0x400
                push qword CODE1 | 1
                lea rbx, [%$to]
                push rbx
                o64 retf
%$to:           mov eax, cs
                shl eax, 16
                mov ax, ss
                PASS
; ---- interrupts
                CHECK 'the frame is aligned to 16 bytes'
                lea rbx, [show_stack]
                mov [hook], rbx
                and rsp, -16
                sub rsp, 8
                int 0x40
                PASS
                CHECK 'IST'
                mov word [idt + 16 * 0x41 + 4], 0xEE01
                lea rbx, [show_stack]
                mov [hook], rbx
                int 0x41
                PASS
                CHECK 'IST beyond the TSS limit'
                mov word [gdt + TSS_SHORT + 5], 0x89
                mov byte [gdt + TSS_SHORT + 5], 0x89
                mov ax, TSS_SHORT
                ltr ax
                int 0x41
                PASS
                and byte [gdt + TSS0 + 5], ~2
                mov ax, TSS0
                ltr ax
                CHECK 'IST that is not canonical'
                mov word [idt + 16 * 0x41 + 4], 0xEE02
                mov rax, 0x8000000000000000
                mov [tss0 + 0x2C], rax
                int 0x41
                PASS
                mov word [idt + 16 * 0x41 + 4], 0xEE00
                CHECK 'level 3: INT'
                lea rbx, [show_stack]
                mov [hook], rbx
                USER
                int 0x41
                PASS
                CHECK 'level 3: SS in the handler'
                lea rbx, [show_ss]
                mov [hook], rbx
                USER
                int 0x41
                PASS
                CHECK 'INT from compatibility code'
                lea rbx, [show_stack]
                mov [hook], rbx
                USER32
                int 0x41
                bits 64
                PASS
                CHECK 'level 3: INT through a gate of DPL 0'
                USER
                int 0x42
                PASS
                CHECK 'INT through a 16-bit gate'
                mov byte [idt + 16 * 0x42 + 5], 0x86
                int 0x42
                PASS
                CHECK 'INT through a task gate'
                mov byte [idt + 16 * 0x42 + 5], 0x85
                int 0x42
                PASS
                CHECK 'INT to compatibility code'
                mov byte [idt + 16 * 0x42 + 5], 0x8E
                mov word [idt + 16 * 0x42 + 2], CODE32
                int 0x42
                PASS
                CHECK 'INT to an address that is not canonical'
                mov word [idt + 16 * 0x42 + 2], CODE0
                mov dword [idt + 16 * 0x42 + 8], 0x8000
                int 0x42
                PASS
                CHECK 'INT beyond the IDT'
                int 0x50
                PASS
                CHECK 'INTO does not exist'
                db 0xCE
                PASS
                CHECK 'double fault: #GP without a gate'
                mov byte [idt + 16 * 13 + 5], 0x0E
                mov rbx, 0x8000000000000000
                mov al, [rbx]
                PASS
                CHECK 'double fault: #SS on a stack that is not canonical'
                call build_idt
                mov rsp, 0x8000000000000000
                push rax
                PASS
                call build_idt
                mov word [idt + 16 * 0x41 + 4], 0xEE00
; ---- IRET
                CHECK 'IRETQ pops SS and RSP at the same level'
                mov rbx, rsp
                push qword DATA0
                push qword SCRATCH
                push qword 2
                push qword CODE0
                lea rcx, [%$to]
                push rcx
                iretq
%$to:           mov rax, rsp
                mov rsp, rbx
                PASS
                CHECK 'IRETQ to null SS at level 0'
                mov rbx, rsp
                push qword 0
                push rbx
                push qword 2
                push qword CODE0
                lea rcx, [%$to]
                push rcx
                iretq
%$to:           mov eax, ss
                PASS
                CHECK 'IRETQ to null SS at level 3'
                push qword 3
                push qword ALIAS + USER_STACK
                push qword 2
                push qword CODE3 | 3
                push qword 0
                iretq
                PASS
                CHECK 'IRETQ to null SS with compatibility code'
                push qword 0
                push qword USER_STACK
                push qword 2
                push qword CODE32
                push qword 0
                iretq
                PASS
                CHECK 'IRETQ to an address that is not canonical'
                push qword DATA0
                push rsp
                push qword 2
                push qword CODE0
                mov rbx, 0x8000000000000000
                push rbx
                iretq
                PASS
                CHECK 'IRETQ with NT'
                push qword 0x4002
                popfq
                iretq
                PASS
                CHECK 'IRETD'
                mov rbx, rsp
                sub rsp, 20
                mov dword [rsp + 16], DATA0
                mov [rsp + 12], ebx
                mov dword [rsp + 8], 2
                mov dword [rsp + 4], CODE0
                lea ecx, [%$to]
                mov [rsp], ecx
                iretd
%$to:           mov rax, rsp
                sub rax, rbx
                PASS
                CHECK 'IRETQ cannot set VM'
                mov rbx, rsp
                push qword DATA0
                push rbx
                push qword 0x20002
                push qword CODE0
                lea rcx, [%$to]
                push rcx
                iretq
%$to:           pushfq
                pop rax
                PASS
                CHECK 'IRETQ to level 3 drops inner segments'
                mov ax, DATA0
                mov ds, ax
                mov ax, DATA3 | 3
                mov es, ax
                USER
                mov ax, ds
                shl eax, 16
                mov ax, es
                PASS
                CHECK 'FS base after IRETQ to level 3 with FS of level 0'
                mov ax, DATA0
                mov fs, ax
                mov ecx, 0xC0000100
                mov eax, 0x1234
                xor edx, edx
                wrmsr
                lea rbx, [show_fs_base]
                mov [hook], rbx
                USER
                int 0x41
                PASS
; ---- SYSCALL and SYSRET
                CHECK 'SYSCALL without EFER.SCE'
                syscall
                PASS
                CHECK 'SYSRET without EFER.SCE'
                o64 sysret
                PASS
                mov ecx, 0xC0000080
                rdmsr
                or al, 1
                wrmsr
                mov ecx, 0xC0000081
                xor eax, eax
                mov edx, CODE0 | (CODE3_32 | 3) << 16
                wrmsr
                mov ecx, 0xC0000082
                lea rax, [syscall_entry]
                xor edx, edx
                wrmsr
                mov ecx, 0xC0000084
                mov eax, 0x4700
                wrmsr
                CHECK 'SYSCALL from level 3'
                lea rbx, [sys_show]
                mov [sys_hook], rbx
                USER 0x4AD7 & ~0x4100
%$begin2:       syscall
%$after:        PASS
                CHECK 'SYSCALL keeps the return address in RCX'
                lea rbx, [sys_show_rcx]
                mov [sys_hook], rbx
                lea rdx, [%$after]
                USER
                syscall
%$after:        PASS
                CHECK 'SYSCALL keeps the flags in R11'
                lea rbx, [sys_show_r11]
                mov [sys_hook], rbx
                USER 0x244AD7 & ~0x4100
                syscall
                PASS
                CHECK 'SYSRET to 64-bit code'
                lea rcx, [%$to]
                add rcx, ALIAS
                mov r11d, 0x3F7FD7 & ~0x100
                mov rsp, ALIAS + USER_STACK
                o64 sysret
%$to:           pushfq
                pop rax
                shl rax, 32
                mov eax, cs
                shl eax, 16
                mov ax, ss
                PASS
                CHECK 'SYSRET to compatibility code'
                lea rcx, [%$to]
                add rcx, ALIAS
                mov r11d, 2
                mov rsp, ALIAS + USER_STACK
                o32 sysret
                bits 32
%$to:           mov eax, cs
                shl eax, 16
                mov ax, ss
                int 0x40
                bits 64
                PASS
                CHECK 'SYSRET to an address that is not canonical'
                mov rcx, 0x8000000000000000
                o64 sysret
                PASS
                CHECK 'level 3: SYSRET'
                USER
                o64 sysret
                PASS
                CHECK 'SYSCALL in compatibility code'
                USER32
                syscall
                bits 64
                PASS
                CHECK 'WRMSR of LSTAR that is not canonical'
                mov ecx, 0xC0000082
                mov edx, 0x8000
                wrmsr
                PASS
; ---- SYSENTER and SYSEXIT
                CHECK 'SYSENTER with a null CS'
                sysenter
                PASS
                mov ecx, 0x174
                mov eax, CODE0
                xor edx, edx
                wrmsr
                mov ecx, 0x175
                mov eax, INNER_STACK
                wrmsr
                mov ecx, 0x176
                lea rax, [sysenter_entry]
                wrmsr
                CHECK 'SYSENTER from 64-bit code'
                USER 0x202
                sysenter
                PASS
                CHECK 'SYSENTER from compatibility code'
                USER32
                sysenter
                bits 64
                PASS
                mov ecx, 0x174
                mov eax, SYSEXIT_BASE
                xor edx, edx
                wrmsr
                CHECK 'SYSEXIT to 64-bit code'
                lea rdx, [%$to]
                add rdx, ALIAS
                mov rcx, ALIAS + USER_STACK
                o64 sysexit
%$to:           mov eax, cs
                shl eax, 16
                mov ax, ss
                PASS
                CHECK 'SYSEXIT to compatibility code'
                lea edx, [%$to]
                add edx, ALIAS
                mov ecx, ALIAS + USER_STACK
                sysexit
                bits 32
%$to:           mov eax, cs
                shl eax, 16
                mov ax, ss
                int 0x40
                bits 64
                PASS
                CHECK 'SYSEXIT to an address that is not canonical'
                mov rdx, 0x8000000000000000
                mov rcx, ALIAS + USER_STACK
                o64 sysexit
                PASS
                CHECK 'level 3: SYSEXIT'
                USER
                o64 sysexit
                PASS
; ---- SWAPGS and the base instructions
                CHECK 'SWAPGS'
                mov ecx, 0xC0000101
                mov eax, 0x1111
                xor edx, edx
                wrmsr
                mov ecx, 0xC0000102
                mov eax, 0x2222
                wrmsr
                swapgs
                rdmsr
                shl rax, 32
                mov rbx, rax
                mov ecx, 0xC0000101
                rdmsr
                or rax, rbx
                PASS
                CHECK 'level 3: SWAPGS'
                USER
                swapgs
                PASS
                CHECK 'RDFSBASE without CR4.FSGSBASE'
                rdfsbase rax
                PASS
                mov rax, cr4
                or eax, 0x10000
                mov cr4, rax
                CHECK 'level 3: WRFSBASE and RDFSBASE'
                USER
                mov rbx, 0xFFFF812345678ABC
                wrfsbase rbx
                rdfsbase rax
                PASS
                CHECK 'level 3: WRGSBASE of 32 bits'
                USER
                mov rbx, -1
                wrgsbase rbx
                wrgsbase ebx
                rdgsbase rax
                PASS
                CHECK 'level 3: WRGSBASE that is not canonical'
                USER
                mov rbx, 0x8000000000000000
                wrgsbase rbx
                PASS
                CHECK 'RDFSBASE of 32 bits'
                mov rbx, 0xFFFF812345678ABC
                wrfsbase rbx
                mov rax, -1
                rdfsbase eax
                PASS
; ---- control registers
                CHECK 'CR0.PG cannot be cleared in 64-bit code'
                mov rax, cr0
                btr rax, 31
                mov cr0, rax
                PASS
                CHECK 'CR0 with NW and not CD'
                mov rax, cr0
                bts rax, 29
                btr rax, 30
                mov cr0, rax
                PASS
                CHECK 'CR0 with bit 32'
                mov rax, cr0
                bts rax, 32
                mov cr0, rax
                PASS
                CHECK 'CR0.ET stays, reserved bits are ignored'
                mov rax, cr0
                mov rbx, rax
                and al, ~0x10
                or eax, 0x1000
                mov cr0, rax
                mov rax, cr0
                mov cr0, rbx
                and eax, 0x1FFFF
                PASS
                CHECK 'CR4.PAE cannot be cleared'
                mov rax, cr4
                btr rax, 5
                mov cr4, rax
                PASS
                CHECK 'CR4 with a reserved bit'
                mov rax, cr4
                bts rax, 15
                mov cr4, rax
                PASS
                CHECK 'CR4 with bit 32'
                mov rax, cr4
                bts rax, 32
                mov cr4, rax
                PASS
                CHECK 'CR4.LA57 cannot be changed'
                mov rax, cr4
                bts rax, 12
                mov cr4, rax
                PASS
                CHECK 'CR3 with a bit beyond MAXPHYADDR'
                mov rax, cr3
                bts rax, 52
                mov cr3, rax
                PASS
                CHECK 'CR3 with bit 63 and no PCIDs'
                mov rax, cr3
                bts rax, 63
                mov cr3, rax
                PASS
                CHECK 'CR8'
                mov eax, 9
                mov cr8, rax
                xor eax, eax
                mov rax, cr8
                mov ebx, 0
                mov cr8, rbx
                PASS
                CHECK 'CR8 with bit 4'
                mov eax, 0x10
                mov cr8, rax
                PASS
                CHECK 'CR1'
                db 0x0F, 0x22, 0xC8
                PASS
                CHECK 'CR5'
                db 0x0F, 0x20, 0xE8
                PASS
                CHECK 'EFER.LME cannot be changed'
                mov ecx, 0xC0000080
                rdmsr
                btr eax, 8
                wrmsr
                PASS
                CHECK 'EFER with a reserved bit'
                mov ecx, 0xC0000080
                rdmsr
                bts eax, 9
                wrmsr
                PASS
                CHECK 'EFER.LMA is not written'
                mov ecx, 0xC0000080
                rdmsr
                btr eax, 10
                wrmsr
                rdmsr
                PASS
                CHECK 'RDMSR of an unknown register'
                mov ecx, 0x12345678
                rdmsr
                PASS
                CHECK 'WRMSR of an unknown register'
                mov ecx, 0x12345678
                wrmsr
                PASS
                CHECK 'PAT with a reserved type'
                mov ecx, 0x277
                mov eax, 2
                wrmsr
                PASS
                CHECK 'PAT'
                mov ecx, 0x277
                rdmsr
                shl rdx, 32
                or rax, rdx
                PASS
; ---- debug registers
                CHECK 'DR7 with bit 32'
                mov rax, 1 << 32
                mov dr7, rax
                PASS
                CHECK 'DR6 with bit 32'
                mov rax, 1 << 32
                mov dr6, rax
                PASS
                CHECK 'fixed bits of DR6'
                xor eax, eax
                mov dr6, rax
                mov rax, dr6
                PASS
                CHECK 'fixed bits of DR7'
                mov eax, 0xD800
                mov dr7, rax
                mov rax, dr7
                mov ebx, 0x400
                mov dr7, rbx
                PASS
                CHECK 'DR4 is DR6'
                mov eax, 0xE00F
                db 0x0F, 0x23, 0xE0
                mov rax, dr6
                PASS
                CHECK 'DR4 with CR4.DE'
                mov rax, cr4
                or eax, 8
                mov cr4, rax
                db 0x0F, 0x21, 0xE0
                PASS
                CHECK 'DR7.GD'
                xor eax, eax
                mov dr6, rax
                mov eax, 0x2400
                mov dr7, rax
                mov rax, dr0
                PASS
                CHECK 'DR6 and DR7 after it'
                mov rax, dr6
                shl rax, 32
                mov rbx, dr7
                or rax, rbx
                PASS
                CHECK 'DR0 that is not canonical'
                mov rax, 0x8000000000000000
                mov dr0, rax
                mov rax, dr0
                PASS
; ---- descriptor tables
                CHECK 'LGDT with a base that is not canonical'
                mov rax, 0x8000000000000000
                mov [abs SCRATCH + 2], rax
                lgdt [abs SCRATCH]
                PASS
                CHECK 'SIDT'
                sidt [abs SCRATCH]
                mov rax, [abs SCRATCH + 2]
                lea rbx, [idt]
                sub rax, rbx
                shl rax, 16
                mov ax, [abs SCRATCH]
                PASS
                CHECK 'LTR of a TSS that is busy'
                mov ax, TSS0
                ltr ax
                PASS
                CHECK 'LTR of a 16-bit TSS'
                mov ax, TSS16
                ltr ax
                PASS
                CHECK 'LTR of a TSS whose base is not canonical'
                mov ax, TSS_FAR
                ltr ax
                PASS
                CHECK 'LTR of a TSS whose upper half has a type'
                mov ax, TSS_TYPE
                ltr ax
                PASS
                CHECK 'LLDT'
                mov ax, LDT0
                lldt ax
                mov ax, 4
                mov fs, ax
                mov dword [abs SCRATCH + 0x100], 0x77
                xor eax, eax
                mov eax, [fs:0x100]
                PASS
                xor eax, eax
                lldt ax
%macro LOOK 1
%defstr selector_name %1
                CHECK 'LAR and LSL of ', selector_name
                mov ebx, %1
                lar ecx, ebx
                setz al
                lsl edx, ebx
                setz ah
                shl eax, 28
                shr ecx, 8
                shl rcx, 32
                or rax, rcx
                or rax, rdx
                PASS
%endmacro
                LOOK CODE0
                LOOK TSS0
                LOOK TSS16
                LOOK LDT0
                LOOK GATE0
                LOOK TASK_GATE
                LOOK CODE32
                CHECK 'ARPL is MOVSXD'
                mov ebx, 0x80000000
                movsxd rax, ebx
                PASS
                CHECK 'LDS does not exist'
                db 0xC5, 0x03, 0, 0
                PASS
                CHECK 'PUSH ES does not exist'
                db 0x06
                PASS
                CHECK 'direct far JMP does not exist'
                db 0xEA, 0, 0, 0, 0, 0, 0
                PASS
; ---- UMIP
                mov rax, cr4
                or eax, 0x800
                mov cr4, rax
                CHECK 'level 3: SGDT under UMIP'
                USER
                mov rbx, ALIAS + SCRATCH
                sgdt [rbx]
                PASS
                CHECK 'level 3: SLDT under UMIP'
                USER
                sldt ax
                PASS
                CHECK 'level 3: STR under UMIP'
                USER
                str ax
                PASS
                CHECK 'level 3: SMSW under UMIP'
                USER
                smsw ax
                PASS
                CHECK 'SMSW of 64 bits at level 0'
                smsw rax
                and eax, 0x1F
                PASS
; ---- XSETBV, TSC
                CHECK 'XGETBV without CR4.OSXSAVE'
                xgetbv
                PASS
                mov rax, cr4
                or eax, 0x40000
                mov cr4, rax
                CHECK 'XCR0 at first'
                xgetbv
                PASS
                CHECK 'XSETBV'
                mov eax, 3
                xsetbv
                xgetbv
                PASS
                CHECK 'XSETBV without x87'
                mov eax, 2
                xsetbv
                PASS
                CHECK 'XSETBV with a reserved bit'
                mov eax, 3
                mov edx, 1
                xsetbv
                PASS
                CHECK 'XSETBV of another register'
                mov eax, 3
                mov ecx, 1
                xsetbv
                PASS
                CHECK 'level 3: XSETBV'
                USER
                xor ecx, ecx
                xor edx, edx
                mov eax, 3
                xsetbv
                PASS
                CHECK 'level 3: RDTSC with CR4.TSD'
                mov rax, cr4
                or eax, 4
                mov cr4, rax
                USER
                rdtsc
                PASS
                CHECK 'level 3: RDTSCP with CR4.TSD'
                USER
                rdtscp
                PASS
                CHECK 'RDTSCP and TSC_AUX'
                mov ecx, 0xC0000103
                mov eax, 0x1234
                xor edx, edx
                wrmsr
                rdtscp
                mov eax, ecx
                PASS
; ---- protected-mode virtual interrupts
                mov rax, cr4
                or al, 2
                mov cr4, rax
                CHECK 'PVI: CLI at level 3'
                USER 0x80202
                cli
                pushfq
                pop rax
                PASS
                CHECK 'PVI: STI at level 3'
                USER
                sti
                pushfq
                pop rax
                PASS
                CHECK 'PVI: STI at level 3 while VIP is set'
                USER 0x100002
                sti
                PASS
                CHECK 'PVI: STI at level 3 of compatibility mode'
                USER32
                sti
                pushfd
                pop eax
                bits 64
                PASS
                mov rax, cr4
                and al, ~2
                mov cr4, rax
                CHECK 'PVI off: CLI at level 3'
                USER 0x80202
                cli
                PASS
                jmp finish

syscall_entry:  jmp [sys_hook]
sys_show:       pushfq
                pop rax
                shl rax, 32
                mov eax, cs
                shl eax, 16
                mov cx, ss
                or ax, cx
                jmp sys_pass
sys_show_rcx:   mov rax, rcx
                sub rax, rdx
                jmp sys_pass
sys_show_r11:   mov rax, r11
sys_pass:       mov rsp, [saved_rsp]
                int 0x40
sysenter_entry: pushfq
                pop rax
                shl rax, 16
                mov ax, ss
                shl rax, 16
                mov ax, cs
                mov rbx, rsp
                sub rbx, INNER_STACK
                shl rbx, 56
                or rax, rbx
                int 0x40

; RSP: vector, error code, RIP, CS, RFLAGS, RSP, SS
show_stack:     mov rax, rsp
                shl rax, 16
                mov ax, [rsp + 48]
                shl rax, 16
                mov ax, [rsp + 24]
                mov bx, [rsp + 40]
                shl rbx, 48
                xor rax, rbx
                jmp show
show_ss:        mov eax, ss
                jmp show
show_fs_base:   mov ecx, 0xC0000100
                rdmsr
show:           mov qword [hook], 0
                mov bx, DATA0
                mov ss, bx
                mov rsp, [saved_rsp]
                int 0x40

gate3_target:   mov rax, rsp
                shl rax, 16
                mov ax, cs
                shl rax, 16
                mov ax, ss
                o64 retf

                align 8
sys_hook        dq 0
to_compat       dd compat_code
                dw CODE32
to_wrap         dd wrap_code
                dw CODE32
to_both         dd 0
                dw CODE_BOTH
to_gate         dd 0
                dw GATE0
to_gate_compat  dd 0
                dw GATE_COMPAT
to_gate_type    dd 0
                dw GATE_TYPE
to_gate_far     dd 0
                dw GATE_FAR
to_gate_last    dd 0
                dw GATE_LAST
to_gate3        dd 0
                dw GATE3 | 3
to_tss          dd 0
                dw TSS16
to_task_gate    dd 0
                dw TASK_GATE

                align 8
gdt:            dq 0
                SEG CODE0, 0, 0xFFFFF, 0x9A, 10
                SEG DATA0, 0, 0xFFFFF, 0x92, 12
                SEG CODE3_32, 0, 0xFFFFF, 0xFA, 12
                SEG DATA3, 0, 0xFFFFF, 0xF2, 12
                SEG CODE3, 0, 0xFFFFF, 0xFA, 10
SYSEXIT_BASE    equ $ - gdt
                SEG EXIT_CODE0, 0, 0xFFFFF, 0x9A, 10
                SEG EXIT_DATA0, 0, 0xFFFFF, 0x92, 12
                SEG EXIT_CODE3_32, 0, 0xFFFFF, 0xFA, 12
                SEG EXIT_DATA3, 0, 0xFFFFF, 0xF2, 12
                SEG EXIT_CODE3, 0, 0xFFFFF, 0xFA, 10
                SEG EXIT_DATA3_64, 0, 0xFFFFF, 0xF2, 12
                SEG CODE32, 0, 0xFFFFF, 0x9A, 12
                SEG CODE1, 0, 0xFFFFF, 0xBA, 10
                SEG CODE_BOTH, 0, 0xFFFFF, 0x9A, 14
                SEG DATA_SMALL, 0, 0xFF, 0x92, 4
                SEG DATA_RO, 0, 0xFFFFF, 0x90, 12
                SEG64 TSS0, LIN(tss0), TSS0_LIMIT, 0x89, 0
                SEG64 TSS_SHORT, LIN(tss0), 0x23, 0x89, 0
                SEG64 TSS16, LIN(tss0), 0x2B, 0x81, 0
                SEG64 TSS_FAR, LIN(tss0), 0x67, 0x89, 0, 0x8000
                SEG64 TSS_TYPE, LIN(tss0), 0x67, 0x89, 0, 0, 0x900
                SEG64 LDT0, LIN(ldt), 15, 0x82, 0
                GATE64 GATE0, CODE0, LIN(gate_target), 0x8C
                GATE64 GATE_COMPAT, CODE32, LIN(gate_target), 0x8C
                GATE64 GATE_TYPE, CODE0, LIN(gate_target), 0x8C, 0, 0x100
                GATE64 GATE_FAR, CODE0, LIN(gate_target), 0x8C, 0x8000
                GATE64 GATE3, CODE0, LIN(gate3_target), 0xEC
                GATE64 TASK_GATE, TSS0, 0, 0x85
GATE_LAST       equ $ - gdt
                dw LIN(gate_target) & 0xFFFF, CODE0
                db 0, 0x8C
                dw LIN(gate_target) >> 16
GDT_SIZE        equ $ - gdt
ldt:            dw 0xFFFF, SCRATCH & 0xFFFF
                db SCRATCH >> 16, 0x92, 0x40, 0
                dq 0
SECTORS         equ ($ - $$ + 511) / 512 - 1
                times (SECTORS + 1) * 512 - ($ - $$) db 0
