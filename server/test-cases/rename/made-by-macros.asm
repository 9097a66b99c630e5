%macro function 1
%1:
        push rbp
%endmacro
        bits 64
        function first
.loop:  jmp .lo«_again»op
        function second
.loop:  jmp .loop
        call fir«begin»st
        call first.loop
