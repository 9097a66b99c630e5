	bits 64
		org 0xffffffffffff0000
hello:		jmp there
		nop
there:
		add rax,[rsp+rbx]
		section .data
there_ptr	dq there
