; Checks of who may use x87, MMX and SSE and how their errors arrive, in real-address mode: #NM and #UD by CR0.EM, MP, TS and
; CR4.OSFXSR (SDM 3A tables 2-2, 12-1, 13-1), #MF and FERR# with IRQ 13 (SDM 1 8.7, D.2), #XM (SDM 1 11.5), DAZ and FTZ.

%include "boot.inc"
main:           jmp start_real
%include "real16.inc"

MP              equ 2
EM              equ 4
TS              equ 8
NE              equ 0x20
OSFXSR          equ 0x200
OSXMMEXCPT      equ 0x400

; CR0.EM, MP and TS, and CR4.OSFXSR and OSXMMEXCPT, as given; NE is set.
%macro CONTROLS 2
                mov eax, cr0
                and eax, ~(MP | EM | TS)
                or eax, NE | (%1)
                mov ecx, cr4
                and ecx, ~(OSFXSR | OSXMMEXCPT)
                or ecx, %2
                mov cr4, ecx
                mov cr0, eax
                xor eax, eax
                xor ecx, ecx
%endmacro

; One instruction under one setting.
%macro UNDER 4+ ; text, CR0 bits, CR4 bits, instruction
                call calm
                CHECK %1
                CONTROLS %2, %3
                %4
                PASS
%endmacro

%macro MATRIX 3+ ; text, CR4 bits, instruction
                UNDER {%1, ', EM MP TS clear'}, 0, %2, %3
                UNDER {%1, ', TS'}, TS, %2, %3
                UNDER {%1, ', MP'}, MP, %2, %3
                UNDER {%1, ', MP TS'}, MP | TS, %2, %3
                UNDER {%1, ', EM'}, EM, %2, %3
                UNDER {%1, ', EM TS'}, EM | TS, %2, %3
                UNDER {%1, ', EM MP'}, EM | MP, %2, %3
                UNDER {%1, ', EM MP TS'}, EM | MP | TS, %2, %3
%endmacro

; Everything usable, nothing pending, everything masked.
calm:           CONTROLS 0, OSFXSR | OSXMMEXCPT
                fninit
                ldmxcsr [plain]
                ret

; An x87 error that is not masked: 1 / 0.
%macro ERROR 0
                fldcw [zero_divide]
                fld1
                fldz
                fdivp
%endmacro

; MXCSR = %1, XMM0 = %2 in its lowest lane, XMM1 = %3.
%macro SINGLES 3
                mov dword [scratch], %1
                ldmxcsr [scratch]
                mov dword [scratch], %2
                movss xmm0, [scratch]
                mov dword [scratch], %3
                movss xmm1, [scratch]
%endmacro

; Passes with MXCSR, and EBX across it.
%macro SHOW_SSE 0
                stmxcsr [scratch]
                mov eax, [scratch]
                xor eax, ebx
                PASS
%endmacro

; What a check leaves: status word of the x87.
show_status:    fnstsw ax
                movzx eax, ax
                ret

checks:         call calm
                MATRIX 'x87', OSFXSR, fld1
                MATRIX 'FNSTSW', OSFXSR, fnstsw ax
                MATRIX 'WAIT', OSFXSR, fwait
                MATRIX 'MMX', OSFXSR, paddb mm0, mm1
                MATRIX 'SSE', OSFXSR, addps xmm0, xmm1
                MATRIX 'packed integers', OSFXSR, paddb xmm0, xmm1
                MATRIX 'SSE4.2 text', OSFXSR, {pcmpistri xmm0, xmm1, 0}
                MATRIX 'FXSAVE', OSFXSR, fxsave [area]
                MATRIX 'LDMXCSR', OSFXSR, ldmxcsr [plain]
                MATRIX 'EMMS', OSFXSR, emms
                MATRIX 'CRC32', OSFXSR, crc32 eax, bl
                MATRIX 'MOVNTI', OSFXSR, movnti [scratch], eax
                MATRIX 'SFENCE', OSFXSR, sfence
                UNDER 'SSE without OSFXSR', 0, 0, addps xmm0, xmm1
                UNDER 'packed integers without OSFXSR', 0, 0, paddb xmm0, xmm1
                UNDER 'MMX without OSFXSR', 0, 0, paddb mm0, mm1
                UNDER 'SSE without OSFXSR, TS', TS, 0, addps xmm0, xmm1
                UNDER 'LDMXCSR without OSFXSR', 0, 0, ldmxcsr [plain]
                UNDER 'CRC32 without OSFXSR', 0, 0, crc32 eax, bl
                UNDER 'PEXTRW without OSFXSR', 0, 0, pextrw eax, xmm0, 0
                UNDER 'CVTPI2PS without OSFXSR', 0, 0, cvtpi2ps xmm0, mm0
                UNDER 'MOVDQ2Q with EM', EM, OSFXSR, movdq2q mm0, xmm0

; ---- #MF
                call calm
                CHECK '#MF: not by the instruction itself'
                ERROR
                call show_status
                PASS
                call calm
                CHECK '#MF: by the next waiting one'
                ERROR
                fld1
                PASS
                call calm
                CHECK '#MF: by WAIT'
                ERROR
                fwait
                PASS
                call calm
                CHECK '#MF: by MMX'
                ERROR
                paddb mm0, mm1
                PASS
                call calm
                CHECK '#MF: by EMMS'
                ERROR
                emms
                PASS
                call calm
                CHECK '#MF: not by SSE'
                ERROR
                addps xmm0, xmm1
                PASS
                call calm
                CHECK '#MF: not by FXSAVE'
                ERROR
                fxsave [area]
                mov ax, [area + 2]
                PASS
                call calm
                CHECK '#MF: not by FNSTENV, which masks'
                ERROR
                fnstenv [area]
                fwait
                call show_status
                PASS
                call calm
                CHECK '#MF: not after FNCLEX'
                ERROR
                fnclex
                fwait
                call show_status
                PASS
                call calm
                CHECK '#MF: by FLDCW that unmasks what is set'
                fld1
                fldz
                fdivp
                fldcw [zero_divide]
                fwait
                PASS
                call calm
                CHECK '#MF: by CVTPI2PS of a register'
                ERROR
                cvtpi2ps xmm0, mm0
                PASS
                call calm
                CHECK '#MF: not by CVTPI2PS of memory'
                ERROR
                cvtpi2ps xmm0, [scratch]
                PASS
                call calm
                CHECK '#MF: after #NM'
                ERROR
                mov eax, cr0
                or al, TS
                mov cr0, eax
                fld1
                PASS

; ---- FERR#, IRQ 13 as vector 3DH
                call calm
                mov al, 0x11
                out 0x20, al
                out 0xA0, al
                mov al, 0x48
                out 0x21, al
                mov al, 0x38
                out 0xA1, al
                mov al, 4
                out 0x21, al
                mov al, 2
                out 0xA1, al
                mov al, 1
                out 0x21, al
                out 0xA1, al
                mov al, 0xFB
                out 0x21, al
                mov al, 0xDF
                out 0xA1, al
                CHECK 'FERR#: IRQ 13'
                call without_ne
                ERROR
                sti
                nop
                nop
                fwait
                nop
                nop
                PASS
                call calm
                xor al, al
                out 0xF0, al
                call end_of_interrupt
                CHECK 'FERR#: requested in the 8259A'
                call without_ne
                ERROR
                mov word [hook], on_error
                sti
                fwait
                nop
                cli
                mov word [hook], 0
                mov al, 0x0A
                out 0xA0, al
                in al, 0xA0
                and eax, 0x20
                or eax, [count]
                PASS
                call calm
                CHECK 'FERR#: port F0h lets the next instructions pass'
                call without_ne
                mov dword [count], 0
                ERROR
                mov word [hook], on_error
                sti
                fwait
                fld1
                fwait
                nop
                cli
                mov word [hook], 0
                call show_top
                PASS
                call calm
                CHECK 'FERR#: again after FNCLEX'
                call without_ne
                mov dword [count], 0
                mov word [hook], on_error
                sti
                ERROR
                fwait
                nop
                fnclex
                fwait
                fld1
                fldz
                fdivp
                fwait
                nop
                cli
                mov word [hook], 0
                mov eax, [count]
                PASS
                call calm

; ---- #XM
                CHECK '#XM: divide by zero'
                SINGLES 0x1D80, 0x3F800000, 0
                divss xmm0, xmm1
                PASS
                CHECK '#XM: the flag is set, the destination stays'
                SINGLES 0x1D80, 0x3F800000, 0
                mov word [hook], skip_four
                divss xmm0, xmm1
                movss [scratch], xmm0
                mov ebx, [scratch]
                SHOW_SSE
                CHECK '#XM: invalid'
                SINGLES 0x1F00, 0x7FA00000, 0x3F800000
                addss xmm0, xmm1
                PASS
                CHECK '#XM: denormal'
                SINGLES 0x1E80, 1, 0x3F800000
                addss xmm0, xmm1
                PASS
                CHECK '#XM: denormal, DAZ'
                SINGLES 0x1EC0, 1, 0x3F800000
                addss xmm0, xmm1
                SHOW_SSE
                CHECK '#XM: overflow'
                SINGLES 0x1B80, 0x7F7FFFFF, 0x7F7FFFFF
                addss xmm0, xmm1
                PASS
                CHECK '#XM: underflow, exact'
                SINGLES 0x1780, 0x00800000, 0x3F000000
                mulss xmm0, xmm1
                PASS
                CHECK '#XM: precision'
                SINGLES 0x0F80, 0x3F800000, 0x40400000
                divss xmm0, xmm1
                PASS
                CHECK '#XM: without OSXMMEXCPT #UD'
                SINGLES 0x1D80, 0x3F800000, 0
                mov ecx, cr4
                and ecx, ~OSXMMEXCPT
                mov cr4, ecx
                divss xmm0, xmm1
                PASS
                call calm
                CHECK '#XM: before a mask is looked at, DE with ZE masked'
                SINGLES 0x1E80, 0x3F800000, 1
                divss xmm0, xmm1
                PASS
                CHECK '#XM: flags of all lanes'
                SINGLES 0x1D80, 0x3F800000, 0
                shufps xmm0, xmm0, 0
                mov word [hook], skip_three
                divps xmm0, xmm1
                SHOW_SSE
                CHECK 'masked: flags stay set'
                SINGLES 0x1F80, 0x3F800000, 0
                divss xmm0, xmm1
                SINGLES 0x1FA0, 0x3F800000, 0x3F800000
                addss xmm0, xmm1
                SHOW_SSE
                CHECK 'FTZ: an underflow gives zero'
                SINGLES 0x9F80, 0x00800001, 0x3F000000
                mulss xmm0, xmm1
                movss [scratch], xmm0
                mov ebx, [scratch]
                SHOW_SSE
                CHECK 'FTZ with underflow unmasked'
                SINGLES 0x9780, 0x00800001, 0x3F000000
                mulss xmm0, xmm1
                PASS
                CHECK 'LDMXCSR with a reserved bit'
                mov dword [scratch], 0x11F80
                ldmxcsr [scratch]
                PASS
                CHECK 'MOVAPS that is not aligned'
                movaps xmm0, [area + 8]
                PASS
                CHECK 'ADDPS that is not aligned'
                addps xmm0, [area + 4]
                PASS
                CHECK 'MOVNTDQ that is not aligned'
                movntdq [area + 8], xmm0
                PASS
                CHECK 'PCMPISTRI that is not aligned'
                pcmpistri xmm0, [area + 1], 0
                PASS
                CHECK 'LDDQU that is not aligned'
                lddqu xmm0, [area + 1]
                PASS
                jmp finish

without_ne:     mov eax, cr0
                and eax, ~NE
                mov cr0, eax
                fninit
                xor eax, eax
                ret

; EAX: how many errors arrived, and the x87 stack's top.
show_top:       fnstsw [scratch]
                mov ax, [scratch]
                and eax, 0x3800
                or eax, [count]
                ret

; SP: vector, IP, CS, FLAGS
on_error:       add sp, 2
                push ax
                inc dword [count]
                xor al, al
                out 0xF0, al
                call end_of_interrupt
                pop ax
                iret

end_of_interrupt:
                mov al, 0x20
                out 0xA0, al
                out 0x20, al
                ret

; Go on behind an instruction of three or four bytes.
skip_four:      add sp, 2
                push bp
                mov bp, sp
                add word [bp + 2], 4
                pop bp
                mov word [hook], 0
                iret
skip_three:     add sp, 2
                push bp
                mov bp, sp
                add word [bp + 2], 3
                pop bp
                mov word [hook], 0
                iret

                align 16
area            times 512 db 0
plain           dd 0x1F80
scratch         dd 0, 0
count           dd 0
zero_divide     dw 0x37B
SECTORS         equ ($ - $$ + 511) / 512 - 1
                times (SECTORS + 1) * 512 - ($ - $$) db 0
