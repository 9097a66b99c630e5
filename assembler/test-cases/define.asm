%define ctrl 0x1F &
%define param(a,b) ((a)+(a)*(b))
bits 32
 mov byte [param(2,ebx)], ctrl 'D'
%define a(x) 1+b(x)
%define b(x) 2*x
 mov ax,a(8)
%define a(x) 1+a(x)
a: mov ax, a(3)
%define foo 4
%define foo 5
 db foo
%idefine Bar 6
 db BAR, bar, Bar
%define foo2 foo+1
%undef foo
%define foo 9
 db foo2
%undef foo2
foo2: db 1
%define x y
%define y x
x: dw x
%define e
 db 1 e, 2 e
%define spaced   1   +   2   
 db spaced
%define plus(a,b+) a b
 db plus(1,,2,3)
%define s(&x) x
 db s(hello there), s("q")
%define ev(=x) x
 db ev(1+2) - ev(3-1)
%define strs(&&x) x
 db strs(abc), strs("abc")
 db param(1,(2,3)) ; error
