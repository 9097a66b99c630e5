%include "lib.inc"
        bits 64
        put nowhere
        outer
        nested 5
;=== lib.inc
%macro put 1
        mov eax, %1
%endmacro
%macro inner 1
        movv eax, %1
%endmacro
%macro outer 0
        inner 5
%endmacro
        mov eax, missing
