%macro m 1-3 7,8
 db %1, %2, %3
%endmacro
 m 1
 m 1,2
 m 1,,3
 m 1,
%macro z 0
 db 0
%endmacro
%macro z 1
 db 1
%endmacro
 z
 z 5
 z ,
