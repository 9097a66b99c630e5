extern foo
 dw foo
 mov ax, foo
global bar
bar: nop
