%define y(a+) 1
%define y(a,b) 2
 db y(1), y(1,2), y(1,2,3)
%define x(a,b+) 3
%define x(a) 4
 db x(1)
