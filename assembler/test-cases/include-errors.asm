%include "no such file"
%include
%include foo
%include "include-unclosed.inc"
