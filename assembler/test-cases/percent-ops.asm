 db 7 % 3, 7 %% 3, -7 %% 3
%define m(x) x % 4
 db m(7)
