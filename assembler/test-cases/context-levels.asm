%push outer
%define %$a 1
%assign %$n 10
%push inner
%define %$a 2
        db      %$a, %$$a, %$$n
%repl other
%ifctx other
        db      3
%endif
%ifnctx inner
        db      4
%endif
%$here: jmp     %$here
%pop other
        db      %$a
%pop
