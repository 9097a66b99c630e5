%define foo16 16
%define foo32 32
%define foo64 64
bits 64
 mov ax, foo%[__BITS__]
bits 32
 db foo%[__?BITS?__]
%define a b%[c]d
%define c X
a: dw bcd
%assign i 3
lab%[i]: dw lab3
lab%+i: 
%xdefine n%[i] %[i]
 db n3
