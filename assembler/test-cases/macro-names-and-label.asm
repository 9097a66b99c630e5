%macro  shown 0-2 x, y
%00:    db      %0, %str(%?), %str(%??)
        db      %str(%1), %str(%2)
%endmacro
%imacro AnyCase 1+
        db      %str(%?), %str(%??), %1
%endmacro
first   shown
second: shown a
        ANYCASE 1, 2, 3
        anycase 4
%define me  'me' %+ %str(%?)
%idefine you %str(%?), %str(%??)
        db      YOU, You
