%define a
%macro  m 1
%endmacro
        db      %isdef(a), %isndef(a), %isdef(b), %isid(x), %isnum(5), %isstr('x')
        db      %ismacro(m 1), %isempty(), %isempty(a), %isidn(x,x), %isidni(X,x), %istoken(1 2)
        db      %is(1 + 1 == 2), %isn(0), %cond(5, 1, 2), %cond(0, 1, 2), %cond(0, 1)
        db      %sel(2, 1, 2, 3), %count(a, b, c), %abs(-5), %strlen('abc')
        db      %strcat('a', "b", `\x63`), %substr('abcdef', 2, 3), %tok('5')
