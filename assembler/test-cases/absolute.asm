absolute 0x1A
kbuf_chr resw 1
kbuf_free resw 1
kbuf resw 16
section .text
 mov ax, [kbuf_chr]
 mov ax, kbuf
 dw kbuf - kbuf_free
 org 100h
 jmp setup
resident: db 1
setup:
absolute setup
runtimevar1 resw 1
runtimevar2 resd 20
tsr_end:
section .text
 dw runtimevar1, tsr_end, tsr_end-setup
absolute 5
 dw 1
 nop
