struc Po«Place»int
.x:     resw 1
.y:     resw 1
endstruc
        mov ax, [bx + Point.x]
        mov ax, [bx + Point.«_column»x]
        mov cx, Point_size
p:      istruc Point
        at Point.y, dw 1
        iend
Pointer: dw 0
