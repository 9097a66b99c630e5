section .a follows=.text
 db 1
section .b follows=.a
 db 2
section .text
 db 0
section .c follows=.b
 db 3
