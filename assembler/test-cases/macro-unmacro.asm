%macro foo 1-3
 db 1
%endmacro
%unmacro foo 1-3
foo 1
