%macro m 2
 db %1, %2
%endmacro
 m 1
 m 1,2
 m 1,2,3
m
