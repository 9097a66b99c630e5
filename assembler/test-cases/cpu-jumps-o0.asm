; options: -O0
%include "cpu-jumps.asm"
