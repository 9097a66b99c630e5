; Devices' interrupts: the I/O APIC leads the timer's to one CPU after the other; the 8259A's go to the first only.
%include "smp.inc"
IO_APIC equ 0xFEC00000

main:   gate 0x40, edge
        gate 0x28, legacy
        mov byte [go], 1
        ; the timer: 1 kHz
        mov al, 0x34
        out 0x43, al
        mov al, 0xa9
        out 0x40, al
        mov al, 0x04
        out 0x40, al
        xor ebx, ebx
        sti
.route: call clear
        mov eax, ebx
        shl eax, 24
        mov dword [IO_APIC], 0x15
        mov [IO_APIC + 0x10], eax
        mov dword [IO_APIC], 0x14
        mov dword [IO_APIC + 0x10], 0x40
.count: pause
        cmp dword [counts + 4 * ebx], 3
        jb .count
        mov dword [IO_APIC + 0x10], 0x10040
        print "led to CPU "
        mov eax, ebx
        call print_number
        print ": taken by"
        call print_who
        inc ebx
        cmp ebx, CPUS
        jb .route
        ; the 8259A: requests from 28H, the timer's unmasked, through LINT0 of the first CPU
        call clear
        mov dword [LAPIC + 0x350], 0x700
        mov al, 0x11
        out 0x20, al
        mov al, 0x28
        out 0x21, al
        mov al, 4
        out 0x21, al
        mov al, 1
        out 0x21, al
        mov al, 0xfe
        out 0x21, al
.old:   pause
        cmp dword [counts], 3
        jb .old
        mov al, 0xff
        out 0x21, al
        cli
        print "8259A: taken by"
        call print_who
        ret

clear:  xor eax, eax
        mov edi, counts
        mov ecx, CPUS
        rep stosd
        ret

print_who:
        xor ecx, ecx
.next:  cmp dword [counts + 4 * ecx], 0
        je .none
        print " "
        mov eax, ecx
        call print_number
.none:  inc ecx
        cmp ecx, CPUS
        jb .next
        print 10
        ret

edge:   push ebx
        call own_id
        inc dword [counts + 4 * ebx]
        mov dword [LAPIC + 0xb0], 0
        pop ebx
        iret

legacy: push eax
        push ebx
        call own_id
        inc dword [counts + 4 * ebx]
        mov al, 0x20
        out 0x20, al
        pop ebx
        pop eax
        iret

ap_main:
        cmp byte [go], 1
        je .go
        pause
        jmp ap_main
.go:    sti
.sleep: hlt
        jmp .sleep

go:     dd 0
counts: times CPUS dd 0
