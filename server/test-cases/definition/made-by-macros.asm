; function name: begins a function.
%macro function 1
%1:
        push rbp
%endmacro
%macro handler 1
handler_%1:
        iretq
%endmacro
        bits 64
        function first
.loop:  jmp .lo«»op
        function sec«»ond
.loop:  jmp .lo«»op
        call fir«»st
        call first.lo«»op
        handler 14
        dq handler«»_14
