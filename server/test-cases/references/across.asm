%include "lib.inc"
        bits 16
st«»art:
        call lib_routine
        call lib_routine.tail
.again: jmp .aga«»in
        jmp start.again
        dw start, other.again, LIMIT
%ifdef NEVER
        jmp start
%endif
other:
.again: jmp .again
        db "start", 0           ; start
;=== lib.inc
LIMI«»T equ 100
lib_rou«»tine:
        cmp ax, LIMIT
.tail:  jmp start
%macro go 1
        jmp start
        mov ax, LIMIT
%endmacro
