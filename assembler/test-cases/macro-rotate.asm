bits 32
%macro multipush 1-*
%rep %0
 push %1
%rotate 1
%endrep
%endmacro
%macro multipop 1-*
%rep %0
%rotate -1
 pop %1
%endrep
%endmacro
 multipush ebx, ecx, edx
 multipop ebx, ecx, edx
%macro keytab_entry 2
keypos%1 equ $-keytab
 db %2
%endmacro
keytab:
 keytab_entry F1,128+1
 keytab_entry F2,128+2
 keytab_entry Return,13
 db keyposF1, keyposF2, keyposReturn
%macro retc 1
 j%-1 %%skip
 ret
%%skip: j%+1 %%skip
%endmacro
 retc ne
 retc a
 retc po
%macro mpar 1-*
 db %{3:5}
 db %{5:3}
 db %{1:1}
 db %{-1:-3}
 db %{1:-1}
%endmacro
 mpar 1,2,3,4,5,6
