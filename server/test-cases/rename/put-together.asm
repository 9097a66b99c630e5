%macro handler 1
handler_%1:
        iretq
%endmacro
        bits 64
        handler 14
        dq handler«trap»_14
