%define isTrue 1
%define isFalse isTrue
%define isTrue 0
val1: db isFalse
%xdefine isFalse2 isTrue
%define isTrue 1
val2: db isFalse2, isFalse
%ixdefine M isTrue
%define isTrue 5
 db m, M
%xdefine f(x) isTrue+x
%define isTrue 7
 db f(1)
%xdefine list
%xdefine list 1
%xdefine list list,2
%xdefine list list,3
 db list
