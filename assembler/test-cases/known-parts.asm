; Lines whose parts have all been seen: what they mean changes when a part becomes a macro, or the mode another.
	bits	32
start:
	mov	eax, ebx
	mov	ecx, edx
	mov	ebx, [eax+4]
	mov	ecx, [eax+5]		; the same address with another number
	mov	ecx, [eax+0x7f]
	mov	ecx, [eax+128]
	mov	ecx, [eax-128]
	mov	ebx, [eax-4]
	mov	ebx, [eax-129]
	mov	ebx, [eax*2-4]
	mov	ebx, [eax*2-5]
	mov	ebx, [2*eax+1+4]
	mov	ebx, [2*eax+1+0x10]
	mov	ebx, [eax+2*4]
	mov	ebx, [eax+2*5]
	mov	ebx, [eax+2*-4]
	mov	ebx, [eax+2*-5]
	mov	ebx, [eax+7-4]
	mov	ebx, [eax+7-5]
	mov	byte [eax+1], 5
	mov	byte [eax+2], 6
	mov	byte [eax+2], 300
	mov	[byte eax+1], ebx
	mov	[es:eax+1], ebx
	mov	[es:eax+2], ebx
	add	eax, 5
	add	eax, 010
	add	eax, 0x7f
	add	eax, 128
	add	eax, 4294967295
	add	eax, 9999999999
	add	al, 5
	add	al, 255
	add	al, 256
	add	[eax], ebx
	push	eax
	push	5
	push	500
	inc	ecx
	imul	eax, ebx
	jz	.near
	jz	.near
	jmp	.near
	call	start
	call	.near
	JZ	.near
.near:	jmp	start
	jmp	eax
	call	[eax]
	lea	eax, [ebx+1]
	lea	eax, [ebx+2]
	fadd	st1
	fadd	to st1
	fadd	st0, st1
%define ebx ecx
	mov	eax, ebx
	mov	ebx, [eax+5]
	add	[eax], ebx
%undef ebx
	mov	eax, ebx
	mov	ebx, [eax+6]
%macro push 2
	push	%1
	push	%2
	add	%1, 12
	jz	%%end
	jz	%%end
	add	%1, %2
%%end:
%endmacro
	push	eax, ebx
	push	ecx, ebx
	push	ecx, 7
	push	ecx, 700
	push	eax
	push	5
%macro inc 1
	add	%1, 1
%endmacro
	inc	ecx
	inc	eax
%unmacro inc 1
	inc	ecx
%define near start
%macro jc 1
	jnz	%1
%endmacro
	jc	.near
	jmp	near
	bits	16
	mov	eax, ebx
	mov	ebx, [eax+5]
	jz	start.near
	push	eax, ebx
	bits	64
	mov	eax, ebx
	mov	ebx, [eax+5]
	mov	rbx, [rax+5]
	mov	rbx, [rax+6]
	mov	rax, 5
	mov	rax, 0x80000000
	mov	rax, 0xffffffff
	push	rax, rbx
	default	rel
	mov	eax, [5]
	mov	eax, [6]
	cpu	8086
