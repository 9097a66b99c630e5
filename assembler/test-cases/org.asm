org 0x7c00
start: jmp start
 mov ax, start
 dw start, end, $, $$
 mov si, msg
msg: db 'x'
end:
