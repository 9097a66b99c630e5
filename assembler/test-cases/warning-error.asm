; options: -w+error=number-overflow
 db 300
 nop
