common foo 4
 nop
