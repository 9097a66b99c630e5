%include "«»lib.inc"
        bits 16
%define LETTER 'x'
%macro macro_call 1
        jmp %%ov«»er
        db %«»1
%%over:
%endmacro
start:
        call fu«»nc
        jmp .lo«»op
.loop:
        mov ax, CONS«»T
        mac«»ro_call 1
        mov al, [Poi«»nt.y]
        mov al, [Point.«»y]
        jmp other.lo«»op
        mov ax, «»ax
        mov ax, LET«»TER
        jmp no«»where
        jmp lib_«»routine
other:
.loop:  jmp .lo«»op
func:   ret
CONST   equ 5
struc Point
.x:     resw 1
.y:     resw 1
endstruc
;=== lib.inc
lib_routine:
        jmp st«»art
