; Interprocessor interrupts: a ring of CPUs that wake each other, destinations and shorthands.
%include "smp.inc"
LAPS equ 50

main:   gate 0x40, ring
        gate 0x41, count
        gate 0x42, hold
        ; logical IDs for the flat model: bit n for CPU n
        mov byte [ready], 1
        xor ebx, ebx
        call logical_flat
        sti
        mov eax, 0x4040
        mov ecx, 1
        send
.laps:  hlt
        cmp dword [seen], LAPS
        jb .laps
        print "laps of the ring:"
        mov esi, seen
        call print_four
        ; one test after the other: ICR low, destination
        mov esi, cases
.case:  lodsd
        test eax, eax
        jz .flatdone
        mov ecx, eax
        lodsd
        xchg eax, ecx
        mov [LAPIC + 0x310], ecx
        push eax
        call clear
        pop eax
        mov [ICR], eax
        call settle
        call print_case
        jmp .case
.flatdone:
        ; the cluster model: CPUs 0 and 1 are members 1 and 2 of cluster 0, CPUs 2 and 3 of cluster 1
        mov byte [ready], 2
        xor ebx, ebx
        call logical_cluster
        mov dword [ICR], 0xc4041                ; wakes them
        call settle
        mov esi, cluster_cases
.more:  lodsd
        test eax, eax
        jz .done
        mov ecx, eax
        lodsd
        xchg eax, ecx
        mov [LAPIC + 0x310], ecx
        push eax
        call clear
        pop eax
        mov [ICR], eax
        call settle
        call print_case
        jmp .more
.done:  ; an interrupt of a lower class waits while one is in service, and comes after the EOI
        call clear
        mov eax, 0x4042
        mov ecx, 3
        send
.busy:  pause
        cmp dword [holding], 1
        jne .busy
        mov eax, 0x4041
        mov ecx, 3
        send
        call settle
        print "while one is in service:"
        mov esi, counts
        call print_four
        mov dword [holding], 2
        mov edi, counts + 12
        mov eax, 1
        call until
        print "after its end:"
        mov esi, counts
        call print_four
        cli
        ret

clear:  xor eax, eax
        mov edi, counts
        mov ecx, CPUS
        rep stosd
        ret

print_case:
        push esi
        print "ICR "
        mov eax, [esi - 8]
        call print_hex
        print " to "
        mov eax, [esi - 4]
        call print_hex
        print ":"
        mov esi, counts
        call print_four
        pop esi
        ret

print_four:
        mov ecx, CPUS
.next:  print " "
        lodsd
        call print_number
        loop .next
        print 10
        ret

; CPU n passes it to n + 1
ring:   push eax
        push ebx
        push ecx
        call own_id
        inc dword [seen + 4 * ebx]
        mov dword [LAPIC + 0xb0], 0
        cmp dword [seen], LAPS
        jae .over
        lea ecx, [ebx + 1]
        and ecx, CPUS - 1
        mov eax, 0x4040
        send
.over:  pop ecx
        pop ebx
        pop eax
        iret

count:  push ebx
        call own_id
        inc dword [counts + 4 * ebx]
        mov dword [LAPIC + 0xb0], 0
        pop ebx
        iret

; stays in service, with interrupts on, until it is told
hold:   mov dword [holding], 1
        sti
.wait:  pause
        cmp dword [holding], 2
        jne .wait
        cli
        mov dword [LAPIC + 0xb0], 0
        iret

logical_flat:
        mov ecx, ebx
        mov eax, 1
        shl eax, cl
        shl eax, 24
        mov dword [LAPIC + 0xe0], 0xffffffff
        mov [LAPIC + 0xd0], eax
        ret

logical_cluster:
        mov ecx, ebx
        and ecx, 1
        mov eax, 1
        shl eax, cl
        mov ecx, ebx
        shr ecx, 1
        shl ecx, 4
        or eax, ecx
        shl eax, 24
        mov dword [LAPIC + 0xe0], 0x0fffffff
        mov [LAPIC + 0xd0], eax
        ret

ap_main:
.wait:  pause
        cmp byte [ready], 1
        jne .wait
        call logical_flat
        sti
.flat:  hlt
        cmp byte [ready], 2
        jne .flat
        call logical_cluster
.cluster: hlt
        jmp .cluster

; fixed, physical; all; self; all with self; all but self; logical
cases:  dd 0x4041, 2 << 24
        dd 0x4041, 0xff << 24
        dd 0x44041, 0
        dd 0x84041, 0
        dd 0xc4041, 0
        dd 0x4841, 0x0a << 24
        dd 0x4841, 0x0f << 24
        dd 0x4841, 0x10 << 24
        dd 0
cluster_cases:
        dd 0x4841, 0x01 << 24
        dd 0x4841, 0x13 << 24
        dd 0x4841, 0x12 << 24
        dd 0x4841, 0x21 << 24
        dd 0
ready:  dd 0
holding: dd 0
seen:   times CPUS dd 0
counts: times CPUS dd 0
