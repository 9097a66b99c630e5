; What %+ joins may be a call that joins again: it ends, as in nasm.
%define a(x) 1+a( %+ x)
    mov ax, a(3)
    db 1
%define one 1
%define two one %+ 1
%define cat(x,y) x %+ y
%define three cat(tw,o) %+ 2
    db two, three, cat(cat(o,n),e)
