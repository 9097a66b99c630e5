; comment
 mov ax, 1   ; hi
%define X 5
 mov ax,   X

%macro m 1
 nop
 mov bx, %1
%%l: dw 'a b', `\n`, %%l
%endmacro
 m 7
 m X+1
%rep 2
 inc ax
 dec ax
%endrep
%include "one-byte.inc"
%if 0
 foo
%endif
 struc s
.a: resb 1
 endstruc
 mov ax, \
   X
 align 16
%line 100+1 other.asm
 dw __LINE__
 dw 1
[section .text]
%ifdef FOO
%endif
 db "x",X  , 3+X,-X
 times X db X
 section .data
 m 1
 %warning hello


; c
 nop

 nop
; c
 nop
%define X
 nop



 nop
%if 1
 nop
%endif
 nop
X
 nop
   
 nop
 ;c
 nop
%macro m2 0
 nop

 ;c
 nop
%endmacro
 m2

 m2
 m2
 nop
%rep 2
 nop
 nop
%endrep
%rep 2
 nop
%endrep
%rep 2
 align 2
%endrep
align 4
 nop
 align 8
 align 8
struc a
b: resb 1
endstruc
 nop
 align 8
 nop
%rep 3
 nop
%endrep
%rep 3
 m2
%endrep
