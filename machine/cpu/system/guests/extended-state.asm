; Checks of FXSAVE, FXRSTOR, XSAVE and XRSTOR (SDM 1 10.5, chapter 13): areas are restored and saved again, so that no
; x87 or SSE instruction is needed.

%include "boot.inc"
main:           jmp enter_long
                bits 64
%include "long64.inc"
                bits 64

AREA            equ SCRATCH
AREA2           equ SCRATCH + 0x2000

; Prints the sum of the doublewords of `%2` bytes at %1, weighted by position.
%macro DIGEST 2
                mov rsi, %1
                mov ecx, (%2) / 4
                call digest
%endmacro

checks:         call fill
                mov rax, cr4
                or eax, 0x600
                mov cr4, rax
                CHECK 'FXSAVE64 of what FXRSTOR64 loaded'
                call fill
                fxrstor64 [abs AREA]
                fxsave64 [abs AREA2]
                DIGEST AREA2, 416
                PASS
                CHECK 'FXSAVE of what FXRSTOR loaded'
                call fill
                mov dword [abs AREA + 12], 0
                mov dword [abs AREA + 20], 0
                fxrstor [abs AREA]
                fxsave [abs AREA2]
                mov dword [abs AREA2 + 12], 0
                mov dword [abs AREA2 + 20], 0
                DIGEST AREA2, 416
                PASS
                CHECK 'the first 32 bytes'
                mov rax, [abs AREA2]
                mov rbx, [abs AREA2 + 24]
                xor rax, rbx
                PASS
                CHECK 'registers follow TOP'
                call fill
                fxrstor64 [abs AREA]
                mov word [abs AREA + 2], 0x0800
                fxsave64 [abs AREA2]
                mov rax, [abs AREA2 + 32]
                PASS
                CHECK 'reserved bits of ST are saved as zero'
                mov rax, [abs AREA2 + 40]
                PASS
                CHECK 'MXCSR with a reserved bit'
                call fill
                mov dword [abs AREA + 24], 0x11F80
                fxrstor64 [abs AREA]
                PASS
                CHECK 'FXSAVE that is not aligned'
                fxsave64 [abs AREA + 8]
                PASS
                CHECK 'FXRSTOR with TS'
                mov rax, cr0
                or al, 8
                mov cr0, rax
                fxrstor64 [abs AREA]
                PASS
                clts
                CHECK 'FXSAVE with EM'
                mov rax, cr0
                or al, 4
                mov cr0, rax
                fxsave64 [abs AREA]
                PASS
                mov rax, cr0
                and al, ~4
                mov cr0, rax
                CHECK 'XSAVE without CR4.OSXSAVE'
                xsave64 [abs AREA]
                PASS
                mov rax, cr4
                or eax, 0x40000
                mov cr4, rax
                xor ecx, ecx
                xor edx, edx
                mov eax, 3
                xsetbv
                CHECK 'XRSTOR and XSAVE'
                call fill
                mov dword [abs AREA + 512], 3
                mov eax, 3
                xor edx, edx
                xrstor64 [abs AREA]
                mov eax, 3
                xor edx, edx
                xsave64 [abs AREA2]
                mov ecx, 416 / 4
                mov rsi, AREA2
                call digest
                mov ebx, [abs AREA2 + 512]
                shl rbx, 56
                xor rax, rbx
                PASS
                CHECK 'XRSTOR of the initial configuration of x87'
                mov dword [abs AREA + 512], 2
                mov eax, 3
                xor edx, edx
                xrstor64 [abs AREA]
                fxsave64 [abs AREA2]
                DIGEST AREA2, 160
                PASS
                CHECK 'XRSTOR of the initial configuration of SSE'
                call fill
                mov dword [abs AREA + 512], 1
                mov eax, 3
                xor edx, edx
                xrstor64 [abs AREA]
                fxsave64 [abs AREA2]
                DIGEST AREA2, 416
                PASS
                CHECK 'XRSTOR of x87 alone leaves MXCSR'
                mov dword [abs AREA + 512], 1
                mov dword [abs AREA + 24], 0x1F00
                mov eax, 1
                xor edx, edx
                xrstor64 [abs AREA]
                fxsave64 [abs AREA2]
                mov eax, [abs AREA2 + 24]
                PASS
                CHECK 'XRSTOR of a component that XCR0 has not'
                mov dword [abs AREA + 512], 7
                mov eax, 3
                xor edx, edx
                xrstor64 [abs AREA]
                PASS
                CHECK 'XRSTOR with a header that is not zero'
                mov dword [abs AREA + 512], 3
                mov dword [abs AREA + 520], 1
                mov eax, 3
                xor edx, edx
                xrstor64 [abs AREA]
                PASS
                mov dword [abs AREA + 520], 0
                CHECK 'XSAVE that is not aligned'
                mov eax, 3
                xor edx, edx
                xsave64 [abs AREA + 16]
                PASS
                CHECK 'XSAVE with TS'
                mov rax, cr0
                or al, 8
                mov cr0, rax
                mov eax, 3
                xor edx, edx
                xsave64 [abs AREA]
                PASS
                clts
                CHECK 'XSAVE keeps the bits of the header that were not asked for'
                mov dword [abs AREA2 + 512], 0x204
                mov eax, 1
                xor edx, edx
                xsave64 [abs AREA2]
                mov eax, [abs AREA2 + 512]
                PASS
                jmp finish

; An area with a pattern that is a legal state: TOP 3, some registers empty.
fill:           push rax
                push rcx
                push rdi
                mov edi, AREA
                mov eax, 0x01234567
                mov ecx, 416 / 4
.next:          mov [rdi], eax
                imul eax, eax, 1103515245
                add eax, 12345
                add edi, 4
                dec ecx
                jnz .next
                mov ecx, 0x400 / 4
                xor eax, eax
.zero:          mov [rdi], eax
                add edi, 4
                dec ecx
                jnz .zero
                mov dword [abs AREA], 0x1900037F
                mov dword [abs AREA + 4], 0x012300F5
                mov dword [abs AREA + 12], 0
                mov dword [abs AREA + 20], 0
                mov dword [abs AREA + 24], 0x1FA5
                mov dword [abs AREA + 28], 0
                mov edi, AREA2
                mov ecx, 0x400 / 4
.zero2:         mov [rdi], eax
                add edi, 4
                dec ecx
                jnz .zero2
                pop rdi
                pop rcx
                pop rax
                ret

digest:         xor eax, eax
.next:          mov ebx, [rsi]
                imul rax, rax, 31
                add rax, rbx
                add rsi, 4
                dec ecx
                jnz .next
                ret

                align 8
gdt:            dq 0
                SEG CODE0, 0, 0xFFFFF, 0x9A, 10
                SEG DATA0, 0, 0xFFFFF, 0x92, 12
                SEG CODE3, 0, 0xFFFFF, 0xFA, 10
                SEG DATA3, 0, 0xFFFFF, 0xF2, 12
                SEG64 TSS0, LIN(tss0), TSS0_LIMIT, 0x89, 0
GDT_SIZE        equ $ - gdt
SECTORS         equ ($ - $$ + 511) / 512 - 1
                times (SECTORS + 1) * 512 - ($ - $$) db 0
