%define two(a,b) db a, b
 two(1,2)
 two({1,2},3)
 two( 1 , 2 )
 two((1),(2))
%define one(a) a
 db one(one(1)), one(2)+one(3)
%define none() 7
 db none()
%define nested(x) [x]
bits 32
%define nested2 4
 mov eax, nested(ebx+nested2)
%define cat(a,b) a%+b
 db cat(1,2)
cat(la,bel): dw label
%define q %?
%define qq(x) %? %??
q: dw q
%define grd(a,b+) dw a%, b
 grd(1,2,3)
 grd(1)
%define keep(!a) a
 db keep(1)
