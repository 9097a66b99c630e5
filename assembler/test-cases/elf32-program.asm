; options: -f elf32
        global  main:function (main.end - main)
        extern  puts, printf
        extern  _GLOBAL_OFFSET_TABLE_
        common  buffer 64:16
        section .data
message: db     'hello', 0
table:  dd      message, main, puts, buffer, message + 1
        dd      main - $, message - $
        dw      message
        db      message
        section .bss
area:   resd    4
        section .text
main:   push    ebx
        call    .got
.got:   pop     ebx
        add     ebx, _GLOBAL_OFFSET_TABLE_ + $$ - .got wrt ..gotpc
        lea     eax, [ebx + message wrt ..gotoff]
        mov     ecx, [ebx + puts wrt ..got]
        call    printf wrt ..plt
        mov     eax, [ebx + buffer wrt ..got]
        push    message
        call    puts
        call    [table]
        cmp     dword [area + 4], 5
        jne     main
        jz      puts
        mov     ax, [message]
        a16 mov ax, [message]
        xor     eax, eax
        pop     ebx
        ret
.end:
