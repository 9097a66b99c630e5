db 300
 mov al, 300
[warning -number-overflow]
db 301
