; Ringside's BIOS: 64 KiB at F000:0000, entered at F000:FFF0. It does its work with real instructions on the devices of
; the PC, so that it behaves the same on the bare machine and under every virtualization method.
; Assemble in this folder: nasm -f bin bios.asm
        bits 16
        org 0
%include "definitions.asm"

rom_start:
        db      'Ringside BIOS', 0
        ; Tables of handlers, for those who start a program without the self test (machine/boot/firmware.ts)
        align   16, db 0
        dw      just_return, vectors_08, vectors_70, nmi, font_8x8
%include "post.asm"
%include "boot.asm"
%include "video.asm"
%include "planar.asm"
%include "font.asm"
%include "vbe.asm"
%include "disk.asm"
%include "eltorito.asm"
%include "keyboard.asm"
%include "system.asm"
%include "timer.asm"
%include "serial.asm"

        times 0xfff0 - ($ - rom_start) db 0
        jmp     ROM:post
        db      '11/20/26'      ; date of the BIOS
        db      0
        db      0xfc            ; model: AT
        db      0
