 db %eval(1+1,2,3), %num(64,,2),%num(5,3), %num(-1,,16), %num(7,-4,2)
 db %substr('abcdef',2,), %substr('abcdef',2,-2), %sel(2, 1, 2+3, 4)
%define q(=x,y) x y
 db %str(q(3*3,+2))
