 nop
%fatal this is the end
 foo bar
