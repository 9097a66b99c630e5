; Programs the devices of a PC and prints what it reads back, a line each: NAME=HEX. Run here and on QEMU by main.ts.
; Multiboot 1, 32-bit protected mode, interrupts off but where a check says otherwise. Nothing printed may depend on speed.
bits 32
org 0x100000
COM1    equ 0x3f8
COM2    equ 0x2f8
PIC1    equ 0x20
PIC2    equ 0xa0
LAPIC   equ 0xfee00000
IOAPIC  equ 0xfec00000
BUFFER  equ 0x200000
PRDS    equ 0x210000

start:  jmp near entry
align 4
header: dd 0x1badb002, 0x00010000, -(0x1badb002 + 0x00010000)
        dd header, start, 0, end_of_bss, entry

%macro show 1
        push dword %%text
        call show_line
        jmp %%over
%%text: db %1, 0
%%over:
%endmacro
%macro inb 1
        mov dx, %1
        call delay
        xor eax, eax
        in al, dx
%endmacro
%macro outb 2
        mov dx, %1
        mov al, %2
        out dx, al
%endmacro
; Prints what a port reads.
%macro port 2
        inb %2
        show %1
%endmacro
; Writes a port and prints what it reads then.
%macro echo 3
        outb %2, %3
        port %1, %2
%endmacro

delay:  ret

; [esp+4] text; eax value. Keeps all registers.
show_line:
        pushad
        mov ebx, eax
        mov esi, [esp + 36]
.next:  lodsb
        test al, al
        jz .value
        call putc
        jmp .next
.value: mov al, '='
        call putc
        mov ecx, 8
.digit: rol ebx, 4
        mov al, bl
        and al, 15
        cmp al, 10
        sbb al, 0x69
        das
        call putc
        loop .digit
        mov al, 10
        call putc
        popad
        ret 4

putc:   push edx
        push eax
        mov dx, COM1 + 5
.wait:  in al, dx
        test al, 0x20
        jz .wait
        pop eax
        mov dx, COM1
        out dx, al
        pop edx
        ret

; ---- interrupts: each is noted; `ending` says how it is ended
ENDING_NONE equ 0
ENDING_PIC  equ 1
ENDING_APIC equ 2
%assign v 0
align 16
stubs:
%rep 256
        push dword v
        jmp near noted
        align 16
%assign v v + 1
%endrep
noted:  push eax
        push edx
        mov eax, [esp + 8]
        shl dword [vectors], 8
        mov [vectors], al
        inc dword [count]
        cmp byte [ending], ENDING_PIC
        jne .apic
        cmp eax, 0x28
        jb .master
        mov al, 0x20
        out PIC2, al
.master:
        mov al, 0x20
        out PIC1, al
.apic:  cmp byte [ending], ENDING_APIC
        jne .done
        mov dword [LAPIC + 0xb0], 0
.done:  pop edx
        pop eax
        add esp, 4
        iret

; Forgets what was noted; takes interrupts for a while; the vectors taken last, the latest in the low byte.
taken:  mov dword [vectors], 0
        mov dword [count], 0
        sti
        mov ecx, 40000
.loop:  in al, 0x80
        loop .loop
        cli
        mov eax, [vectors]
        ret

; Waits ecx times a port access: a microsecond here, not less on QEMU.
pause_: in al, 0x80
        loop pause_
        ret

%macro pic_init 2               ; ICW4 of both, masks
        outb PIC1, 0x11
        outb PIC1 + 1, 0x20
        outb PIC1 + 1, 0x04
        outb PIC1 + 1, %1
        outb PIC2, 0x11
        outb PIC2 + 1, 0x28
        outb PIC2 + 1, 0x02
        outb PIC2 + 1, %1
        outb PIC1 + 1, %2
        outb PIC2 + 1, 0xff
%endmacro

; Lets COM2 and the keyboard controller ask: IRQ 3 by THRE, IRQ 1 by a byte in the output buffer.
ask_irq3:
        outb COM2 + 4, 0x0b
        outb COM2 + 1, 0
        outb COM2 + 1, 2
        ret
drop_irq3:
        outb COM2 + 1, 0
        inb COM2 + 2
        ret
kbd_wait:
        push eax
        mov ecx, 100000
.loop:  in al, 0x64
        test al, 2
        jz .done
        loop .loop
.done:  pop eax
        ret
ask_irq1:
        call kbd_wait
        outb 0x64, 0xd2
        call kbd_wait
        outb 0x60, 0x5a
        mov ecx, 2000
        call pause_
        ret
drop_irq1:
        in al, 0x60
        ret
; A byte from the keyboard controller, FFFFFFFF where none comes.
kbd_read:
        mov ecx, 200000
.loop:  in al, 0x64
        test al, 1
        jnz .there
        loop .loop
        mov eax, -1
        ret
.there: xor eax, eax
        in al, 0x60
        ret
; the same with bit 5 of the status in bit 8: it came from the auxiliary port
aux_read:
        mov ecx, 200000
.loop:  in al, 0x64
        test al, 1
        jnz .there
        loop .loop
        mov eax, -1
        ret
.there: xor ecx, ecx
        mov cl, al
        and cl, 0x20
        shl ecx, 3
        xor eax, eax
        in al, 0x60
        or eax, ecx
        ret
kbd_drain:
        mov ecx, 3000
        call pause_
.loop:  in al, 0x64
        test al, 1
        jz .done
        in al, 0x60
        mov ecx, 3000
        call pause_
        jmp .loop
.done:  ret

entry:  mov esp, stack_top
        cld
        lgdt [gdtr]
        jmp 0x08:.flat
.flat:  mov ax, 0x10
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov edi, idt
        mov eax, stubs
        mov ecx, 256
.gate:  mov edx, eax
        mov word [edi], ax
        mov word [edi + 2], 0x08
        mov word [edi + 4], 0x8e00
        shr edx, 16
        mov [edi + 6], dx
        add eax, 16
        add edi, 8
        loop .gate
        lidt [idtr]
        outb COM1 + 3, 0x83
        outb COM1, 1
        outb COM1 + 1, 0
        outb COM1 + 3, 3
        mov eax, 0
        show "begin"

%include "pic.inc"
%include "pit.inc"
%include "rtc.inc"
%include "uart.inc"
%include "keyboard.inc"
%include "mouse.inc"
%include "vga.inc"
%include "pci.inc"
%include "ide.inc"
%include "apic.inc"
%include "misc.inc"

        mov eax, 0
        show "end"
        mov al, 0
        out 0xf4, al
        cli
.stop:  hlt
        jmp .stop

align 8
gdt:    dq 0
        dq 0x00cf9a000000ffff
        dq 0x00cf92000000ffff
gdtr:   dw 23
        dd gdt
idtr:   dw 256 * 8 - 1
        dd idt
vectors: dd 0
count:  dd 0
ending: db ENDING_NONE
image_end:
section .bss
alignb 16
idt:    resb 256 * 8
        resb 4096
stack_top:
end_of_bss:
