%define c(x) x
%define c(x,y) x+y
 db c(1), c(1,2)
 db c(1,2,3)
