bits 64
 mov eax,[rax*2+2+3]
 mov eax,[rax*2+2]
 mov eax,[rax+rax+2]
 mov eax,[rax*2+0]
 mov eax,[rax*2+x-y]
 mov eax,[rcx+rax+x-y+1]
 mov eax,[x+rcx+rax+4]
 mov eax,[rcx+rax+x+4]
 mov eax,[rcx+rax+0*1+4]
 mov eax,[rcx+rax+0]
 mov eax,[4+rcx+rax]
 mov eax,[rcx+rax+(1==1)]
 mov eax,[rcx+rax+(1==2)]
 mov eax,[nosplit rax*2+2+3]
y: nop
x:
bits 32
 mov eax,[eax*2+2+3]
 mov eax,[eax*2+y]
 mov eax,[eax*2+y+3]
 mov eax,[ecx+eax+y+3]
bits 16
 mov ax,[bx+si+2+3]
 mov ax,[si+bx+2+3]
