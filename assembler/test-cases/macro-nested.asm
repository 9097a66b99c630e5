%macro mk 1
%macro %1 1
 db %%1
 db 5
%endmacro
%endmacro
 mk foo
 foo 3
%macro lvl1 1
 lvl2 %1, 1
%endmacro
%macro lvl2 2
 lvl3 %1, %2, 2
%endmacro
%macro lvl3 3
 db %1, %2, %3
%endmacro
 lvl1 9
