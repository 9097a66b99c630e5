; Each CPU's own timer; time stamps that never go back from one CPU to another.
%include "smp.inc"
TICKS equ 12

main:   gate 0x40, tick
        xor ebx, ebx
        mov dword [go], 1
        call work
.all:   pause
        cmp dword [done], CPUS
        jne .all
        print "ticks:"
        mov esi, ticks
        mov ecx, CPUS
.next:  print " "
        lodsd
        call print_number
        loop .next
        print 10, "time stamps that went back: "
        mov eax, [back]
        call print_number
        print 10
        ret

tick:   push ebx
        call own_id
        cmp dword [ticks + 4 * ebx], TICKS
        jae .on                                 ; one was on its way when the timer was masked
        inc dword [ticks + 4 * ebx]
        cmp dword [ticks + 4 * ebx], TICKS
        jb .on
        mov dword [LAPIC + 0x320], 0x10040      ; masked
.on:    mov dword [LAPIC + 0xb0], 0
        pop ebx
        iret

ap_main:
        cmp dword [go], 1
        je work
        pause
        jmp ap_main
work:   mov dword [LAPIC + 0x3e0], 0xb          ; divided by 1
        mov dword [LAPIC + 0x320], 0x20040      ; periodic
        imul eax, ebx, 30000
        add eax, 150000
        mov [LAPIC + 0x380], eax
        sti
.stamp: mov eax, 1
        xchg eax, [lock_word]
        test eax, eax
        jz .mine
        pause
        jmp .stamp
.mine:  rdtsc
        mov ecx, edx
        mov edx, eax
        sub eax, [last]
        mov eax, ecx
        sbb eax, [last + 4]
        jnc .later
        inc dword [back]
.later: mov [last], edx
        mov [last + 4], ecx
        mov dword [lock_word], 0
        cmp dword [ticks + 4 * ebx], TICKS
        jb .stamp
        cli
        lock inc dword [done]
        ret

go:     dd 0
done:   dd 0
lock_word: dd 0
back:   dd 0
last:   dd 0, 0
ticks:  times CPUS dd 0
