%define a 1
%define a(x) 2
