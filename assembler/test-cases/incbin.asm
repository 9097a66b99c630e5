 incbin "one-byte.inc"
 incbin "one-byte.inc", 5
 incbin "one-byte.inc", 5, 3
 incbin "one-byte.inc", 1000
 incbin "one-byte.inc",0,1000
 db 1
