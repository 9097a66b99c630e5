; A translation that one CPU changed stays with another until that one flushes it: what TLB shootdowns are for.
%include "smp.inc"
DIRECTORY equ 0x400000
TABLE equ 0x401000
WINDOW equ 0x800000             ; through TABLE: to FIRST, later to SECOND
FIRST equ 0x410000
SECOND equ 0x411000

main:   gate 0x40, flush
        mov dword [FIRST], 1111
        mov dword [SECOND], 2222
        ; 4 MiB pages for all but WINDOW's; no global ones
        mov edi, DIRECTORY
        mov eax, 0x83
        mov ecx, 1024
.entry: stosd
        add eax, 0x400000
        loop .entry
        mov dword [DIRECTORY + 4 * (WINDOW >> 22)], TABLE | 3
        mov dword [TABLE], FIRST | 3
        call paging
        mov dword [go], 1
.loaded: pause
        cmp dword [reads], CPUS - 1
        jne .loaded
        print "before: "
        mov eax, [WINDOW]
        call print_number
        mov dword [TABLE], SECOND | 3
        invlpg [WINDOW]
        print 10, "the CPU that flushed: "
        mov eax, [WINDOW]
        call print_number
        mov dword [reads], 0
        mov dword [go], 2
.stale: pause
        cmp dword [reads], CPUS - 1
        jne .stale
        print 10, "the others, not told:"
        call others
        mov dword [reads], 0
        mov dword [ICR], 0xc4040
.told:  pause
        cmp dword [reads], CPUS - 1
        jne .told
        print 10, "the others, told by IPI:"
        call others
        print 10
        ret

others: mov esi, values + 4
        mov ecx, CPUS - 1
.next:  print " "
        lodsd
        call print_number
        loop .next
        ret

paging: mov eax, cr4
        or eax, 0x10
        mov cr4, eax
        mov eax, DIRECTORY
        mov cr3, eax
        mov eax, cr0
        or eax, 0x80000000
        mov cr0, eax
        ret

flush:  push eax
        push ebx
        invlpg [WINDOW]
        call own_id
        call note
        mov dword [LAPIC + 0xb0], 0
        pop ebx
        pop eax
        iret

note:   mov eax, [WINDOW]
        mov [values + 4 * ebx], eax
        lock inc dword [reads]
        ret

ap_main:
.wait:  pause
        cmp dword [go], 1
        jne .wait
        call paging
        call note
.second: pause
        cmp dword [go], 2
        jne .second
        call note
        sti
.sleep: hlt
        jmp .sleep

go:     dd 0
reads:  dd 0
values: times CPUS dd 0
