%rep 2
  db 0
  %include "two-bytes.inc"
%endrep
