%pragma
%pragma foo bar
%pragma preproc sane_empty_expansion true
%macro m 0
 db 0
%endmacro
%macro m 1
 db 1
%endmacro
 m
 m 1
%pragma asm foo
%pragma output bar
 nop
