%line 100 foo.asm
 db __LINE__
 db __FILE__
%line 10+5 bar.asm
 db __LINE__
 db __LINE__
 db 300
%line 7
 db __LINE__
 db 301
