; A kernel in one file: from the boot sector's real mode through protected mode into long mode, then the first things
; that every kernel does there. Read it from top to bottom; it runs in that order.
;
;   nasm -f bin kernel.asm -o kernel.img
;   qemu-system-x86_64 -drive file=kernel.img,format=raw,if=floppy -serial stdio -display none \
;                      -device isa-debug-exit,iobase=0xf4,iosize=4
;
; Where things are in memory:
;   1000..5FFF  page tables and the IDT, built at run time
;   7C00        the boot sector, loaded by the BIOS; the stack grows down from here
;   7E00..      the rest of this file, loaded by the boot sector

%include "x86.inc"

PML4            equ 0x1000              ; level 4: one entry covers 512 GB
PDPT            equ 0x2000              ; level 3: 1 GB
PD              equ 0x3000              ; level 2: 2 MB
PT              equ 0x4000              ; level 1: 4 KB
IDT             equ 0x5000

UPPER_HALF      equ 0xFFFF_FF80_0000_0000 ; the last entry of the PML4 begins here
DEMAND_PAGE     equ 0x1FF000            ; left unmapped until it is touched
FAR_MEMORY      equ 16 << 20            ; memory that nobody has used before
FAR_PAGES       equ 8
FAR_STRIDE      equ 1 << 20
TIMER_HZ        equ 100
TIMER_VECTOR    equ 0x20                ; IRQ 0 after the PIC has been moved away from the exceptions
TICKS_WANTED    equ 10

EXIT_SUCCESS    equ 0x10                ; the machine's exit status is then 33
EXIT_FAILURE    equ 0x11                ; ... 35

SECTORS_PER_TRACK equ 18                ; of a 1.44 MB floppy
HEADS           equ 2

; ---------------------------------------------------------------------------------------------------------------------
; Real mode: the boot sector
; ---------------------------------------------------------------------------------------------------------------------
                bits 16
                org 0x7C00

boot:
                cli
                cld
                jmp 0:.segments
.segments:
                xor ax, ax
                mov ds, ax
                mov es, ax
                mov ss, ax
                mov sp, boot
                sti
                mov [boot_drive], dl    ; the BIOS says in DL where it loaded us from

; Read the sectors behind this one, one at a time, to where they belong.
                mov bx, kernel_begin    ; ES:BX is where INT 13h puts the data
                mov si, 1               ; sector number on the disk, from 0
.read:
                mov ax, si
                xor dx, dx
                mov cx, SECTORS_PER_TRACK
                div cx                  ; AX = track over both sides, DX = sector in the track
                mov cl, dl
                inc cl                  ; CL: the BIOS counts sectors from 1
                xor dx, dx
                mov di, HEADS
                div di                  ; AX = cylinder, DX = head
                mov ch, al
                mov dh, dl
                mov dl, [boot_drive]
                mov ax, 0x0201          ; AH = 2: read; AL = 1 sector
                int 0x13
                mov bp, no_disk
                jc boot_failed
                add bx, 512
                inc si
                cmp si, KERNEL_SECTORS
                jbe .read

; Ask the processor whether it has a 64-bit mode at all, while the BIOS can still print the answer.
                mov eax, CPUID_EXTENDED_FEATURES
                cpuid
                mov bp, no_long_mode
                test edx, FEATURE_LONG_MODE
                jz boot_failed

; Address line 20: on the first PCs it was held at 0, and later ones can still do so.
                in al, SYSTEM_CONTROL_A
                test al, 2
                jnz .a20_open
                or al, 2
                and al, 0xFE            ; bit 0 would reset the machine
                out SYSTEM_CONTROL_A, al
.a20_open:

; Protected mode: from here on there is no BIOS, and its interrupt table means nothing.
                cli
                lgdt [gdt_register]
                mov eax, cr0
                or eax, CR0_PE
                mov cr0, eax
                jmp CODE32:protected_mode       ; only a far jump loads CS

; Prints the text at BP through the BIOS and stops.
boot_failed:
                mov ah, 0x0E
                mov bx, 0x0007
.next:
                mov al, [bp]            ; BP addresses the stack segment, which is 0 like all others
                inc bp
                test al, al
                jz .stop
                int 0x10
                jmp .next
.stop:
                cli
                hlt
                jmp .stop

no_disk:        db "disk error", 0
no_long_mode:   db "no long mode", 0
boot_drive:     db 0

                align 8
gdt:
                dq 0                                                            ; selector 0 is never valid
.code32:        descriptor 0, 0xFFFFF, SEGMENT_PRESENT | SEGMENT_CODE, SEGMENT_4K_LIMIT | SEGMENT_32
.data:          descriptor 0, 0xFFFFF, SEGMENT_PRESENT | SEGMENT_DATA, SEGMENT_4K_LIMIT | SEGMENT_32
.code64:        descriptor 0, 0, SEGMENT_PRESENT | SEGMENT_CODE, SEGMENT_64    ; base and limit are not used
.end:

CODE32          equ gdt.code32 - gdt
DATA_SEGMENT    equ gdt.data - gdt
CODE64          equ gdt.code64 - gdt

gdt_register:
                dw gdt.end - gdt - 1
                dd gdt

                times 510 - ($ - $$) db 0
                dw 0xAA55

; ---------------------------------------------------------------------------------------------------------------------
; Protected mode, 32 bits: page tables, and on into long mode
; ---------------------------------------------------------------------------------------------------------------------
kernel_begin:
                bits 32

protected_mode:
                mov ax, DATA_SEGMENT
                mov ds, ax
                mov es, ax
                mov fs, ax
                mov gs, ax
                mov ss, ax
                mov esp, boot

; Memory is whatever the BIOS left there: clear the four tables and the IDT.
                mov edi, PML4
                xor eax, eax
                mov ecx, (IDT + PAGE_SIZE - PML4) / 4
                rep stosd

; The lowest 512 GB and the highest share one table, so that each byte of the first GB has two addresses.
                mov dword [PML4], PDPT | PAGE_PRESENT | PAGE_WRITE
                mov dword [PML4 + (TABLE_ENTRIES - 1) * 8], PDPT | PAGE_PRESENT | PAGE_WRITE
                mov dword [PDPT], PD | PAGE_PRESENT | PAGE_WRITE

; The first 2 MB in pages of 4 KB ...
                mov dword [PD], PT | PAGE_PRESENT | PAGE_WRITE
                mov edi, PT
                mov eax, PAGE_PRESENT | PAGE_WRITE
.small_page:
                mov [edi], eax
                add eax, PAGE_SIZE
                add edi, 8
                cmp edi, PT + TABLE_ENTRIES * 8
                jb .small_page
; ... but neither page 0, so that following a null pointer faults, nor the page that is to be mapped on demand ...
                mov dword [PT], 0
                mov dword [PT + DEMAND_PAGE / PAGE_SIZE * 8], 0

; ... and the rest of the first GB in pages of 2 MB.
                mov edi, PD + 8
                mov eax, LARGE_PAGE_SIZE | PAGE_PRESENT | PAGE_WRITE | PAGE_LARGE
.large_page:
                mov [edi], eax
                add eax, LARGE_PAGE_SIZE
                add edi, 8
                cmp edi, PD + TABLE_ENTRIES * 8
                jb .large_page

; The order is the manual's (3 9.8.5): PAE, CR3, LME, and paging last, which turns long mode on.
                mov eax, cr4
                or eax, CR4_PAE
                mov cr4, eax
                mov eax, PML4
                mov cr3, eax
                mov ecx, IA32_EFER
                rdmsr
                or eax, EFER_LME
                wrmsr
                mov eax, cr0
                or eax, CR0_PG
                mov cr0, eax
                jmp CODE64:long_mode            ; still 32-bit code until CS says otherwise

; ---------------------------------------------------------------------------------------------------------------------
; Long mode
; ---------------------------------------------------------------------------------------------------------------------
                bits 64
                default rel

; print text...: prints constants on the serial port; changes RAX, RDX, RSI.
%macro print 1+
                lea rsi, [%%text]
                call print_string
                jmp %%after
%%text:         db %1, 0
%%after:
%endmacro

; expect a, b, what: ends the machine as failed unless the two are equal.
%macro expect 3
                cmp %1, %2
                je %%equal
                print "not as expected: ", %3, 13, 10
                jmp failed
%%equal:
%endmacro

long_mode:
                mov rsp, boot
                call serial_init
                print "Ringside long-mode sample", 13, 10
                call build_idt
                call show_processor
                call use_two_addresses
                call touch_far_memory
                call take_breakpoint
                call take_page_fault
                call count_timer_ticks
                print "done", 13, 10
                mov al, EXIT_SUCCESS

; Ends the machine with the status that AL stands for, or just stops where no such device is.
exit:
                out TEST_EXIT, al
                cli
.stop:
                hlt
                jmp .stop

failed:
                mov al, EXIT_FAILURE
                jmp exit

; Who made this processor, and some of what it can do. The answers differ from machine to machine. Under a hypervisor
; with VT-x each CPUID leaves the guest, and it is the hypervisor who answers.
show_processor:
                print "cpu: "
                xor eax, eax
                cpuid
                mov [vendor], ebx
                mov [vendor + 4], edx
                mov [vendor + 8], ecx
                lea rsi, [vendor]
                call print_string

; feature mask, name: prints the name where EBX has the bit.
%macro feature 2
                test ebx, %1
                jz %%absent
                print " ", %2
%%absent:
%endmacro
                mov eax, 1
                cpuid
                mov ebx, edx            ; printing needs EDX
                feature FEATURE_FPU, "fpu"
                feature FEATURE_TSC, "tsc"
                feature FEATURE_MSR, "msr"
                feature FEATURE_PAE, "pae"
                mov eax, CPUID_EXTENDED_FEATURES
                cpuid
                mov ebx, edx
                feature FEATURE_LONG_MODE, "lm"
                print 13, 10
                ret

; One byte of memory, two linear addresses: write through one, read through the other.
use_two_addresses:
                mov rax, 0x1122334455667788
                mov [shared_word], rax
                mov rbx, UPPER_HALF
                lea rcx, [shared_word]
                mov rbx, [rbx + rcx]
                expect rbx, rax, "the word at its other address"
                print "paging: one page at two addresses", 13, 10
                ret

; Each of these pages is used for the first time. A hypervisor that hands out memory only when it is needed gets an
; EPT violation for each; the guest does not notice.
touch_far_memory:
                mov rdi, FAR_MEMORY
                mov ecx, FAR_PAGES
.write:
                mov [rdi], rcx
                add rdi, FAR_STRIDE
                dec ecx
                jnz .write

                xor ebx, ebx
                mov ecx, FAR_PAGES
.read:
                sub rdi, FAR_STRIDE
                add rbx, [rdi]
                dec ecx
                jnz .read
                expect rbx, FAR_PAGES * (FAR_PAGES + 1) / 2, "the sum of what was written"
                print "memory: far pages add up to "
                call print_hex
                print 13, 10
                ret

; INT3 is a trap: its handler returns to the instruction behind it.
take_breakpoint:
                int3
                mov rbx, [breakpoints]
                expect rbx, 1, "breakpoints taken"
                print "breakpoint: handled", 13, 10
                ret

; A page fault is a fault: its handler mends the cause and returns to the instruction itself, which runs again.
take_page_fault:
                mov rdi, DEMAND_PAGE
                mov qword [rdi + 0x18], 42
                mov rbx, [rdi + 0x18]
                expect rbx, 42, "the word in the page mapped on demand"
                mov rbx, [fault_address]
                print "page fault: mapped on demand at "
                call print_hex
                print 13, 10
                ret

; Lets the timer interrupt the processor ten times, asleep in between.
count_timer_ticks:
                call move_interrupts
                out_byte PIT_COMMAND, PIT_RATE
                out_byte PIT_CHANNEL0, (PIT_HZ / TIMER_HZ) & 0xFF
                out_byte PIT_CHANNEL0, (PIT_HZ / TIMER_HZ) >> 8
                out_byte PIC1_DATA, 0xFE        ; let IRQ 0 through, and nothing else
.sleep:
                cli                             ; no tick may slip in between the question and HLT
                cmp qword [ticks], TICKS_WANTED
                jae .enough
                sti                             ; takes effect after the next instruction: HLT is reached first
                hlt
                jmp .sleep
.enough:
                print "timer: ticks "
                mov rbx, [ticks]
                call print_hex
                print 13, 10
                ret

; The PICs signal IRQ 0..7 as vectors 8..15, which are exceptions in protected mode: move them to 20h..2Fh.
move_interrupts:
                out_byte PIC1_COMMAND, ICW1_INIT_ICW4
                out_byte PIC2_COMMAND, ICW1_INIT_ICW4
                out_byte PIC1_DATA, TIMER_VECTOR
                out_byte PIC2_DATA, TIMER_VECTOR + 8
                out_byte PIC1_DATA, 1 << 2      ; the second PIC is at input 2
                out_byte PIC2_DATA, 2
                out_byte PIC1_DATA, ICW4_8086
                out_byte PIC2_DATA, ICW4_8086
                out_byte PIC1_DATA, 0xFF        ; nothing comes through yet
                out_byte PIC2_DATA, 0xFF
                ret

; ---------------------------------------------------------------------------------------------------------------------
; Interrupts
; ---------------------------------------------------------------------------------------------------------------------

; Every exception gets a stub of its own, because the processor does not say which vector it came through. All stubs
; leave the same on the stack: vector, error code (0 where the processor pushes none), RIP, CS, RFLAGS, RSP, SS.
STUB_SIZE       equ 16

                align STUB_SIZE
exception_stubs:
%assign vector 0
%rep 32
  %if (ERROR_CODE_VECTORS & (1 << vector)) == 0
                push 0
  %endif
                push vector
                jmp exception
                align STUB_SIZE
  %assign vector vector + 1
%endrep

; What the stubs leave on the stack, above the registers that the handler saves.
struc Frame
.rbx:           resq 1
.rdx:           resq 1
.rsi:           resq 1
.rax:           resq 1
.vector:        resq 1
.error_code:    resq 1
.rip:           resq 1
endstruc

exception:
                push rax
                push rsi
                push rdx
                push rbx
                cmp qword [rsp + Frame.vector], VECTOR_BREAKPOINT
                je .breakpoint
                cmp qword [rsp + Frame.vector], VECTOR_PAGE_FAULT
                je .page_fault
.unexpected:
                print "exception "
                mov rbx, [rsp + Frame.vector]
                call print_hex
                print " error code "
                mov rbx, [rsp + Frame.error_code]
                call print_hex
                print " at "
                mov rbx, [rsp + Frame.rip]
                call print_hex
                print 13, 10
                jmp failed

.breakpoint:
                inc qword [breakpoints]
                jmp .return

.page_fault:
                mov rax, cr2                            ; the address that was touched
                mov [fault_address], rax
                and rax, ~(PAGE_SIZE - 1)
                cmp rax, DEMAND_PAGE
                jne .unexpected
                or rax, PAGE_PRESENT | PAGE_WRITE
                mov [abs PT + DEMAND_PAGE / PAGE_SIZE * 8], rax
                ; The processor keeps no translation of a page that was not present: nothing is to be flushed.

.return:
                pop rbx
                pop rdx
                pop rsi
                pop rax
                add rsp, 16                             ; vector and error code
                iretq

timer_interrupt:
                push rax
                inc qword [ticks]
                cmp qword [ticks], TICKS_WANTED
                jb .acknowledge
                out_byte PIC1_DATA, 0xFF                ; that was the last one
.acknowledge:
                out_byte PIC1_COMMAND, PIC_EOI
                pop rax
                iretq

build_idt:
                lea rax, [exception_stubs]
                mov edi, IDT
                mov ecx, 32
.exception:
                call write_gate
                add rax, STUB_SIZE
                add edi, Gate_size
                dec ecx
                jnz .exception

                lea rax, [timer_interrupt]
                mov edi, IDT + TIMER_VECTOR * Gate_size
                call write_gate
                lidt [idt_register]
                ret

; Makes the 16 bytes at RDI an interrupt gate to RAX. Changes RDX.
write_gate:
                mov [rdi + Gate.offset_low], ax
                mov word [rdi + Gate.selector], CODE64
                mov byte [rdi + Gate.stack_table], 0
                mov byte [rdi + Gate.type], GATE_INTERRUPT
                mov rdx, rax
                shr rdx, 16
                mov [rdi + Gate.offset_middle], dx
                shr rdx, 16
                mov [rdi + Gate.offset_high], edx
                mov dword [rdi + Gate.reserved], 0
                ret

; ---------------------------------------------------------------------------------------------------------------------
; The serial port
; ---------------------------------------------------------------------------------------------------------------------
serial_init:
                out_byte COM_INTERRUPTS, 0
                out_byte COM_LINE_CONTROL, COM_DLAB
                out_byte COM1, 1                        ; divisor 1: 115200 baud
                out_byte COM_INTERRUPTS, 0
                out_byte COM_LINE_CONTROL, COM_8N1
                out_byte COM_FIFO, 0
                ret

; Prints the text at RSI up to its zero byte. Changes RAX, RDX, RSI.
print_string:
                lodsb
                test al, al
                jz .done
                call print_character
                jmp print_string
.done:
                ret

; Prints RBX as 0x and 16 digits. Changes RAX, RDX.
print_hex:
                push rbx
                push rcx
                mov al, '0'
                call print_character
                mov al, 'x'
                call print_character
                mov ecx, 16
.digit:
                rol rbx, 4                              ; the highest digit comes down first
                mov eax, ebx
                and eax, 0xF
                mov al, [digits + rax]
                call print_character
                dec ecx
                jnz .digit
                pop rcx
                pop rbx
                ret

; Prints AL. Changes RAX, RDX.
print_character:
                mov ah, al
                mov dx, COM_LINE_STATUS
.wait:
                in al, dx
                test al, COM_THR_EMPTY
                jz .wait
                mov al, ah
                mov dx, COM1
                out dx, al
                ret

; ---------------------------------------------------------------------------------------------------------------------
; Data
; ---------------------------------------------------------------------------------------------------------------------
digits:         db "0123456789ABCDEF"
vendor:         times 13 db 0                           ; 12 characters and the end

                align 8
ticks:          dq 0
breakpoints:    dq 0
fault_address:  dq 0
shared_word:    dq 0

idt_register:
                dw (TIMER_VECTOR + 1) * Gate_size - 1
                dq IDT

                align 512                               ; whole sectors, for the boot sector's loop
kernel_end:
KERNEL_SECTORS  equ (kernel_end - kernel_begin) / 512
