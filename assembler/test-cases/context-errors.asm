%pop
%repl x
%push a
%pop b
%$$x:
 db %$y
%push 5
%pop a
%$z:
