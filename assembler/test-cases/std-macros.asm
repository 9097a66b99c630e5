 db __NASM_MAJOR__, __NASM_MINOR__, __NASM_SUBMINOR__, __?NASM_PATCHLEVEL?__
 dd __NASM_VERSION_ID__
 db __NASM_VER__
 db __FILE__, __LINE__
%defstr of __OUTPUT_FORMAT__
 db of
%defstr sect __SECT__
 db sect
section .foo
%defstr sect __?SECT?__
 db sect
 __SECT__
%ifdef __?NASM_SNAPSHOT?__
 db 1
%endif
%ifdef __PASS__
 db 2
%endif
%ifdef __DEBUG_FORMAT__
 db 3
%endif
%strlen d __DATE__
 db d
%strlen d __UTC_TIME__
 db d
