        bits 64
%macro announce 1
        db %1
%endmacro
        an«»
        cpu«»
        rd«»
        vm«»
        di«»
        %if«»
start:  mo«»
        ; no«»
        db "no«»"
        resb«»
