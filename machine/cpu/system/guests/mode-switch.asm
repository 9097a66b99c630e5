; Checks of the ways between the processor's modes (SDM 3A 9.8, 9.9), from and back to real-address mode each time.

%include "boot.inc"
main:           jmp start_real
%include "real16.inc"
                bits 16

PML4            equ 0x30000
PDPT            equ 0x31000
PD              equ 0x32000
PAE_PDPT        equ 0x33000
PD32            equ 0x34000

; Writes EAX to an MSR's low half, EDX:high is 0.
%macro EFER 1
                mov ecx, 0xC0000080
                rdmsr
                and eax, ~0x900
                or eax, %1
                wrmsr
%endmacro

; To 32-bit protected mode; the body goes on there. BACK returns.
%macro PROTECTED 0
                cli
                lgdt [gdt_pointer]
                mov eax, cr0
                or al, 1
                mov cr0, eax
                jmp CODE32:%%flat
                bits 32
%%flat:         mov ax, DATA
                mov ds, ax
                mov es, ax
                mov ss, ax
                movzx esp, sp
                xor eax, eax
%endmacro

; From any mode but 64-bit, paging off or mapped one to one, to real-address mode. EAX is kept.
%macro BACK 0
                call to_real
                bits 16
                mov ebx, eax
                mov ecx, cr0
                and ecx, 0x7FFFFFFE
                mov cr0, ecx
                jmp 0:%%real
%%real:         xor ax, ax
                mov ds, ax
                mov es, ax
                mov fs, ax
                mov gs, ax
                mov ss, ax
                mov eax, ebx
%endmacro

checks:         call build_tables
                CHECK 'EFER after reset'
                mov ecx, 0xC0000080
                rdmsr
                PASS
                CHECK 'CR4 after reset'
                mov eax, cr4
                PASS
                CHECK 'to protected mode and back'
                PROTECTED
                mov eax, cr0
                BACK
                and eax, 0x8000003F
                PASS
                CHECK 'CPL after PE'
                PROTECTED
                mov eax, cs
                BACK
                PASS
                CHECK '32-bit paging on and off'
                PROTECTED
                mov eax, cr4
                or eax, 0x10
                mov cr4, eax
                mov eax, PD32
                mov cr3, eax
                mov eax, cr0
                bts eax, 31
                mov cr0, eax
                mov dword [0x400000 + 0x600], 0x1234
                mov eax, cr0
                btr eax, 31
                mov cr0, eax
                mov eax, [0x600]
                BACK
                PASS
                CHECK 'PAE paging on and off'
                PROTECTED
                mov eax, cr4
                or eax, 0x20
                mov cr4, eax
                mov eax, PAE_PDPT
                mov cr3, eax
                mov eax, cr0
                bts eax, 31
                mov cr0, eax
                mov dword [0x200000 + 0x600], 0x5678
                mov eax, cr0
                btr eax, 31
                mov cr0, eax
                mov eax, [0x600]
                BACK
                PASS
                CHECK 'PDPTEs with reserved bits keep paging off'
                mov byte [.trapped], 0
                PROTECTED
                lidt [protected_idt]
                mov eax, PAE_PDPT + 0x20
                mov cr3, eax
                mov ebx, .pdpte_fault
                mov eax, cr0
                bts eax, 31
                mov cr0, eax
                jmp .pdpte_end
.trapped        db 0
.pdpte_fault:   inc byte [.trapped]
.pdpte_end:     movzx eax, byte [.trapped]
                shl eax, 16
                mov ecx, cr0
                shr ecx, 31
                or eax, ecx
                BACK
                PASS
                CHECK 'PG with EFER.LME and without CR4.PAE'
                PROTECTED
                lidt [protected_idt]
                EFER 0x100
                mov eax, cr4
                and eax, ~0x20
                mov cr4, eax
                mov ebx, .no_pae
                mov eax, cr0
                bts eax, 31
                mov cr0, eax
.no_pae:        mov eax, edx
                mov ecx, 0xC0000080
                rdmsr
                BACK
                PASS
                CHECK 'to compatibility mode and back'
                PROTECTED
                call enable_long
                mov ecx, 0xC0000080
                rdmsr
                push eax
                call disable_long
                mov ecx, 0xC0000080
                rdmsr
                pop ebx
                shl eax, 16
                mov ax, bx
                BACK
                PASS
                CHECK 'to 64-bit mode and back'
                PROTECTED
                call enable_long
                jmp CODE64:.long
                bits 64
.long:          mov rax, 0x123456789ABCDEF0
                shr rax, 32
                jmp dword far [.to_compat]
.to_compat:     dd .compat
                dw CODE32
                bits 32
.compat:        push eax
                call disable_long
                pop eax
                BACK
                PASS
                CHECK 'upper halves of registers after compatibility mode'
                PROTECTED
                call enable_long
                jmp CODE64:.upper
                bits 64
.upper:         mov r8, 0x1111222233334444
                mov rbx, 0x5555666677778888
                jmp dword far [.to_compat2]
.to_compat2:    dd .compat2
                dw CODE32
                bits 32
.compat2:       inc ebx
                jmp CODE64:.again
                bits 64
.again:         mov rax, r8
                shr rax, 32
                mov rcx, rbx
                shr rcx, 32
                shl eax, 16
                or eax, ecx
                jmp dword far [.to_compat3]
.to_compat3:    dd .compat3
                dw CODE32
                bits 32
.compat3:       push eax
                call disable_long
                pop eax
                BACK
                PASS
                CHECK '16-bit compatibility code'
                PROTECTED
                call enable_long
                jmp CODE16:.code16
                bits 16
.code16:        mov eax, 0x10001
                push ax
                pop cx
                mov bx, sp
                jmp dword CODE32:.back16
                bits 32
.back16:        push eax
                call disable_long
                pop eax
                BACK
                PASS
                CHECK 'PG with EFER.LME while CS.L is set'
                PROTECTED
                lidt [protected_idt]
                mov eax, cr4
                or eax, 0x20
                mov cr4, eax
                mov eax, PML4
                mov cr3, eax
                EFER 0x100
                jmp CODE64:.legacy_with_l
                bits 16                 ; L means nothing yet, and D is clear
.legacy_with_l: mov ebx, .l_is_set
                mov eax, cr0
                bts eax, 31
                mov cr0, eax
.l_is_set:      mov eax, edx
                jmp dword CODE32:.l_end
                bits 32
.l_end:         BACK
                PASS
                CHECK 'CR4.PCIDE outside IA-32e mode'
                mov word [hook], no_pcide
                mov eax, cr4
                or eax, 0x20000
                mov cr4, eax
                xor eax, eax
                PASS
                CHECK 'CR0.PG cannot be cleared while CR4.PCIDE is set'
                PROTECTED
                lidt [protected_idt]
                call enable_long
                mov eax, cr4
                or eax, 0x20000
                mov cr4, eax
                lidt [long_idt]
                mov ebx, .pcide_set
                mov eax, cr0
                btr eax, 31
                mov cr0, eax
.pcide_set:     mov eax, cr4
                and eax, ~0x20000
                mov cr4, eax
                push edx
                call disable_long
                pop eax
                BACK
                PASS
                CHECK 'the stack size follows SS in real-address mode'
                mov eax, esp
                PASS
                jmp finish

no_pcide:       mov word [hook], 0
                mov sp, [saved_sp]
                mov eax, 0xD
                int 0x40


                bits 32
; Long mode with 0..2 MiB mapped one to one; stays in compatibility code.
enable_long:    mov eax, cr4
                or eax, 0x20
                mov cr4, eax
                mov eax, PML4
                mov cr3, eax
                EFER 0x100
                mov eax, cr0
                bts eax, 31
                mov cr0, eax
                ret
disable_long:   mov eax, cr0
                btr eax, 31
                mov cr0, eax
                EFER 0
                ret

; The caller goes on in 16-bit protected mode with 64-KiB segments. EAX is kept.
to_real:        pop ebx
                lidt [real_idt]
                push word CODE16
                push bx
                mov cx, DATA16
                mov ds, cx
                mov es, cx
                mov fs, cx
                mov gs, cx
                movzx ebx, sp
                mov ss, cx
                mov esp, ebx
                o16 retf

; #GP in protected mode: goes on at EBX with EDX = 13
protected_gp:   add esp, 4
                mov edx, 13
                mov [esp], ebx
                iretd
                bits 64
long_gp:        add rsp, 8
                mov edx, 13
                mov [rsp], rbx
                iretq
                bits 16

build_tables:   push es
                mov ax, 0x3000
                mov es, ax
                xor di, di
                xor eax, eax
                mov cx, 0x6000 / 4
                rep stosd
                mov dword [es:PML4 - 0x30000], PDPT | 3
                mov dword [es:PDPT - 0x30000], PD | 3
                mov dword [es:PD - 0x30000], 0x83
                mov dword [es:PD - 0x30000 + 8], 0x83
                mov dword [es:PAE_PDPT - 0x30000], PD | 1
                mov dword [es:PAE_PDPT - 0x30000 + 0x20], PD | 3
                mov dword [es:PD32 - 0x30000], 0x83
                mov dword [es:PD32 - 0x30000 + 4], 0x83
                pop es
                ret

%macro SEG 5
%1              equ $ - gdt
                dw (%3) & 0xFFFF, (%2) & 0xFFFF
                db ((%2) >> 16) & 0xFF, %4, ((%5) << 4) | (((%3) >> 16) & 15), ((%2) >> 24) & 0xFF
%endmacro
                align 8
gdt:            dq 0
                SEG CODE32, 0, 0xFFFFF, 0x9A, 12
                SEG DATA, 0, 0xFFFFF, 0x92, 12
                SEG CODE64, 0, 0xFFFFF, 0x9A, 10
                SEG CODE16, 0, 0xFFFF, 0x9A, 0
                SEG DATA16, 0, 0xFFFF, 0x92, 0
gdt_pointer:    dw $ - gdt - 1
                dd gdt
real_idt        dw 0x3FF
                dd 0
protected_idt   dw 14 * 8 - 1
                dd idt32
long_idt        dw 14 * 16 - 1
                dd idt64
                align 8
idt32:          times 13 dq 0
                dw LIN(protected_gp) & 0xFFFF, CODE32, 0x8E00, 0
idt64:          times 13 * 2 dq 0
                dw LIN(long_gp) & 0xFFFF, CODE64, 0x8E00, 0
                dq 0
SECTORS         equ ($ - $$ + 511) / 512 - 1
                times (SECTORS + 1) * 512 - ($ - $$) db 0
