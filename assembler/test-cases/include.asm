%include "one-byte.inc"
 q
%include 'include-2.inc'
 db 9
%depend "foo"
