bits 32
%macro  unless 1
        j%-1    %%skip
        set%+1  al
%%skip:
%endmacro
        unless  e
        unless  nz
        unless  AE
        unless  po
