	%use masm
	bits 64
_TEXT	segment
fproc	proc far
	mov eax,dword ptr foo
	mov rdx,offset foo
	mov ecx,bar[rbx]
	lea rsi,foo
	lea rsi,dword ptr foo
	lea rsi,[foo]
	lea rsi,dword [foo]
	mov rdi,gs:[rbx]
	ret
fproc	endp
_TEXT ends
foo dd 0
bar dd 1
