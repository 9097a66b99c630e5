; Checks of interrupts in 32-bit protected mode: where they are taken, what holds them off, the 8259A pair, the 8254, the RTC, the
; local APIC with its timer, the I/O APIC, and NMIs (SDM 3A chapters 6 and 11; data sheets of the 8259A, 8254, MC146818, 82093AA).
; What is printed does not depend on how fast time goes.

%include "boot.inc"
main:           jmp enter_protected
                bits 32
%include "print32.inc"
%include "protected32.inc"
                bits 32

APIC            equ 0xFEE00000
IOAPIC          equ 0xFEC00000
MASTER          equ 0x48                ; vectors of IRQ 0..7
SLAVE           equ 0x38                ; vectors of IRQ 8..15

; Interrupts of vector %1 are listed: offset of EIP in the check.
%macro LIST 0
                mov dword [hook], listed
%endmacro

%macro APIC_WRITE 2     ; register, value
                mov dword [APIC + (%1)], %2
%endmacro

; Sends this processor an interrupt with a vector: it is pending when this is over.
%macro SELF 1
                mov dword [APIC + 0x300], 0x44000 | (%1)
%endmacro

%macro EOI 0
                mov dword [APIC + 0xB0], 0
%endmacro

%macro OUT8 2
                mov al, %2
                out %1, al
%endmacro

checks:
                ; the local APIC is on, LINT0 passes the 8259A's interrupts on
                mov dword [APIC + 0xF0], 0x14F
                mov dword [APIC + 0x350], 0x700
                mov dword [APIC + 0x80], 0
; ---- where an interrupt is taken
                CHECK 'STI: after the next instruction'
                LIST
                SELF 0x45
                sti
                nop
                nop
                cli
                PASS
                CHECK 'STI, then CLI: not at all'
                LIST
                SELF 0x45
                sti
                cli
                nop
                mov eax, [APIC + 0x220]
                call drain
                PASS
                CHECK 'STI with IF set does not hold off'
                LIST
                sti
                nop
                SELF 0x45
                sti
                nop
                cli
                PASS
                CHECK 'POPF: at once'
                LIST
                SELF 0x45
                push dword 0x202
                popfd
                nop
                cli
                PASS
                CHECK 'IRET: at once'
                LIST
                SELF 0x45
                push dword 0x202
                push dword CODE0
                push dword %$to
                iretd
                nop
%$to:           nop
                cli
                PASS
                CHECK 'MOV SS holds off'
                LIST
                mov ebx, ss
                sti
                nop
                cli
                SELF 0x45
                push dword 0x202
                sti
                mov ss, bx
                nop
                nop
                cli
                add esp, 4
                PASS
                CHECK 'POP SS holds off'
                LIST
                push ss
                SELF 0x45
                sti
                pop ss
                nop
                nop
                cli
                PASS
                CHECK 'HLT after STI is woken'
                LIST
                SELF 0x45
                sti
                hlt
                nop
                cli
                PASS
                CHECK 'two are pending: the higher comes first'
                LIST
                SELF 0x43
                SELF 0x47
                sti
                nop
                nop
                nop
                cli
                mov eax, [order]
                PASS
                CHECK 'the same vector twice is one'
                LIST
                SELF 0x45
                SELF 0x45
                sti
                nop
                nop
                nop
                cli
                PASS
                CHECK 'a trap comes before an interrupt'
                LIST
                SELF 0x45
                pushfd
                or dword [esp], 0x300
                popfd
                nop
                push dword 2
                popfd
                mov eax, [order]
                PASS
                CHECK 'between iterations of REP MOVSB'
                LIST
                mov dword [APIC + 0x3E0], 0xB
                mov dword [APIC + 0x320], 0x46
                mov esi, SCRATCH
                mov edi, SCRATCH + 0x100
                mov ecx, 0x8000
                mov dword [APIC + 0x380], 1
                sti
                rep movsb
                nop
                cli
                mov eax, ecx
                PASS
; ---- priorities of the local APIC
                CHECK 'IRR shows what is pending'
                SELF 0x45
                mov eax, [APIC + 0x220]
                call drain
                PASS
                CHECK 'ISR shows what is in service, IRR no longer'
                mov dword [hook], handler1
                SELF 0x45
                sti
                nop
                cli
                PASS
                jmp next1
handler1:       mov eax, [APIC + 0x120]
                shl eax, 16
                mov ax, [APIC + 0x220]
                EOI
                mov dword [hook], 0
                add esp, 8
                and dword [esp + 8], ~0x200
                iretd
next1:
                CHECK 'PPR is the class in service'
                mov dword [hook], handler2
                SELF 0x45
                sti
                nop
                cli
                PASS
                jmp next2
handler2:       mov eax, [APIC + 0xA0]
                EOI
                mov dword [hook], 0
                add esp, 8
                and dword [esp + 8], ~0x200
                iretd
next2:
                CHECK 'TPR holds its class off'
                LIST
                APIC_WRITE 0x80, 0x40
                SELF 0x45
                sti
                nop
                nop
                cli
                mov eax, [APIC + 0x220]
                mov dword [APIC + 0x80], 0
                call drain
                PASS
                CHECK 'TPR lets higher classes through'
                LIST
                APIC_WRITE 0x80, 0x30
                SELF 0x45
                sti
                nop
                nop
                cli
                mov dword [APIC + 0x80], 0
                PASS
                CHECK 'TPR is lowered: at once'
                LIST
                APIC_WRITE 0x80, 0x40
                SELF 0x45
                sti
                nop
                mov dword [APIC + 0x80], 0
                nop
                cli
                PASS
                CHECK 'PPR follows TPR'
                APIC_WRITE 0x80, 0x35
                mov eax, [APIC + 0xA0]
                mov dword [APIC + 0x80], 0
                PASS
                CHECK 'without EOI the same class waits'
                mov dword [hook], no_eoi
                SELF 0x45
                sti
                nop
                mov dword [hook], listed
                SELF 0x47
                nop
                nop
                SAY 'EOI '
                EOI
                nop
                nop
                cli
                PASS
                CHECK 'a higher class interrupts the handler'
                mov dword [hook], no_eoi
                mov dword [APIC + 0x320], 0x10046
                SELF 0x38
                sti
                nop
                mov dword [hook], listed
                SELF 0x45
                nop
                cli
                EOI
                PASS
                CHECK 'IPI by number'
                LIST
                mov eax, [APIC + 0x20]
                mov [APIC + 0x310], eax
                mov dword [APIC + 0x300], 0x4045
                sti
                nop
                cli
                xor eax, eax
                PASS
                CHECK 'IPI to logical destination'
                LIST
                mov dword [APIC + 0xE0], 0xFFFFFFFF
                mov dword [APIC + 0xD0], 0x04000000
                mov dword [APIC + 0x310], 0x04000000
                mov dword [APIC + 0x300], 0x4845
                sti
                nop
                cli
                PASS
                CHECK 'IPI to all'
                LIST
                mov dword [APIC + 0x300], 0x84045
                sti
                nop
                cli
                PASS
                CHECK 'IPI to all but this one'
                LIST
                mov dword [APIC + 0x300], 0xC4045
                sti
                nop
                cli
                PASS
                CHECK 'an illegal vector is noted'
                mov dword [APIC + 0x280], 0
                SELF 0x0F
                mov dword [APIC + 0x280], 0
                mov eax, [APIC + 0x280]
                mov dword [APIC + 0x280], 0
                PASS
                CHECK 'registers: version, LVT entries'
                mov eax, [APIC + 0x30]
                and eax, 0xF0
                PASS
                CHECK 'registers: LDR and DFR'
                mov dword [APIC + 0xD0], 0x5A000000
                mov dword [APIC + 0xE0], 0x0FFFFFFF
                mov eax, [APIC + 0xD0]
                or eax, [APIC + 0xE0]
                mov dword [APIC + 0xE0], 0xFFFFFFFF
                PASS
                CHECK 'registers: LVT is masked while the APIC is off'
                mov dword [APIC + 0x370], 0x44
                mov dword [APIC + 0xF0], 0x4F
                mov eax, [APIC + 0x370]
                mov dword [APIC + 0xF0], 0x14F
                mov ebx, [APIC + 0x370]
                shl ebx, 4
                or eax, ebx
                mov dword [APIC + 0x350], 0x700
                PASS
; ---- the local APIC's timer
                CHECK 'timer: one shot'
                LIST
                call timer_off
                mov dword [APIC + 0x320], 0x46
                mov dword [APIC + 0x380], 100
                sti
                call wait_one
                cli
                mov eax, [APIC + 0x390]
                PASS
                CHECK 'timer: one shot comes once'
                mov dword [hook], counted
                call timer_off
                mov dword [APIC + 0x320], 0x46
                mov dword [APIC + 0x380], 100
                sti
                call wait_one
                call wait_long
                cli
                mov eax, [count]
                PASS
                CHECK 'timer: periodic comes again'
                mov dword [hook], counted
                call timer_off
                mov dword [APIC + 0x320], 0x20046
                mov dword [APIC + 0x380], 20000
                sti
%$wait:         cmp dword [count], 5
                jb %$wait
                cli
                mov eax, [count]
                call timer_off
                cmp eax, 5
                sete al
                PASS
                CHECK 'timer: masked'
                mov dword [hook], counted
                call timer_off
                mov dword [APIC + 0x320], 0x10046
                mov dword [APIC + 0x380], 100
                sti
                call wait_long
                cli
                mov eax, [count]
                PASS
                CHECK 'timer: stopped by an initial count of 0'
                mov dword [hook], counted
                call timer_off
                mov dword [APIC + 0x320], 0x46
                mov dword [APIC + 0x380], 100000
                mov dword [APIC + 0x380], 0
                sti
                call wait_long
                cli
                mov eax, [count]
                or eax, [APIC + 0x390]
                PASS
                CHECK 'timer: the count goes down'
                call timer_off
                mov dword [APIC + 0x320], 0x10046
                mov dword [APIC + 0x380], 0x10000000
                mov ebx, [APIC + 0x390]
                mov ecx, 100
%$spin:         loop %$spin
                mov ecx, [APIC + 0x390]
                cmp ecx, ebx
                setb al
                cmp ebx, 0x10000000
                setbe ah
                call timer_off
                PASS
                CHECK 'timer: the divider'
                call timer_off
                mov dword [APIC + 0x3E0], 0xFFFFFFFF
                mov eax, [APIC + 0x3E0]
                mov dword [APIC + 0x3E0], 0xB
                PASS
                CHECK 'timer: deadline mode reads as written'
                mov dword [APIC + 0x320], 0x40046
                mov eax, [APIC + 0x320]
                PASS
                CHECK 'timer: a deadline that is over'
                LIST
                mov dword [APIC + 0x320], 0x40046
                mov ecx, 0x6E0
                rdtsc
                wrmsr
                sti
                call wait_one
                cli
                xor eax, eax
                PASS
                CHECK 'timer: a deadline to come, then 0 afterwards'
                mov dword [hook], counted
                mov dword [count], 0
                mov ecx, 0x6E0
                rdtsc
                add eax, 20000
                adc edx, 0
                wrmsr
                sti
                call wait_one
                cli
                mov ecx, 0x6E0
                rdmsr
                or eax, edx
                add eax, [count]
                PASS
                CHECK 'timer: a deadline taken back'
                mov dword [hook], counted
                mov dword [count], 0
                mov ecx, 0x6E0
                rdtsc
                add eax, 100000
                adc edx, 0
                wrmsr
                xor eax, eax
                xor edx, edx
                wrmsr
                sti
                call wait_long
                cli
                mov eax, [count]
                PASS
                CHECK 'timer: no deadline in another mode'
                call timer_off
                mov dword [APIC + 0x320], 0x10046
                mov ecx, 0x6E0
                mov eax, 0x12345
                xor edx, edx
                wrmsr
                rdmsr
                PASS
; ---- the 8259A pair
                CHECK '8259A: IMR as written'
                call pics
                OUT8 0x21, 0x5A
                in al, 0x21
                and eax, 0xFF
                PASS
                CHECK '8259A: masked requests wait'
                call pics
                call pit_shot
                OUT8 0x20, 0x0A
                in al, 0x20
                and eax, 1
                PASS
                CHECK '8259A: IRQ 0'
                LIST
                call pics
                OUT8 0x21, 0xFE
                call pit_shot
                sti
                nop
                nop
                cli
                OUT8 0x20, 0x20
                xor eax, eax
                PASS
                CHECK '8259A: ISR in the handler'
                mov dword [hook], handler3
                call pics
                OUT8 0x21, 0xFE
                call pit_shot
                sti
                nop
                nop
                cli
                PASS
                jmp next3
handler3:       OUT8 0x20, 0x0B
                in al, 0x20
                movzx ebx, al
                OUT8 0x20, 0x20
                mov eax, ebx
                mov dword [hook], 0
                add esp, 8
                and dword [esp + 8], ~0x200
                iretd
next3:
                CHECK '8259A: in service, the same does not come again'
                mov dword [hook], counted_pic
                call pics
                OUT8 0x21, 0xFE
                call pit_shot
                sti
                nop
                nop
                call pit_shot
                nop
                nop
                cli
                mov eax, [count]
                shl eax, 8
                OUT8 0x20, 0x0A
                in al, 0x20
                and eax, 0xF01
                mov ebx, eax
                OUT8 0x20, 0x20
                mov eax, ebx
                PASS
                CHECK '8259A: automatic EOI'
                mov dword [hook], counted_pic
                call pics_auto
                OUT8 0x21, 0xFE
                call pit_shot
                sti
                nop
                nop
                call pit_shot
                nop
                nop
                cli
                OUT8 0x20, 0x0B
                in al, 0x20
                and eax, 0xFF
                shl eax, 8
                add eax, [count]
                PASS
                CHECK '8259A: IRQ 8 through the cascade'
                LIST
                call pics
                OUT8 0x21, 0xFB
                OUT8 0xA1, 0xFE
                call rtc_periodic
                sti
                call wait_one
                cli
                call rtc_off
                OUT8 0xA0, 0x20
                OUT8 0x20, 0x20
                xor eax, eax
                PASS
                CHECK '8259A: a request of the slave shows as IRQ 2'
                call pics
                OUT8 0xA1, 0xFE
                call rtc_periodic
%$wait:         OUT8 0xA0, 0x0A
                in al, 0xA0
                test al, 1
                jz %$wait
                OUT8 0x20, 0x0A
                in al, 0x20
                and eax, 4
                push eax
                call rtc_off
                pop eax
                PASS
                CHECK '8259A: specific EOI'
                mov dword [hook], counted_pic
                call pics
                OUT8 0x21, 0xFE
                call pit_shot
                sti
                nop
                nop
                cli
                OUT8 0x20, 0x61
                OUT8 0x20, 0x0B
                in al, 0x20
                mov bl, al
                OUT8 0x20, 0x60
                in al, 0x20
                mov bh, al
                movzx eax, bx
                PASS
; ---- the 8254
                CHECK '8254: read-back of mode and count type'
                OUT8 0x43, 0xB4         ; counter 2, both bytes, mode 2
                OUT8 0x42, 0x00
                OUT8 0x42, 0x80
                OUT8 0x43, 0xE8         ; status of counter 2
                in al, 0x42
                and eax, 0x3F
                PASS
                CHECK '8254: null count until it is loaded'
                OUT8 0x43, 0xB0         ; mode 0
                OUT8 0x43, 0xE8
                in al, 0x42
                and eax, 0x40
                PASS
                CHECK '8254: a latched count stays'
                in al, 0x61
                or al, 1
                and al, ~2
                out 0x61, al
                OUT8 0x43, 0xB4
                OUT8 0x42, 0xFF
                OUT8 0x42, 0xFF
                OUT8 0x43, 0x80
                mov ecx, 1000
%$spin:         loop %$spin
                in al, 0x42
                mov bl, al
                in al, 0x42
                cmp al, 0xF0
                setae al
                movzx eax, al
                PASS
                CHECK '8254: mode 0 raises OUT2 at the end'
                OUT8 0x43, 0xB0
                OUT8 0x42, 0xFF
                in al, 0x61
                mov bl, al
                OUT8 0x42, 0x02
                in al, 0x61
                mov bh, al
%$wait:         in al, 0x61
                test al, 0x20
                jz %$wait
                mov eax, 1
                and ebx, 0x2020
                shl ebx, 4
                or eax, ebx
                PASS
                CHECK '8254: mode 3 goes on'
                OUT8 0x43, 0xB6
                OUT8 0x42, 0x40
                OUT8 0x42, 0x00
                mov ecx, 3
%$high:         in al, 0x61
                test al, 0x20
                jz %$high
%$low:          in al, 0x61
                test al, 0x20
                jnz %$low
                loop %$high
                mov eax, 3
                PASS
                CHECK '8254: the gate stops mode 2'
                OUT8 0x43, 0xB4
                OUT8 0x42, 0x00
                OUT8 0x42, 0x40
                in al, 0x61
                and al, ~1
                out 0x61, al
                OUT8 0x43, 0x80
                in al, 0x42
                mov bl, al
                in al, 0x42
                mov bh, al
                mov ecx, 1000
%$spin:         loop %$spin
                OUT8 0x43, 0x80
                in al, 0x42
                mov cl, al
                in al, 0x42
                mov ch, al
                cmp bx, cx
                sete al
                movzx eax, al
                PASS
; ---- the RTC
                CHECK 'RTC: the periodic flag, cleared by reading C'
                call rtc_periodic
%$wait:         OUT8 0x70, 0x0C
                in al, 0x71
                test al, 0x40
                jz %$wait
                mov bl, al
                in al, 0x71
                mov bh, al
                call rtc_off
                movzx eax, bx
                and eax, 0xF0C0
                PASS
                CHECK 'RTC: valid RAM and time'
                OUT8 0x70, 0x0D
                in al, 0x71
                movzx eax, al
                PASS
                CHECK 'RTC: RAM keeps what is written'
                OUT8 0x70, 0x6A
                OUT8 0x71, 0xA5
                OUT8 0x70, 0x6A
                in al, 0x71
                movzx eax, al
                PASS
; ---- the I/O APIC
                CHECK 'I/O APIC: number of entries'
                mov dword [IOAPIC], 1
                mov eax, [IOAPIC + 0x10]
                shr eax, 16
                and eax, 0xFF
                PASS
                CHECK 'I/O APIC: an entry as written'
                mov dword [IOAPIC], 0x10 + 2 * 5
                mov dword [IOAPIC + 0x10], 0x1A845
                mov eax, [IOAPIC + 0x10]
                PASS
                CHECK 'I/O APIC: the upper half'
                mov dword [IOAPIC], 0x10 + 2 * 5 + 1
                mov dword [IOAPIC + 0x10], 0x0F000000
                mov eax, [IOAPIC + 0x10]
                PASS
                CHECK 'I/O APIC: the timer at pin 2'
                LIST
                call pics
                mov dword [APIC + 0x350], 0x10700
                mov dword [IOAPIC], 0x10 + 2 * 2 + 1
                mov dword [IOAPIC + 0x10], 0
                mov dword [IOAPIC], 0x10 + 2 * 2
                mov dword [IOAPIC + 0x10], 0x44
                call pit_shot
                sti
                nop
                nop
                cli
                mov dword [IOAPIC], 0x10 + 2 * 2
                mov dword [IOAPIC + 0x10], 0x10044
                xor eax, eax
                PASS
                CHECK 'I/O APIC: a masked edge is lost'
                LIST
                mov dword [IOAPIC], 0x10 + 2 * 2
                mov dword [IOAPIC + 0x10], 0x10044
                call pit_shot
                mov dword [IOAPIC + 0x10], 0x44
                sti
                nop
                nop
                cli
                mov dword [IOAPIC + 0x10], 0x10044
                xor eax, eax
                PASS
; ---- NMI
                mov dword [APIC + 0x310], 0
                CHECK 'NMI comes with interrupts off'
                LIST
                mov dword [APIC + 0x300], 0x4400
                nop
                xor eax, eax
                PASS
                CHECK 'NMI: another waits for IRET'
                mov dword [hook], first4
                mov dword [count], 0
                mov dword [APIC + 0x300], 0x4400
                nop
                mov dword [hook], 0
                mov eax, [count]
                PASS
                jmp next4
first4:         cmp dword [count], 0
                jne second4
                inc dword [count]
                mov dword [APIC + 0x300], 0x4400
                nop
                nop
                or dword [count], 0x100
                add esp, 8
                iretd
second4:        add dword [count], 0x1000
                add esp, 8
                iretd
next4:
                CHECK 'NMI before an interrupt'
                LIST
                SELF 0x45
                push dword 0x202
                mov dword [APIC + 0x300], 0x4400
                popfd
                nop
                cli
                mov eax, [order]
                PASS
                jmp finish

; All pending interrupts are taken and forgotten.
drain:          push eax
                mov dword [hook], silent
                sti
                nop
                nop
                cli
                mov dword [hook], 0
                pop eax
                ret

timer_off:      mov dword [APIC + 0x320], 0x10046
                mov dword [APIC + 0x380], 0
                mov dword [APIC + 0x3E0], 0xB
                mov dword [count], 0
                mov dword [any], 0
                ret

; Until an interrupt has come, at most for long.
wait_one:       push ecx
                mov ecx, 2000000
.wait:          cmp dword [any], 0
                jne .end
                loop .wait
.end:           pop ecx
                ret

wait_long:      push ecx
                mov ecx, 300000
.wait:          loop .wait
                pop ecx
                ret

; Both 8259A anew, all masked.
pics:           OUT8 0x20, 0x11
                OUT8 0x21, MASTER
                OUT8 0x21, 4
                OUT8 0x21, 1
                OUT8 0xA0, 0x11
                OUT8 0xA1, SLAVE
                OUT8 0xA1, 2
                OUT8 0xA1, 1
                OUT8 0x21, 0xFF
                OUT8 0xA1, 0xFF
                mov dword [APIC + 0x350], 0x700
                mov dword [count], 0
                mov dword [any], 0
                OUT8 0x43, 0x30
                xor eax, eax
                ret

pics_auto:      call pics
                OUT8 0x20, 0x11
                OUT8 0x21, MASTER
                OUT8 0x21, 4
                OUT8 0x21, 3
                OUT8 0x21, 0xFF
                ret

; Counter 0 runs once to its end.
pit_shot:       OUT8 0x43, 0x30
                OUT8 0x40, 20
                OUT8 0x40, 0
.wait:          OUT8 0x43, 0xE2
                in al, 0x40
                test al, 0x80
                jz .wait
                ret

rtc_periodic:   OUT8 0x70, 0x0A
                OUT8 0x71, 0x26
                OUT8 0x70, 0x0B
                OUT8 0x71, 0x42
                OUT8 0x70, 0x0C
                in al, 0x71
                ret
rtc_off:        OUT8 0x70, 0x0B
                OUT8 0x71, 0x02
                OUT8 0x70, 0x0C
                in al, 0x71
                ret

; ESP: vector, error code, EIP, CS, EFLAGS. Prints vector and offset.
listed:         cmp dword [esp], 0x40
                je .passed
                push eax
                mov eax, [esp + 4]
                shl dword [order], 8
                mov [order], al
                SAY 'i'
                call puthex8
                mov eax, [esp + 12]
                sub eax, [check_begin]
                cmp eax, 0x200
                jae .elsewhere
                SAY '+'
                call puthex16
.elsewhere:     SAY ' '
                mov dword [any], 1
                cmp dword [esp + 4], 0x30
                jb .no_eoi
                EOI
.no_eoi:        pop eax
                add esp, 8
                iretd
.passed:        mov dword [hook], 0
                mov dword [any], 0
                jmp exception

no_eoi:         push eax
                SAY 'in service '
                pop eax
                add esp, 8
                iretd

counted:        cmp dword [esp], 0x40
                je listed.passed
                inc dword [count]
                mov dword [any], 1
                EOI
                add esp, 8
                iretd

; Interrupts of the 8259A want no EOI of the local APIC.
counted_pic:    cmp dword [esp], 0x40
                je listed.passed
                inc dword [count]
                add esp, 8
                iretd

silent:         EOI
                add esp, 8
                iretd

                align 4
order           dd 0
count           dd 0
any             dd 0

                align 8
gdt:            dq 0
                SEG CODE0, 0, 0xFFFFF, 0x9A, 12
                SEG DATA0, 0, 0xFFFFF, 0x92, 12
                SEG CODE3, 0, 0xFFFFF, 0xFA, 12
                SEG DATA3, 0, 0xFFFFF, 0xF2, 12
                SEG TSS0, LIN(tss0), TSS0_LIMIT, 0x89, 0
GDT_SIZE        equ $ - gdt
SECTORS         equ ($ - $$ + 511) / 512 - 1
                times (SECTORS + 1) * 512 - ($ - $$) db 0
