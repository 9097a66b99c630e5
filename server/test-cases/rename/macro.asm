%imacro pu«emit»t 1
        db %1
%%lo«done»cal:
        jmp %%local
%endmacro
        put 1
        PUT 2
%ifmacro put
%endif
%define val«NUMBER»ue 7
%ifdef value
        mov al, value
%endif
put_it: db "put"
