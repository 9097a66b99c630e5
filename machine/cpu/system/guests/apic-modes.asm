; Checks of delivery modes: entries of the I/O APIC (fixed, lowest priority, NMI, ExtINT, reserved ones), LINT0 behind the 8259A, the
; error status register (SDM 3A 11.5, 11.6; data sheet 82093AA). The 8254 makes one edge of IRQ 0 a check. A line lists the vectors
; that came.

%include "boot.inc"
main:           jmp enter_protected
                bits 32
%include "print32.inc"
%include "protected32.inc"
                bits 32

APIC            equ 0xFEE00000
IOAPIC          equ 0xFEC00000
MASTER          equ 0x48
SLAVE           equ 0x38

%macro OUT8 2
                mov al, %2
                out %1, al
%endmacro

%macro APIC_WRITE 2
                mov dword [APIC + (%1)], %2
%endmacro

; Entry %1 of the I/O APIC: lower half %2, destination this processor: physical 0, logical 1.
%macro ENTRY 2
                mov dword [IOAPIC], 0x10 + 2 * %1
                mov dword [IOAPIC + 0x10], 0x10000
                mov dword [IOAPIC], 0x10 + 2 * %1 + 1
                mov dword [IOAPIC + 0x10], ((%2) >> 11 & 1) << 24
                mov dword [IOAPIC], 0x10 + 2 * %1
                mov dword [IOAPIC + 0x10], %2
%endmacro

; One edge of IRQ 0 with entry 2 of the I/O APIC, LINT0 and the mask of the first 8259A as given, interrupts on or off.
%macro EDGE 5           ; name, entry, LINT0, mask, sti or cli
                CHECK %1
                call calm
                APIC_WRITE 0x350, %3
                ENTRY 2, %2
                OUT8 0x21, %4
                mov dword [hook], listed
                %5
                call edge
                cli
                mov dword [hook], 0
                mov eax, [count]
                PASS
%endmacro

checks:         APIC_WRITE 0xF0, 0x14F
                APIC_WRITE 0x80, 0
                APIC_WRITE 0xD0, 0x01000000
                APIC_WRITE 0xE0, 0xFFFFFFFF
                OUT8 0x20, 0x11
                OUT8 0xA0, 0x11
                OUT8 0x21, MASTER
                OUT8 0xA1, SLAVE
                OUT8 0x21, 4
                OUT8 0xA1, 2
                OUT8 0x21, 1
                OUT8 0xA1, 1
                EDGE 'I/O APIC: fixed', 0x45, 0x10000, 0xFF, sti
                EDGE 'I/O APIC: fixed, interrupts off', 0x45, 0x10000, 0xFF, cli
                EDGE 'I/O APIC: fixed, logical destination', 0x845, 0x10000, 0xFF, sti
                EDGE 'I/O APIC: lowest priority', 0x945, 0x10000, 0xFF, sti
                EDGE 'I/O APIC: NMI', 0x400, 0x10000, 0xFF, sti
                EDGE 'I/O APIC: NMI, interrupts off', 0x400, 0x10000, 0xFF, cli
                EDGE 'I/O APIC: NMI, its vector counts for nothing', 0x445, 0x10000, 0xFF, cli
                EDGE 'I/O APIC: NMI, masked', 0x10400, 0x10000, 0xFF, cli
                EDGE 'I/O APIC: reserved mode 3', 0x345, 0x10000, 0xFF, sti
                EDGE 'I/O APIC: reserved mode 6', 0x645, 0x10000, 0xFF, sti
                EDGE 'I/O APIC: ExtINT', 0x700, 0x10000, 0xFE, sti
                EDGE 'I/O APIC: ExtINT, its vector counts for nothing', 0x745, 0x10000, 0xFE, sti
                EDGE 'I/O APIC: ExtINT, interrupts off', 0x700, 0x10000, 0xFE, cli
                EDGE 'LINT0: ExtINT', 0x10000, 0x700, 0xFE, sti
                EDGE 'LINT0: ExtINT, interrupts off', 0x10000, 0x700, 0xFE, cli
                EDGE 'LINT0: ExtINT, masked', 0x10000, 0x10700, 0xFE, sti
                EDGE 'LINT0: fixed', 0x10000, 0x46, 0xFE, sti
                EDGE 'LINT0: fixed, masked in the 8259A', 0x10000, 0x46, 0xFF, sti
                EDGE 'LINT0: NMI', 0x10000, 0x400, 0xFE, cli
                EDGE 'LINT0: NMI, masked', 0x10000, 0x10400, 0xFE, cli

                call calm
                CHECK 'ESR: no error'
                APIC_WRITE 0x280, 0
                mov eax, [APIC + 0x280]
                PASS
                CHECK 'ESR: an illegal vector sent'
                APIC_WRITE 0x300, 0x4400F
                APIC_WRITE 0x280, 0
                mov eax, [APIC + 0x280]
                PASS
                CHECK 'ESR: it is gone with the next write'
                APIC_WRITE 0x280, 0
                mov eax, [APIC + 0x280]
                PASS
                CHECK 'ESR: remote read register and APR are no errors'
                mov eax, [APIC + 0xC0]
                mov eax, [APIC + 0x90]
                APIC_WRITE 0x280, 0
                mov eax, [APIC + 0x280]
                PASS
                CHECK 'ESR: an illegal register'
                mov eax, [APIC + 0x3A0]
                APIC_WRITE 0x280, 0
                mov eax, [APIC + 0x280]
                PASS
                CHECK 'LVT error: interrupt'
                mov dword [hook], listed
                mov dword [count], 0
                APIC_WRITE 0x370, 0x47
                sti
                APIC_WRITE 0x300, 0x4400F
                nop
                nop
                cli
                APIC_WRITE 0x370, 0x10047
                APIC_WRITE 0x280, 0
                mov dword [hook], 0
                mov eax, [count]
                PASS
                CHECK 'LVT entries: what can be written'
                xor ebx, ebx
                mov esi, 0x320
.entry:         mov dword [APIC + esi], 0xFFFFFFFF
                mov eax, [APIC + esi]
                call puthex32
                SAY ' '
                mov dword [APIC + esi], 0x10000
                add esi, 0x10
                cmp esi, 0x370
                jbe .entry
                xor eax, eax
                PASS
                CHECK 'ICR: what can be written'
                APIC_WRITE 0x310, 0xFFFFFFFF
                mov eax, [APIC + 0x310]
                PASS
                jmp finish

; Nothing is pending, all is masked.
calm:           push eax
                cli
                OUT8 0x43, 0x30
                OUT8 0x21, 0xFF
                OUT8 0xA1, 0xFF
                APIC_WRITE 0x350, 0x10000
                APIC_WRITE 0x360, 0x10000
                ENTRY 2, 0x10000
                mov dword [hook], drained
                OUT8 0x20, 0x11         ; forgets requests
                OUT8 0x21, MASTER
                OUT8 0x21, 4
                OUT8 0x21, 1
                OUT8 0x21, 0xFF
                sti
                nop
                nop
                cli
                mov dword [hook], 0
                mov dword [count], 0
                pop eax
                ret

; IRQ 0 rises once, some time after it fell.
edge:           OUT8 0x43, 0x30
                OUT8 0x40, 0x40
                OUT8 0x40, 0x00
                mov ecx, 200000
.wait:          loop .wait
                ret

listed:         cmp dword [esp], 0x40
                je exception
                push eax
                SAY 'i'
                mov eax, [esp + 4]
                call puthex8
                SAY ' '
                inc dword [count]
                cmp dword [esp + 4], 2
                je .masked
                cmp dword [esp + 4], MASTER
                je .pic
                mov dword [APIC + 0xB0], 0
.nmi:           pop eax
                add esp, 8
                iretd
.masked:        OUT8 0x21, 0xFF         ; INTR falls
                jmp .nmi
.pic:           OUT8 0x20, 0x20
                jmp .nmi

drained:        push eax
                mov dword [APIC + 0xB0], 0
                OUT8 0x20, 0x20
                pop eax
                add esp, 8
                iretd

                align 4
count           dd 0

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
