%include "nothing.inc"
        incbin "nothing.bin"
%error stop here
%warning careful
