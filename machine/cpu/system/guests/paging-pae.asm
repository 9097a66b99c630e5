; Checks of PAE paging (SDM 3A 4.4).

%define PAE 1
%include "boot.inc"
main:           jmp enter_protected
                bits 32
%include "print32.inc"
%include "protected32.inc"
                bits 32
%include "paging32.inc"
