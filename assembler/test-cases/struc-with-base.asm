struc   point, 8
.x:     resd    1
.y:     resd    1
        alignb  8
.name:  resb    4
endstruc
struc   wide
wide.a: resw    2
wide.b: resq    1
endstruc
here:   istruc point
        at .x, dd 1
        at .name, db 'ab'
iend
        istruc  wide
        at wide.a, dw 3
        at wide.b, dq 4
iend
        dd      point_size, wide_size, point.name
