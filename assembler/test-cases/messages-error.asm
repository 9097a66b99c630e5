%error "an error" 
 nop
%warning late
 foo bar
