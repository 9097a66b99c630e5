; A CPU that only faults: the handler of #UD is itself an undefined instruction, on a 16-bit stack segment that goes round. It retires
; nothing any more, and the others go on.
%include "smp.inc"
ROUNDS_EACH equ 50000
STACK16 equ 24
STACK16_BASE equ 0x400000

main:   gate 6, undefined
        mov dword [go], 1
        call count
.all:   pause
        cmp dword [done], CPUS - 1
        jne .all
        print "rounds:"
        mov esi, rounds
        mov ecx, CPUS
.next:  print " "
        lodsd
        call print_number
        loop .next
        print 10
        ret

ap_main:
        cmp dword [go], 1
        pause
        jne ap_main
        call own_id
        cmp ebx, CPUS - 1
        jne count
        lgdt [own_gdtr]
        mov ax, STACK16
        mov ss, ax
        mov esp, 0x1000
undefined:
        ud2

count:  call own_id
.again: inc dword [rounds + 4 * ebx]
        cmp dword [rounds + 4 * ebx], ROUNDS_EACH
        jne .again
        lock inc dword [done]
        ret

align 8
own_gdt: dq 0, 0x00cf9a000000ffff, 0x00cf92000000ffff, 0x000092000000ffff | STACK16_BASE << 16
own_gdtr: dw own_gdtr - own_gdt - 1
        dd own_gdt
go:     dd 0
done:   dd 0
rounds: times CPUS dd 0
