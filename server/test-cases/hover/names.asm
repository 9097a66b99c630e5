        bits 64
        org 0x7C00
%define LETTER 'x'

; say text...: writes a text into the program.
%macro say 1+
        jmp %%«»over
        db «»%1
%%over:
%endmacro

; Where everything begins.
start:
        mov rax, [«»counter]
        call print.«»next
        mov ecx, «»LIMIT
        mov [rdi + Point.«»y], eax
        mov eax, Point_«»size
        say«» "hello", 13
        mov al, «»LETTER
        mov rax, «»cr0
        mov bl, «»sil
        jmp .«»end
.end:
        hlt

; Prints a text.
print:
.next:  ret

LIMIT   equ 100                 ; the most there can be
struc Point
.x:     resd 1                  ; to the right
.y:     resd 1                  ; down
endstruc

counter: dq 0                   ; how often
                                ; it happened
