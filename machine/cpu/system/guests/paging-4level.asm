; Checks of 4-level paging (SDM 3A 4.5), protection keys and process-context identifiers.

%include "boot.inc"
main:           jmp enter_long
                bits 64
%include "long64.inc"

%define WIDE 1
%define TEST_TABLE 0x32000
%define TEST_FRAME 0x58000
%define OTHER_FRAME 0x59000
%define LARGE_FRAME 0
%define TEST 0x80000000
%define RESERVED_LARGE 0x2000
%define READ 0
%define WRITE (1 << 16)
%define FETCH (2 << 16)
%define UREAD (3 << 16)
%define UWRITE (4 << 16)
%define UFETCH (5 << 16)

%macro PTE 1-2 0
                mov dword [abs TEST_TABLE], %1
                mov dword [abs TEST_TABLE + 4], %2
%endmacro
%macro PDE 1-2 0
                mov dword [abs PD2], %1
                mov dword [abs PD2 + 4], %2
%endmacro
%macro PDPTE 1-2 0
                mov dword [abs PDPT + 16], %1
                mov dword [abs PDPT + 20], %2
%endmacro
%macro SET_NEXT 1
                mov qword [abs TEST_TABLE + 8], %1
%endmacro
%macro FLUSH 0
                mov r8d, TEST
                invlpg [r8]
%endmacro
%macro FLUSH_NEXT 0
                mov r8d, TEST + 0x1000
                invlpg [r8]
%endmacro
%macro RELOAD_CR3 0
                mov rax, cr3
                mov cr3, rax
%endmacro
%macro SET_CR4 1
                mov rax, cr4
                or rax, %1
                mov cr4, rax
%endmacro
%macro CLEAR_CR4 1
                mov rax, cr4
                and rax, ~(%1)
                mov cr4, rax
%endmacro
%macro SET_CR0 1
                mov rax, cr0
                or rax, %1
                mov cr0, rax
%endmacro
%macro SET_NXE 1
                mov ecx, 0xC0000080
                rdmsr
                and eax, ~0x800
                or eax, %1
                wrmsr
%endmacro
%macro SET_AC 0
                pushfq
                or dword [rsp], 0x40000
                popfq
%endmacro
%macro CLEAR_AC 0
                pushfq
                and dword [rsp], ~0x40000
                popfq
%endmacro
%macro TITLE 1
                SAY {%1, ':'}
%endmacro
%macro LINE 0
                call newline
%endmacro
%macro ENTRY 1
%defstr entry_name %1
                SAY {' ', entry_name, '='}
%ifidn %1, PTE
                mov eax, [abs TEST_TABLE]
%elifidn %1, PDE
                mov eax, [abs PD2]
%elifidn %1, PDPTE
                mov eax, [abs PDPT + 16]
%else
                mov eax, [abs PML4]
%endif
                and eax, 0xFFF
                call puthex16
%endmacro
%macro TRY 1
                mov eax, %1
                call try_access
                call show_result
%endmacro
%macro SHOW 0
                call show_content
%endmacro
%macro POKE 2
                mov dword [abs TEST_FRAME + %1 - 2], %2
                mov dword [abs OTHER_FRAME], %2
%endmacro
%macro PEEK 1
                mov ax, [abs OTHER_FRAME]
                shl eax, 16
                mov ax, [abs TEST_FRAME + %1]
                SAY ' '
                call puthex32
%endmacro
%macro PROBE 1
                TITLE {%1}
                call probe
%endmacro

checks:         mov edi, TEST_FRAME
                mov eax, 0xAAAAAAC3
                mov ecx, 1024
                rep stosd
                mov edi, OTHER_FRAME
                mov eax, 0xBBBBBBC3
                mov ecx, 1024
                rep stosd
                mov byte [abs 0], 0xC3
                mov word [idt + 16 * 0x41 + 4], 0xEE00
                jmp paging_checks

; EAX: access << 16 | offset. RAX: -1, or the error code of #PF, or 0x8000 | vector.
try_access:     mov [try_rsp], rsp
                lea rbx, [.caught]
                mov [hook], rbx
                movzx ebx, ax
                add ebx, TEST
                shr eax, 16
                mov edx, 0xDDDDDDC3
                lea rcx, [.accesses]
                jmp [rcx + 8 * rax]
.read:          mov eax, [rbx]
                jmp .fine
.write:         mov [rbx], edx
                jmp .fine
.fetch:         call rbx
                jmp .fine
.user_read:     call .to_user
                mov eax, [rbx]
                int 0x41
.user_write:    call .to_user
                mov [rbx], edx
                int 0x41
.user_fetch:    call .to_user
                call rbx
                int 0x41
.fine:          mov rax, -1
                mov qword [hook], 0
                mov rsp, [try_rsp]
                ret
.to_user:       pop rcx
                add rcx, ALIAS
                push qword DATA3 | 3
                push qword ALIAS + USER_STACK
                push qword 2
                push qword CODE3 | 3
                push rcx
                iretq
.caught:        mov rcx, [rsp]
                mov rax, [rsp + 8]
                mov bx, DATA0
                mov ss, bx
                mov rsp, [try_rsp]
                cmp ecx, 0x41
                je .fine
                mov qword [hook], 0
                cmp ecx, 14
                je .page_fault
                mov eax, ecx
                or eax, 0x8000
.page_fault:    ret
                align 8
.accesses       dq .read, .write, .fetch, .user_read, .user_write, .user_fetch

show_result:    cmp rax, -1
                je .none
                SAY ' '
                call puthex16
                mov rax, cr2
                mov ecx, TEST
                sub rax, rcx
                jz .end
                SAY '@'
                call puthex16
.end:           ret
.none:          SAY ' -'
                ret

probe:          xor esi, esi
.next:          mov eax, esi
                shl eax, 16
                push rsi
                call try_access
                pop rsi
                call show_result
                inc esi
                cmp esi, 6
                jb .next
                call newline
                mov byte [abs TEST_FRAME + 3], 0xAA
                ret

show_content:   mov eax, READ
                call try_access
                cmp rax, -1
                jne show_result
                mov ebx, TEST
                mov al, [rbx + 0x103]
                SAY ' '
                call puthex8
                ret

try_rsp         dq 0

paging_checks:
%include "paging-checks.inc"
; ---- upper levels
                PDPTE PD2 | P | U
                RELOAD_CR3
                PROBE 'read-only at PDPTE'
                PDPTE PD2 | P | W
                RELOAD_CR3
                PROBE 'supervisor at PDPTE'
                PDPTE PD2 | U | W
                RELOAD_CR3
                PROBE 'PDPTE not present'
                SET_NXE 0x800
                PDPTE PD2 | P | U | W, 0x80000000
                RELOAD_CR3
                PROBE 'XD at PDPTE'
                PDPTE PD2 | P | U | W, 0x00080000
                RELOAD_CR3
                PROBE 'PDPTE with a bit beyond MAXPHYADDR'
                PDPTE P | U | W | PS | 0x2000
                RELOAD_CR3
                PROBE '1-GByte page with a reserved bit'
                PDPTE P | U | W | PS
                RELOAD_CR3
                TITLE '1-GByte page'
                SHOW
                TRY WRITE + 0x2000
                ENTRY PDPTE
                LINE
                TITLE 'INVLPG of a 1-GByte page'
                TRY READ
                TRY READ + 0x3000
                PDPTE PD2 | P | U | W
                SHOW
                FLUSH_NEXT
                SHOW
                LINE
                mov dword [abs PML4 + 8], PDPT | P | U | W | PS
                TITLE 'PML4E with bit 7'
                mov r8, 1 << 39
                call try_r8
                LINE
                mov dword [abs PML4 + 8], PDPT | P | U | W
                TITLE 'another PML4E'
                mov r8, (1 << 39)
                call try_r8
                SAY ' PML4E='
                mov eax, [abs PML4 + 8]
                call puthex32
                LINE
                TITLE 'highest canonical address below'
                mov r8, 0x7FFFFFFFFFFC
                call try_r8
                LINE
                TITLE 'lowest address that is not canonical'
                mov r8, 0x800000000000
                call try_r8
                LINE
                TITLE 'across the lowest address that is not canonical'
                mov r8, 0x7FFFFFFFFFFE
                call try_r8
                LINE
                TITLE 'lowest canonical address above'
                mov r8, 0xFFFF800000000000
                call try_r8
                LINE
                TITLE 'highest address'
                mov r8, 0xFFFFFFFFFFFFFFFC
                call try_r8
                LINE

; ---- process-context identifiers
%macro CR3 1
                mov rax, %1
                mov cr3, rax
%endmacro
                mov eax, 1
                cpuid
                bt ecx, 17
                jnc .no_pcid
                SET_CR4 0x20000
                TITLE 'PCIDs keep translations apart'
                CR3 PML4 | 1
                PTE TEST_FRAME | P | U | W
                SHOW
                PTE OTHER_FRAME | P | U | W
                CR3 (PML4 | 2)
                SHOW
                CR3 (PML4 | 1 | 1 << 63)
                SHOW
                CR3 (PML4 | 2 | 1 << 63)
                SHOW
                CR3 PML4 | 1
                SHOW
                mov rax, cr3
                SAY ' '
                call puthex64
                LINE
                TITLE 'MOV to CR3 leaves other PCIDs'
                PTE TEST_FRAME | P | U | W
                CR3 PML4 | 2
                CR3 PML4 | 1
                SHOW
                CR3 PML4 | 2
                SHOW
                PTE OTHER_FRAME | P | U | W
                CR3 PML4 | 2
                CR3 (PML4 | 1 | 1 << 63)
                SHOW
                LINE
                TITLE 'INVLPG is for the present PCID'
                PTE TEST_FRAME | P | U | W
                CR3 PML4 | 1
                SHOW
                PTE OTHER_FRAME | P | U | W
                CR3 (PML4 | 2 | 1 << 63)
                FLUSH
                SHOW
                CR3 (PML4 | 1 | 1 << 63)
                SHOW
                FLUSH
                SHOW
                LINE
                TITLE 'CR4.PCIDE with a PCID in CR3'
                CR3 PML4 | 1
                mov rax, cr4
                and eax, ~0x20000
                mov cr4, rax
                call try_pcide
                CR3 PML4
                call try_pcide
                LINE
                mov eax, 7
                xor ecx, ecx
                cpuid
                bt ebx, 10
                jnc .no_invpcid
%macro INVPCID 3        ; type, PCID, address
                mov qword [descriptor], %2
                mov rax, %3
                mov [descriptor + 8], rax
                mov ebx, %1
                call try_invpcid
%endmacro
; Fills: PCID 1 and 2 and (by G) both, then changes the entry; what is still seen shows what was flushed.
%macro INVPCID_CHECK 4  ; name, type, PCID, address
                TITLE %1
                SET_CR4 0x80
                PTE TEST_FRAME | P | U | W
                SET_NEXT TEST_FRAME | P | U | W | G
                INVPCID 2, 0, 0
                CR3 (PML4 | 2)
                SHOW
                CR3 (PML4 | 1)
                SHOW
                call show_next
                PTE OTHER_FRAME | P | U | W
                SET_NEXT OTHER_FRAME | P | U | W | G
                INVPCID %2, %3, %4
                SHOW
                call show_next
                CR3 (PML4 | 2 | 1 << 63)
                SHOW
                call show_next
                CLEAR_CR4 0x80
                LINE
%endmacro
                INVPCID_CHECK 'INVPCID of one address', 0, 1, TEST
                INVPCID_CHECK 'INVPCID of one address of another PCID', 0, 2, TEST
                INVPCID_CHECK 'INVPCID of one global address', 0, 1, TEST + 0x1000
                INVPCID_CHECK 'INVPCID of one PCID', 1, 1, 0
                INVPCID_CHECK 'INVPCID of another PCID', 1, 2, 0
                INVPCID_CHECK 'INVPCID of all', 2, 0, 0
                INVPCID_CHECK 'INVPCID of all but global', 3, 0, 0
                TITLE 'INVPCID of type 4'
                INVPCID 4, 0, 0
                LINE
                TITLE 'INVPCID of PCID 4096'
                INVPCID 1, 0x1000, 0
                LINE
                TITLE 'INVPCID of an address that is not canonical'
                INVPCID 0, 0, 0x800000000000
                LINE
                CR3 PML4
                CLEAR_CR4 0x20000
                TITLE 'INVPCID without CR4.PCIDE'
                INVPCID 1, 0, 0
                INVPCID 1, 1, 0
                INVPCID 2, 1, 0
                LINE
.no_invpcid:
.no_pcid:

; ---- protection keys
                mov eax, 7
                xor ecx, ecx
                cpuid
                bt ecx, 3
                jnc .no_keys
                SET_CR4 0x400000
%macro KEY 3            ; name, PKRU, PTE flags
                PTE TEST_FRAME | P | %3, 5 << 27
                FLUSH
                xor ecx, ecx
                xor edx, edx
                mov eax, %2
                wrpkru
                PROBE %1
%endmacro
                KEY 'key allows', 0, U|W
                KEY 'key forbids access', 1 << 10, U|W
                KEY 'key forbids writes', 2 << 10, U|W
                KEY 'key forbids writes, read-only page', 2 << 10, U
                KEY 'key forbids access, read-only page', 1 << 10, U
                KEY 'key of another page', 3 << 8, U|W
                KEY 'key of a supervisor page', 3 << 10, W
                mov rax, cr0
                and eax, ~0x10000
                mov cr0, rax
                KEY 'key forbids writes, WP=0', 2 << 10, U|W
                KEY 'key forbids access, WP=0', 1 << 10, U|W
                SET_CR0 0x10000
                TITLE 'PKRU changes without a flush'
                PTE TEST_FRAME | P | U | W, 5 << 27
                FLUSH
                xor ecx, ecx
                xor edx, edx
                xor eax, eax
                wrpkru
                TRY READ
                xor ecx, ecx
                xor edx, edx
                mov eax, 1 << 10
                wrpkru
                TRY READ
                xor ecx, ecx
                xor edx, edx
                xor eax, eax
                wrpkru
                TRY READ
                xor ecx, ecx
                rdpkru
                SAY ' '
                call puthex32
                LINE
                CLEAR_CR4 0x400000
                CHECK 'RDPKRU without CR4.PKE'
                rdpkru
                PASS
.no_keys:
                CHECK 'the CR2 of a page fault'
                mov rax, 0xFFFF900012345678
                mov eax, [rax]
                PASS
                CHECK 'double fault: the IDT entry is on a page that is not present'
                SET_NEXT 0
                PTE TEST_FRAME | P | W
                RELOAD_CR3
                mov rax, [idt + 16 * 8]
                mov [abs TEST_FRAME + 0x1000 - 16 * 6], rax
                mov rax, [idt + 16 * 8 + 8]
                mov [abs TEST_FRAME + 0x1000 - 16 * 6 + 8], rax
                lidt [test_idt]
                mov eax, [abs 0x7FFF0000]
                PASS
                lidt [idt_pointer]
                mov rax, cr2
                call puthex64
                call newline
                jmp finish

test_idt        dw 0xFFF
                dq TEST + 0x1000 - 16 * 14
                align 8
descriptor      dq 0, 0

; R8: an address to be read
try_r8:         mov [try_rsp], rsp
                lea rbx, [try_access.caught]
                mov [hook], rbx
                call .read
                cmp rax, -1
                je show_result
                SAY ' '
                call puthex16
                ret
.read:          mov [try_rsp], rsp
                mov eax, [r8]
                jmp try_access.fine

try_pcide:      mov [try_rsp], rsp
                lea rbx, [try_access.caught]
                mov [hook], rbx
                call .set
                jmp show_vector
.set:           mov [try_rsp], rsp
                mov rax, cr4
                or eax, 0x20000
                mov cr4, rax
                jmp try_access.fine

; EBX: type
try_invpcid:    lea rcx, [try_access.caught]
                mov [hook], rcx
                call .invalidate
                cmp rax, -1
                jne show_vector
                ret
.invalidate:    mov [try_rsp], rsp
                invpcid rbx, [descriptor]
                jmp try_access.fine

show_vector:    cmp rax, -1
                je show_result
                SAY ' '
                call puthex16
                ret

show_next:      mov eax, READ + 0x1000
                call try_access
                cmp rax, -1
                jne show_result
                mov ebx, TEST
                mov al, [rbx + 0x1103]
                SAY '/'
                call puthex8
                ret

                align 8
gdt:            dq 0
                SEG CODE0, 0, 0xFFFFF, 0x9A, 10
                SEG DATA0, 0, 0xFFFFF, 0x92, 12
                SEG CODE3, 0, 0xFFFFF, 0xFA, 10
                SEG DATA3, 0, 0xFFFFF, 0xF2, 12
                SEG64 TSS0, LIN(tss0), TSS0_LIMIT, 0x89, 0
GDT_SIZE        equ $ - gdt
SECTORS         equ ($ - $$ + 511) / 512 - 1
                times (SECTORS + 1) * 512 - ($ - $$) db 0
