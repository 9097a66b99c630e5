; A boot sector: the first program a PC runs after its BIOS.
;
; The BIOS reads the first 512 bytes of the disk to address 0x7C00, checks that they end in 55 AA, and jumps there
; in 16-bit real mode with the drive's number in DL. This one greets twice, once through the BIOS on the screen and
; once by programming the serial port itself, and then stops the processor.
;
;   nasm -f bin boot.asm -o boot.img
;   qemu-system-x86_64 -drive file=boot.img,format=raw,if=floppy -serial stdio

COM1            equ 0x3F8               ; first port of the first 16550 serial chip
DATA            equ 0                   ; its registers, as offsets: what is sent or was received,
DIVISOR_LOW     equ 0                   ;   the same two ports while DLAB is set hold the baud rate divisor,
DIVISOR_HIGH    equ 1
INTERRUPTS      equ 1                   ;   which interrupts are enabled,
LINE_CONTROL    equ 3                   ;   format of a character,
LINE_STATUS     equ 5                   ;   what the chip is doing
DLAB            equ 0x80                ; line control: the divisor latch is at ports 0 and 1
EIGHT_N_ONE     equ 0x03                ; line control: 8 data bits, no parity, 1 stop bit
THR_EMPTY       equ 0x20                ; line status: ready for the next character

BIOS_VIDEO      equ 0x10
TELETYPE        equ 0x0E                ; AH for BIOS_VIDEO: print AL and move the cursor

                bits 16
                org 0x7C00

start:
                cli
                cld
                jmp 0:.segments         ; some BIOSes arrive as 07C0:0000; make it 0000:7C00
.segments:
                xor ax, ax
                mov ds, ax
                mov es, ax
                mov ss, ax
                mov sp, start           ; the stack grows down from where the code begins
                sti

                mov si, greeting
                call print_screen

                call serial_init
                mov si, greeting
                call print_serial

; With interrupts off nothing can wake the processor again: this is how the program ends.
halt:
                cli
.forever:
                hlt
                jmp .forever            ; (a non-maskable interrupt could still get us here)

; Prints the text at DS:SI, up to its zero byte, through the BIOS.
print_screen:
                mov ah, TELETYPE
                mov bx, 0x0007          ; page 0; light grey, where the mode has colours
.next:
                lodsb
                test al, al
                jz .done
                int BIOS_VIDEO
                jmp .next
.done:
                ret

; 115200 baud (divisor 1), 8N1, no interrupts.
serial_init:
                mov al, 0
                mov dx, COM1 + INTERRUPTS
                out dx, al
                mov al, DLAB
                mov dx, COM1 + LINE_CONTROL
                out dx, al
                mov al, 1
                mov dx, COM1 + DIVISOR_LOW
                out dx, al
                mov al, 0
                mov dx, COM1 + DIVISOR_HIGH
                out dx, al
                mov al, EIGHT_N_ONE
                mov dx, COM1 + LINE_CONTROL
                out dx, al
                ret

; Prints the text at DS:SI, up to its zero byte, on COM1.
print_serial:
.next:
                lodsb
                test al, al
                jz .done
                mov cl, al              ; IN needs AL
                mov dx, COM1 + LINE_STATUS
.wait:
                in al, dx
                test al, THR_EMPTY
                jz .wait
                mov al, cl
                mov dx, COM1 + DATA
                out dx, al
                jmp .next
.done:
                ret

greeting:       db "Hello from the boot sector", 13, 10, 0

                times 510 - ($ - $$) db 0       ; fill up to the signature
                dw 0xAA55                       ; bytes 55 AA: "this disk can be booted"
