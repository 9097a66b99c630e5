; A string that has no end is said to miss its quotation mark, and is no value.
    db 'abc
    db "abc
    mov al, `a\`
%if 0
    it's left out
%endif
%macro m 1
    db %1
%endmacro
    m 'abc
