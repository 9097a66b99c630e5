 mov ax, undefined_symbol
 jmp .nowhere
 dw also_undefined + 5
 db foo_bar
foo_baz:
