; options: -f elf64
; A program for the linker: calls outward, data, BSS, strings.
        default rel
        global  main:function (main.end - main)
        extern  puts, environ, optional:weak
        common  buffer 64:16

        section .data
message: db     'hello', 0
table:  dq      message, main, puts, buffer, message + 1
        dd      main - $, message - $
        section .bss
area:   resq    4
        section .rodata
number: dd      1
        section .text
main:   push    rbx
.again: lea     rdi, [message]
        call    puts
        call    puts wrt ..plt
        mov     rax, [environ wrt ..got]
        mov     eax, [number]
        cmp     dword [area], 5
        jne     .again
        jmp     .done
.done:  xor     eax, eax
        pop     rbx
        ret
.end:
