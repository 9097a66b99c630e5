 db
 dw
 db 1,
 db 'a',
 nop
