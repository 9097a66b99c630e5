; x2APIC mode: registers as MSRs, a 64-bit ICR, logical IDs in clusters that follow from the APIC ID, IPIs to oneself.
; Prints what SDM 3A 11.12 says; needs CPUID.1:ECX.x2APIC.
%include "smp.inc"
%define MSR(offset) (0x800 + (offset >> 4))

%macro write_msr 3              ; MSR, high, low
        mov ecx, %1
        mov edx, %2
        mov eax, %3
        wrmsr
%endmacro

main:   gate 0x40, count
        gate 13, protection
        call enable
        mov ebx, 0
        call describe
        mov dword [go], 1
        mov edi, ready
        mov eax, CPUS - 1
        call until
        mov ebx, 1
.each:  call describe
        inc ebx
        cmp ebx, CPUS
        jb .each
        sti
        print "to 2:"
        write_msr MSR(0x300), 2, 0x40
        call show
        print "logical 0000000A:"
        write_msr MSR(0x300), 10, 0x840
        call show
        print "logical 00010001:"
        write_msr MSR(0x300), 0x10001, 0x840
        call show
        print "to FFFFFFFF:"
        write_msr MSR(0x300), 0xffffffff, 0x40
        call show
        print "all but self:"
        write_msr MSR(0x300), 0, 0xc0040
        call show
        print "SELF IPI:"
        write_msr MSR(0x3f0), 0, 0x40
        call show
        cli
        ; what is #GP(0): the destination format register, a reserved half, leaving for xAPIC, writing the ID
        print "refused: "
        mov ecx, MSR(0x0e0)
        mov edi, .a
        rdmsr
.a:     mov edi, .b
        write_msr MSR(0x080), 1, 0
.b:     mov edi, .c
        write_msr 0x1b, 0, 0xfee00900
.c:     mov edi, .d
        write_msr MSR(0x020), 0, 5
.d:     mov edi, .e
        write_msr MSR(0x0b0), 0, 1
.e:     mov edi, .f
        mov ecx, MSR(0x310)
        rdmsr
.f:     mov eax, [refused]
        call print_number
        print 10, "the page is memory no more: "
        mov eax, [LAPIC + 0x30]
        call print_hex
        print 10
        ret

; CPUs EBX = what it found: ID, logical ID
describe:
        print "CPU "
        mov eax, ebx
        call print_number
        print ": ID "
        mov eax, [ids + 4 * ebx]
        call print_hex
        print ", logical "
        mov eax, [logical + 4 * ebx]
        call print_hex
        print ", base "
        mov eax, [bases + 4 * ebx]
        call print_hex
        print 10
        ret

show:   call settle
        xor ebx, ebx
.next:  print " "
        xor eax, eax
        xchg eax, [counts + 4 * ebx]
        call print_number
        inc ebx
        cmp ebx, CPUS
        jb .next
        print 10
        ret

enable: mov ecx, 0x1b
        rdmsr
        or eax, 0x400
        wrmsr
        rdmsr
        mov esi, eax
        mov ecx, MSR(0x020)
        rdmsr
        mov ebx, eax
        mov [bases + 4 * ebx], esi
        mov [ids + 4 * ebx], eax
        mov ecx, MSR(0x0d0)
        rdmsr
        mov [logical + 4 * ebx], eax
        ret

count:  pushad
        mov ecx, MSR(0x020)
        rdmsr
        inc dword [counts + 4 * eax]
        write_msr MSR(0x0b0), 0, 0
        popad
        iret

; goes on at EDI
protection:
        inc dword [refused]
        add esp, 4
        mov [esp], edi
        iret

ap_main:
        pause
        cmp dword [go], 1
        jne ap_main
        call enable
        lock inc dword [ready]
        sti
.sleep: hlt
        jmp .sleep

go:     dd 0
ready:  dd 0
refused: dd 0
ids:    times CPUS dd 99
logical: times CPUS dd 99
bases:  times CPUS dd 0
counts: times CPUS dd 0
