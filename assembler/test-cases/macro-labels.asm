%macro m 1
%%a: jmp %%a
 db %1
.loc%1: jmp .loc%1
%endmacro
start: m 1
 m 2
next m 3
 m 4
%macro lbl 0
%00: dw %00
%endmacro
here: lbl
there lbl
%macro outer 1
 inner %1, %%x
%%x: dw %%x
%endmacro
%macro inner 2
%%x: dw %2, %%x
 db %1
%endmacro
 outer 5
%macro args 1-3
 db %0
%if %0 > 1
 db %2
%endif
 db %1 %%+ 
%endmacro
