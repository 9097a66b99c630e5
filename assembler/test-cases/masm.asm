%use masm
bits 32
 fld tbyte ptr [ebx]
 mov eax, dword ptr foo2
foo2: mov eax, [flat:foo2]
 mov eax, dword ptr ds:foo2
 mov eax, foo2[ebx]
 mov eax, dword ptr foo2[ebx*4]
 mov eax, offset foo2
 mov al, byte ptr [eax]
func proc near
 ret
func endp
 call func
 end
