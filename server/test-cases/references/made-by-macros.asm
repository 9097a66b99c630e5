%macro function 1
%1:
        push rbp
%endmacro
        bits 64
        function first
.loop:  jmp .lo«»op
        function second
.loop:  jmp .loop
        call fir«»st
        call first.loop
