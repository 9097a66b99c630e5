%idefine d 1
%define D 2
 db D, d
%define e 1
%idefine E 2
 db e, E
%undef e
e: dw e
