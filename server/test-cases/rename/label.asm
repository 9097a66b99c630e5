%include "lib.inc"
st«begin»art:
.loop:  jmp .lo«_again»op
        jmp start.loop
        call routine
        dw start            ; start
        db "start"
other:
.loop:  jmp .loop
;=== lib.inc
routine:
        jmp start
%macro go 0
        jmp start
%endmacro
