; Checks of near branches in 32-bit protected mode that would leave the code segment, of code that runs into its limit
; (SDM 2A CALL, JMP, Jcc, LOOP; 2B RET: #GP(0) belongs to the branch), and of bytes beyond it.

%include "boot.inc"
main:           jmp enter_protected
                bits 32
%include "print32.inc"
%include "protected32.inc"
                bits 32

; The code below runs in CODE_SMALL, whose base is that of CODE0 and whose limit ends at `fence`; what it cannot reach lies behind.
%macro SMALL 0
                jmp CODE_SMALL:%%in
%%in:
%endmacro

%define beyond (fence + 0x20)

checks:
                CHECK 'JMP short within the limit'
                SMALL
                jmp short %$to
                nop
%$to:           mov eax, 1
                PASS
                CHECK 'JMP near beyond the limit'
                SMALL
                jmp near beyond
                PASS
                CHECK 'JMP near just beyond the limit'
                SMALL
                jmp near fence
                PASS
                CHECK 'JMP near to the last byte'
                mov byte [fence - 1], 0x90
                SMALL
                jmp near fence - 1
                PASS
                CHECK 'CALL beyond the limit'
                SMALL
                mov ebp, esp
                call beyond
                PASS
                CHECK 'CALL beyond the limit leaves ESP alone'
                mov dword [hook], %$handler
                SMALL
                mov ebx, esp
                call beyond
%$handler:      lea eax, [esp + 20]
                sub eax, ebx
                mov dword [hook], 0
                PASS
                CHECK 'Jcc beyond the limit, taken'
                SMALL
                cmp eax, eax
                je near beyond
                PASS
                CHECK 'Jcc beyond the limit, not taken'
                SMALL
                cmp eax, eax
                jne near beyond
                mov eax, 2
                PASS
%assign code 0
%rep 16
%assign sample 0
%rep 4
%assign flags 0x002
%if sample == 1
%assign flags 0x8C7
%elif sample == 2
%assign flags 0x083
%elif sample == 3
%assign flags 0x842
%endif
                CHECK 'Jcc beyond the limit by condition and flags'
                SMALL
                push dword flags
                popfd
                db 0x0F
                db 0x80 + code
                dd beyond - $ - 4
                mov eax, code << 16 | flags
                PASS
%assign sample sample + 1
%endrep
%assign code code + 1
%endrep
                CHECK 'JMP indirect beyond the limit'
                SMALL
                mov ebx, beyond
                jmp ebx
                PASS
                CHECK 'JMP through memory beyond the limit'
                mov dword [SCRATCH], beyond
                SMALL
                jmp [SCRATCH]
                PASS
                CHECK 'CALL indirect beyond the limit'
                SMALL
                mov ebx, beyond
                call ebx
                PASS
                CHECK 'CALL indirect beyond the limit leaves ESP alone'
                mov dword [hook], %$handler
                SMALL
                mov ecx, beyond
                mov ebx, esp
                call ecx
%$handler:      lea eax, [esp + 20]
                sub eax, ebx
                mov dword [hook], 0
                PASS
                CHECK 'RET beyond the limit'
                SMALL
                push dword beyond
                ret
                PASS
                CHECK 'RET beyond the limit leaves ESP alone'
                mov dword [hook], %$handler
                SMALL
                push dword beyond
                mov ebx, esp
                ret 8
%$handler:      lea eax, [esp + 20]
                sub eax, ebx
                mov dword [hook], 0
                PASS
                CHECK 'RET of 16 bits'
                push word %$end
                o16 ret
%$end:          mov eax, 3
                PASS
                CHECK 'JMP of 16 bits cuts EIP'
                SMALL
                o16 jmp %$end
%$end:          mov eax, 4
                PASS
                CHECK 'JMP of 16 bits indirect'
                mov ebx, %$end + 0x12340000
                jmp bx
%$end:          mov eax, 5
                PASS
                CHECK 'LOOP beyond the limit'
                mov word [fence - 2], 0x01E2
                SMALL
                mov ecx, 5
                jmp near fence - 2
                PASS
                CHECK 'LOOP beyond the limit leaves ECX alone'
                mov dword [hook], %$handler
                mov word [fence - 2], 0x01E2
                SMALL
                mov ecx, 5
                jmp near fence - 2
%$handler:      mov eax, ecx
                mov dword [hook], 0
                PASS
                CHECK 'LOOP beyond the limit, not taken'
                mov dword [fence - 4], 0x9090 << 16 | 0x10E2
                SMALL
                mov ecx, 1
                jmp near fence - 4
                PASS
                CHECK 'JECXZ beyond the limit'
                mov word [fence - 2], 0x01E3
                SMALL
                xor ecx, ecx
                jmp near fence - 2
                PASS
                CHECK 'running into the limit'
                mov dword [fence - 4], 0x90909090
                SMALL
                jmp near fence - 4
                PASS
                CHECK 'an instruction across the limit'
                mov dword [fence - 2], 0x05EB9066
                SMALL
                jmp near fence - 1
                PASS
                CHECK 'a branch at the limit'
                mov dword [fence - 2], 0x9090FEEB
                SMALL
                cmp eax, eax
                mov word [fence - 2], 0x0174    ; JZ to behind the limit
                jmp near fence - 2
                PASS
                CHECK 'a branch at the limit, not taken'
                mov word [fence - 2], 0x0175    ; JNZ
                SMALL
                cmp eax, eax
                jmp near fence - 2
                PASS
                CHECK 'a segment whose base is not zero'
                jmp CODE_BASED:.in - boot
.in:            call .near
                jmp CODE0:.back
.near:          mov eax, [esp]
                add eax, boot
                sub eax, .in
                ret
.back:          PASS
                CHECK 'the same code under another limit'
                mov dword [fence], 0x90CB9090   ; NOP NOP RETF
                call CODE0:fence
                call CODE_SMALL:fence
                PASS
                CHECK 'code beyond the limit of another segment'
                call CODE0:fence
                mov eax, 7
                PASS
                jmp finish

                align 4
pointer         dd 0, 0
                align 8
gdt:            dq 0
                SEG CODE0, 0, 0xFFFFF, 0x9A, 12
                SEG DATA0, 0, 0xFFFFF, 0x92, 12
                SEG CODE3, 0, 0xFFFFF, 0xFA, 12
                SEG DATA3, 0, 0xFFFFF, 0xF2, 12
                SEG TSS0, LIN(tss0), TSS0_LIMIT, 0x89, 0
                SEG CODE_SMALL, 0, LIN(fence) - 1, 0x9A, 4
                SEG CODE_BASED, LIN(boot), 0xFFFFF, 0x9A, 12
GDT_SIZE        equ $ - gdt
                times 16 nop
fence:          times 64 nop
SECTORS         equ ($ - $$ + 511) / 512 - 1
                times (SECTORS + 1) * 512 - ($ - $$) db 0
