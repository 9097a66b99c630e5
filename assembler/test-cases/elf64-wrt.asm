; options: -f elf64
 extern a
 global g
 dq a wrt ..gottpoff
 lea rax,[rel a wrt ..sym]
 dq a wrt ..foo
 call a wrt ..gottpoff
 call a wrt ..tlsie
 mov eax,[rel a wrt ..tlsie]
 dd a wrt ..tlsie
 dd a wrt ..plt
 dq a wrt ..plt
 dw a wrt ..plt
 dd a wrt ..gotoff
 lea rax,[rel a wrt ..gotoff]
 dq a wrt ..gotpc
 dd a wrt ..gotpc
 lea rax,[rel a wrt ..gotpc]
 db a wrt ..got
 dw a wrt ..got
 dq a+1 wrt ..got
 dq g+1 wrt ..got
 dq a wrt g
 dq seg a
 dd seg a
 dw seg a
 db seg g
 lea rax,[rel seg a]
 dq a+1 wrt ..gottpoff
 lea rax,[rel a+1 wrt ..gottpoff]
g:
