%defalias OLD NEW
%define OLD 123
%undef OLD
%define NEW 5
 db OLD, NEW
%idefalias oLd2 NEW
 db OLD2
%undefalias OLD
OLD: db 1
%define __FILE__ 7
 db __FILE__
%defalias a b
%defalias b c
%define a 3
 db a, b, c
