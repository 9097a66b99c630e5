; LOCK XADD, LOCK CMPXCHG, XCHG and a ticket lock: four CPUs count together, and nothing is lost.
%include "smp.inc"
%ifndef ROUNDS
%define ROUNDS 3000
%endif

main:   xor ebx, ebx
        call work
.wait:  pause
        cmp dword [done], CPUS
        jne .wait
        print "LOCK XADD: "
        mov eax, [added]
        call print_number
        print 10, "under LOCK CMPXCHG: "
        mov eax, [first_count]
        call print_number
        print 10, "under XCHG: "
        mov eax, [second_count]
        call print_number
        print 10, "by tickets: "
        mov eax, [third_count]
        call print_number
        print 10, "LOCK INC, DEC and BTS agree: "
        mov eax, [balance]
        add eax, [bit_errors]
        call print_number
        print 10, "CMPXCHG8B: "
        mov eax, [wide]
        call print_number
        print " "
        mov eax, [wide + 4]
        call print_number
        print 10
        ret

ap_main:
work:   mov ecx, ROUNDS
.round: mov eax, 1
        lock xadd [added], eax
        ; a lock taken with LOCK CMPXCHG, with PAUSE
.take:  xor eax, eax
        mov edx, 1
        lock cmpxchg [first_lock], edx
        je .taken
        pause
        jmp .take
.taken: mov eax, [first_count]
        inc eax
        mov [first_count], eax
        mov dword [first_lock], 0
        ; with XCHG, and no PAUSE: only the end of the turn helps
.spin:  mov eax, 1
        xchg eax, [second_lock]
        test eax, eax
        jnz .spin
        mov eax, [second_count]
        inc eax
        mov [second_count], eax
        mov dword [second_lock], 0
        ; a ticket lock
        mov eax, 1
        lock xadd [ticket], eax
.turn:  cmp [serving], eax
        je .mine
        pause
        jmp .turn
.mine:  mov edx, [third_count]
        inc edx
        mov [third_count], edx
        inc dword [serving]
        lock inc dword [balance]
        lock bts dword [bit_set], ebx
        jnc .clear
        lock inc dword [bit_errors]
.clear: lock btr dword [bit_set], ebx
        lock dec dword [balance]
        push ebx
        push ecx
        mov eax, [wide]
        mov edx, [wide + 4]
.try:   mov ebx, eax
        mov ecx, edx
        inc ebx
        dec ecx
        lock cmpxchg8b [wide]
        jne .try
        pop ecx
        pop ebx
        dec ecx
        jnz near .round
        lock inc dword [done]
        ret

align 64
added:  dd 0
first_lock: dd 0
first_count: dd 0
second_lock: dd 0
second_count: dd 0
ticket: dd 0
serving: dd 0
third_count: dd 0
balance: dd 0
bit_set: dd 0
bit_errors: dd 0
done:   dd 0
align 8
wide:   dd 0, 100000
