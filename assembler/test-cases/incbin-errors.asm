 incbin "no such file"
 incbin
 incbin "one-byte.inc", "x"
 incbin "one-byte.inc", 1, 2, 3
