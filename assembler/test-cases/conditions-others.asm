; Conditions and directives that no other case has.
%define A 1
%macro m 0
%endmacro
%imacro im 1
%endmacro
%rmacro rm 0
%endmacro
%irmacro irm 0
%endmacro
%ifnmacro n
    db 1
%endif
%ifnmacro M
    db 2
%elifmacro m
    db 3
%endif
%if 0
%elifidn a,a
    db 4
%endif
%if 0
%elifidni a,A
    db 5
%endif
%if 0
%elifempty
    db 6
%endif
%if 0
%elifnum 12
    db 7
%elifnnum 12
    db 8
%endif
%if 0
%elifid 12
    db 9
%elifstr 'x'
    db 10
%endif
%if 0
%elifndef B
    db 11
%endif
%if 0
%elifctx
    db 12
%else
    db 13
%endif
%if 0
%elifenv PATH
    db 14
%endif
%if 0
%elifnenv NO_SUCH_THING
    db 15
%endif
%if 0
%eliftoken x
    db 16
%endif
%if 0
%elifntoken x y
    db 17
%endif
%deftok T 'A'
%ideftok U 'A'
    db T, u
%idefstr S a b c
    db s
%iassign k 7
    db K
%ixdefine xd A
    db XD
%defalias al1 A
    db al1
%idefalias al2 A
    db AL2
    bits 64
    {vex2} vaddps xmm0, xmm1, xmm2
    {vex3} vaddps xmm0, xmm1, xmm2
    {vex} vaddps xmm0, xmm1, xmm2
    {rex} mov al, bl
