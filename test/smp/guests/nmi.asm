; NMIs: to all others, to CPUs that halt with interrupts off, and one held back while another is handled.
%include "smp.inc"

main:   gate 2, handler
        mov dword [go], 1
.ready: pause
        cmp dword [waiting], CPUS - 1
        jne .ready
        mov dword [ICR], 0xc4400                ; NMI, all but self
.first: pause
        cmp dword [total], CPUS - 1
        jne .first
        print "broadcast:"
        call print_counts
        ; CPU 1 spins with interrupts off, the others halt: again, one at a time
        mov ebx, 1
.each:  mov eax, 0x4400
        mov ecx, ebx
        send
        lea eax, [ebx + CPUS - 1]
.taken: pause
        cmp [total], eax
        jne .taken
        inc ebx
        cmp ebx, CPUS
        jb .each
        print "one by one:"
        call print_counts
        ; while CPU 3 handles one, two more arrive: one of them is held
        mov dword [lingering], 1
        mov eax, 0x4400
        mov ecx, 3
        send
.inside: pause
        cmp dword [lingering], 2
        jne .inside
        mov eax, 0x4400
        mov ecx, 3
        send
        call settle
        mov eax, 0x4400
        mov ecx, 3
        send
        call settle
        print "in the handler:"
        call print_counts
        mov dword [lingering], 0
        mov edi, counts + 12
        mov eax, 4
        call until
        call settle
        print "after IRET:"
        call print_counts
        ret

print_counts:
        push ebx
        xor ebx, ebx
.next:  print " "
        mov eax, [counts + 4 * ebx]
        call print_number
        inc ebx
        cmp ebx, CPUS
        jb .next
        print 10
        pop ebx
        ret

handler:
        push ebx
        call own_id
        inc dword [counts + 4 * ebx]
        lock inc dword [total]
        cmp dword [lingering], 1
        jne .out
        mov dword [lingering], 2
.wait:  pause
        cmp dword [lingering], 0
        jne .wait
.out:   pop ebx
        iret

ap_main:
        cmp dword [go], 1
        je .go
        pause
        jmp ap_main
.go:    lock inc dword [waiting]
        cmp ebx, 1
        je .spin
.halt:  hlt                                     ; interrupts are off
        jmp .halt
.spin:  pause
        jmp .spin

go:     dd 0
waiting: dd 0
total:  dd 0
lingering:  dd 0
counts: times CPUS dd 0
