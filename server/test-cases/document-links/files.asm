%include "lib/a.inc"
%include 'missing.inc'
        incbin "logo.bin"
%use smartalign
;=== lib/a.inc
%include "b.inc"
;=== lib/b.inc
        nop
;=== logo.bin
xyz
