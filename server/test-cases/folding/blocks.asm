; A block
; of comments

%macro put 1
  %if %1 > 5
        db 1
  %elif %1 > 3
        db 2
  %else
        db 3
  %endif
%endmacro
%rep 3
        nop
%endrep
struc Point
.x:     resw 1
endstruc
p:      istruc Point
        at Point.x, dw 1
        iend
        section .text
        nop
        section .data
        db 1
; One line of comment does not fold.
        db 2
