%include "con«»"
%define WIDE 1
%ifdef W«»
%endif
%macro pair 2
        db %«»
%%here: jmp %%«»
        %ex«»
%endmacro
struc Point
.x:     resd 1
.y:     resd 1
endstruc
        istruc «»
        istruc Point
        at «»
        iend
        mov eax, [bx + Point.«»
        bits «»
        section .«»
        default «»
        %use «»
        global st«»
start:
;=== constants.inc
SIZE equ 1
;=== lib/console.inc
WIDTH equ 80
