; options: -f elf64
; Kinds, sizes, visibility; constants; labels that are declared after their definition.
        global  k2:data hidden
        global  d1:data protected 8
        global  w1:function weak
        global  s1:function internal (s1_end - s1)
        global  o1:object
        global  n1:notype default
        static  inner
constant equ    5
        global  constant
        extern  later
        nop
k2:     dd      1
d1:     dq      1
w1:     ret
s1:     nop
s1_end:
o1:     db      1
n1:     db      1
inner:  ret
later:  ret
..@hidden: ret
.local: ret
        global  after
after:  ret
        section .tdata
tls1:   dd      1
        global  tls2:data 4
tls2:   dd      2
        absolute 100h
fixed:  resb    1
