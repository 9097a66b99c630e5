; Checks of 32-bit paging (SDM 3A 4.3).

%define PAE 0
%include "boot.inc"
main:           jmp enter_protected
                bits 32
%include "print32.inc"
%include "protected32.inc"
                bits 32
%include "paging32.inc"
