%macro prologue 1
 push ebp
 mov ebp, esp
 sub esp, %1
%endmacro
bits 32
 prologue 12
myfunc: prologue 4
%macro silly 2
%2: db %1
%endmacro
 silly 'a', letter_a
 silly 'ab', string_ab
 silly {13,10}, crlf
%macro push 2
 push %1
 push %2
%endmacro
 push ebx
 push eax, ecx
%macro retz 0
 jnz %%skip
 ret
%%skip:
%endmacro
 retz
 retz
%macro writefile 2+
 jmp %%endstr
%%str: db %2
%%endstr: mov dx,%%str
 mov cx,%%endstr-%%str
%endmacro
 writefile [x], "hello, world", 13, 10
x:
%macro die 0-3 "Painful program death.", 7, 8
 db %1, %2, %3, %0
%endmacro
 die
 die 'a'
 die 'a', 'b', 'c'
%macro foo 1-3 eax,[ebx+2]
 mov %2, %3
 db %1, %0
%endmacro
 foo 1
 foo 1, ecx
 foo 1, ecx, edx
%imacro CaseLess 1
 db %1
%endmacro
 caseless 1
 CASELESS 2
