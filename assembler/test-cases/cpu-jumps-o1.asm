; options: -O1
%include "cpu-jumps.asm"
