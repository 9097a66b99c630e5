%macro rec 1
 db %1
%if %1 > 0
%assign %%n %1-1
 rec %%n
%endif
%endmacro
rec 0
%rmacro rr 1
 db %1
%if %1 > 0
 rr %1-1
%endif
%endmacro
 rr 3
