; Operands that were read before: addresses of registers and numbers, and operands with symbols in them, in lines that mean
; something else each time because of labels, modes and macros around them.
        bits    64
size    equ     16
start:
%macro forms 2
        mov     %1, [%2]
%endmacro
        mov     rax, [rbx]
        mov     rax, [rsp]
        mov     rax, [rbp]
        mov     rax, [r12]
        mov     rax, [r13]
        mov     rax, [rbx + rcx]
        mov     rax, [rcx + rbx]
        mov     rax, [rbx + rsp]
        mov     rax, [rsp + rbx]
        mov     rax, [r13 + rax]
        mov     rax, [rax + r13]
        mov     rax, [rbx + rbx]
        mov     rax, [rbx + rbx*2]
        mov     rax, [rbx + rcx*2]
        mov     rax, [rbx + rcx*4]
        mov     rax, [rbx + rcx*8 ]
        mov     rax, [rbx + rcx*1]
        mov     rax, [ebx + ecx*4]
        mov     rax, [ rbx + r12*4 - 128 ]
        mov     rax, [rbx+r12*4-129]
        mov     rax, [rbx+r12*4+127]
        mov     rax, [RBX+R12*4+128]
        mov     rax, [rbx+0]
        mov     rax, [rbp-0]
        mov     rax, [rbx+0x7f]
        mov     rax, [rbx-0x80]
        mov     rax, [rbx - 2147483648]
        mov     qword [rbx+rcx*4], 5
        mov     dword [rbx+rcx*4], 5
        add     byte [rbx+rcx*4+1], 5
        mov     [rbx+rcx*4+1], al
        mov     [rbx+size], al
        mov     [rbx+size], cl
        mov     [rbx+size+later], cl
        mov     [rbx+size+later], dl
        mov     edx, [rel start]
        mov     ecx, [rel start]
        mov     ecx, [start]
        mov     edx, [start]
        mov     edx, size
        mov     ecx, size
        mov     ecx, size*2
        mov     ecx, size*2
        mov     ecx, later
        mov     ecx, later
        mov     rcx, later
        mov     rcx, later
        lea     rsi, [rel after - size]
        lea     rdi, [rel after - size]
        cmp     ecx, $ - start
        cmp     ecx, $ - start
.local: nop
        nop
other:  mov     edx, [rel .local]
.local: mov     edx, [rel .local]
        mov     edx, [rel .local]
third:
        lea     rax, [rel .local]
.local: lea     rax, [rel .local]
        lea     rcx, [rel other.local]
        lea     rax, [rel other.local]
        default rel
        mov     edx, [start]
        mov     ecx, [start]
        default abs
        mov     edx, [start]
        mov     ecx, [start]
        forms   rax, rbx+size
        forms   rax, rbx+size
        forms   rcx, rbx+rcx*4
        bits    32
        mov     eax, [ebx+ecx*4]
        mov     eax, [ebx+ecx*4]
        mov     eax, [ebx+size]
        mov     ecx, [ebx+size]
        bits    16
        mov     eax, [ebx+ecx*4]
        mov     eax, [ebx+size]
        mov     ax, [bx+si]
        mov     ax, [bx+si+size]
        mov     cx, [bx+si+size]
        mov     ax, [si+bx]
        mov     ax, [bp+di+4]
        bits    64
%define size 24
        mov     [rbx+size], al
        mov     [rbx+size], cl
%define rcx rdx
        mov     rax, [rbx + rcx*4]
        mov     rax, [rbx + rcx*2]
%undef rcx
        mov     rax, [rbx + rcx*4]
%undef size
        mov     [rbx+size], al
named:  mov     [rbx+size], al
name2 : mov     [rbx+size], al  ; a comment
%macro  start2 0
        nop
%endmacro
start2:
start2
start3: mov     eax, size
start3b: start2
later   equ     40
after:
