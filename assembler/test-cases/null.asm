%null foo bar
%null
 db 1
