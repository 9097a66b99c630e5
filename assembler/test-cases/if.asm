%if 1
 db 1
%else
 db 2
%endif
%if 0
 db 3
%elif 1
 db 4
%elif 1
 db 5
%else
 db 6
%endif
%ifdef foo
 db 7
%elifndef foo
 db 8
%endif
%define foo
%ifdef foo
 db 9
%endif
%ifndef foo
%else
 db 10
%endif
%if 0
%if 1
 db 11
%else
 db 12
%endif
%else
 db 13
%endif
%ifn 0
 db 14
%endif
%if 1 == 1 && 2 > 1
 db 15
%endif
%if $-$$ == 7
 db 16
%endif
lab:
%if lab - $$ > 3
 db 17
%endif
%ifempty
 db 18
%endif
%ifnempty x
 db 19
%endif
%ifid abc
 db 20
%endif
%ifnid 5
 db 21
%endif
%ifnum 5
 db 22
%endif
%ifnum -5
 db 23
%endif
%ifstr "x"
 db 24
%endif
%iftoken x
 db 25
%endif
%iftoken x y
 db 26
%endif
%ifidn a b,a  b
 db 27
%endif
%ifidni A,a
 db 28
%endif
%ifidn "a",'a'
 db 29
%endif
%ifmacro section 1
 db 30
%endif
%ifmacro section 2
 db 31
%endif
%ifmacro nosuch
 db 32
%endif
%ifctx
 db 33
%endif
%push x
%ifctx x
 db 34
%endif
%ifctx y z x
 db 35
%endif
%pop
%ifenv HOME
 db 36
%endif
%ifnenv NO_SUCH_VARIABLE
 db 37
%endif
%ifusable altreg
 db 38
%endif
%ifusing altreg
 db 39
%endif
%ifdefalias __FILE__
 db 40
%endif
%ifdefalias foo
 db 41
%endif
%ifndefalias foo
 db 42
%endif
