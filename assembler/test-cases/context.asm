bits 32
%macro repeat 0
%push repeat
%$begin:
%endmacro
%macro until 1
 j%-1 %$begin
%pop
%endmacro
 mov cx, 5
 repeat
 dec cx
 until e
%macro if 1
%push if
 j%-1 %$ifnot
%endmacro
%macro else 0
%ifctx if
%repl else
 jmp %$ifend
%$ifnot:
%else
%error "expected `if' before `else'"
%endif
%endmacro
%macro endif 0
%ifctx if
%$ifnot:
%pop
%elifctx else
%$ifend:
%pop
%else
%error "expected `if' or `else' before `endif'"
%endif
%endmacro
 cmp ax,bx
 if ae
 cmp bx,cx
 if ae
 mov ax,cx
 else
 mov ax,bx
 endif
 else
 cmp ax,cx
 if ae
 mov ax,cx
 endif
 endif
%push outer
%define %$x 1
%assign %$n 5
%push inner
%define %$x 2
 db %$x, %$$x, %$$n
%pop
 db %$x
%pop outer
