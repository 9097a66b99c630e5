%rep
%endrep
%rep -1
 db 1
%endrep
%rep foo
%endrep
%endrep
%exitrep
%rep 1000001
%endrep
%rotate 1
