%warning a warning
%warning "quoted"
%warning "two" "strings"
%define x 5
%warning value x
%macro m 1
%warning in macro %1
%endmacro
 m 7
 nop
