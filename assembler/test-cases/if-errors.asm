%if foo
%endif
%if eax
%endif
%if
%endif
%ifdef 5
%endif
%ifidn a
%endif
%ifctx 5
%endif
%ifmacro 5
%endif
%else
%endif
%elif 1
%if 1
%else
%else
%elif 1
%endif
%if 1 2
%else foo
%endif bar
