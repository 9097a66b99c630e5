%macro ex 1
 db 1
%if %1
%exitmacro
%endif
 db 2
%endmacro
 ex 1
 ex 0
