%assign i 0
%rep 4
 inc word [table+2*i]
%assign i i+1
%endrep
table:
fibonacci:
%assign i 0
%assign j 1
%rep 100
%if j > 65535
%exitrep
%endif
 dw j
%assign k j+i
%assign i j
%assign j k
%endrep
fib_number equ ($-fibonacci)/2
 dw fib_number
%rep 2
%rep 3
 db 1
%endrep
 db 2
%endrep
%rep 0
 foo
%endrep
%rep 2
a%[__LINE__]:
%endrep
