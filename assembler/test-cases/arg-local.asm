%push mycontext
%stacksize flat
%arg i:dword, j:dword
bits 32
 mov eax, [i]
 mov ebx, [j]
%pop
%push
%stacksize large
%assign %$localsize 0
%local a:byte, b:word, c:dword
 mov ax, [bp-2]
 mov [a], al
 mov [b], ax
 mov eax, [c]
 db %$localsize
%pop
%push
%stacksize flat64
%arg q:qword
 bits 64
 mov rax, [q]
%pop
%push
%stacksize small
%arg q:word
 bits 16
 mov ax, [q]
%pop
