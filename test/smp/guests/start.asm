; INIT and start-up: where and how the others begin, what a second start-up IPI does, and INIT again.
%include "smp.inc"

main:   xor ebx, ebx
.each:  print "CPU "
        mov eax, ebx
        call print_number
        cmp dword [bsp + 4 * ebx], 0
        je .other
        print " is the first"
.other: test ebx, ebx
        jz .next
        print ", begins at CS "
        mov eax, [started_cs + 4 * ebx]
        and eax, 0xffff
        call print_hex
        print " with CR0 "
        mov eax, [started_cr0 + 4 * ebx]
        call print_hex
        print ", CPUID says "
        mov eax, [cpuid_id + 4 * ebx]
        call print_number
.next:  print 10
        inc ebx
        cmp ebx, CPUS
        jb .each
        ; nobody waits for a start-up IPI now
        mov byte [0x9000], 0xf0                 ; LOCK INC DWORD [CS:100H]; JMP $
        mov dword [0x9001], 0x06ff662e
        mov word [0x9005], 0x100
        mov word [0x9007], 0xfeeb
        mov dword [0x9100], 0
        mov dword [ICR], 0xc4609
        call settle
        print "started by a second IPI: "
        mov eax, [0x9100]
        call print_number
        ; INIT stops CPU 2: it counts no more, and waits
        mov eax, 0x4500
        mov ecx, 2
        send
        call settle
        mov eax, [counts + 8]
        call settle
        sub eax, [counts + 8]
        print 10, "CPU 2 counts after INIT: "
        call print_number
        mov eax, [arrived]
        push eax
        mov eax, 0x4609
        mov ecx, 2
        send
.begun: pause
        cmp dword [0x9100], 1
        jne .begun
        print 10, "started elsewhere: "
        mov eax, [0x9100]
        call print_number
        mov eax, 0x4500
        mov ecx, 2
        send
        call settle
        mov eax, 0x4608
        mov ecx, 2
        send
        pop ecx
        inc ecx
        call wait_arrived
        mov eax, [counts + 8]
.again: pause
        cmp eax, [counts + 8]
        je .again
        print 10, "CPU 2 counts again", 10
        call first
        ret

; the bit of IA32_APIC_BASE that only the first CPU has
first:  push ebx
        mov ecx, 0x1b
        rdmsr
        shr eax, 8
        and eax, 1
        pop ebx
        ret

ap_main:
        call first
        mov [bsp + 4 * ebx], eax
        push ebx
        mov eax, 1
        cpuid
        shr ebx, 24
        mov eax, ebx
        xor ecx, ecx                            ; features differ
        xor edx, edx
        pop ebx
        mov [cpuid_id + 4 * ebx], eax
.count: inc dword [counts + 4 * ebx]
        pause
        jmp .count

bsp:    dd 1, 9, 9, 9
cpuid_id: dd 0, 99, 99, 99
counts: times CPUS dd 0
