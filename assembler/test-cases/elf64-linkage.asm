; options: -f elf64
; Thread-local storage, weak, hidden, protected and common symbols.
        bits 64
        default rel
        global  count:function hidden, counter, weakling:function weak, twice:function protected
        global  table:data (table.end - table) internal
        extern  helper:weak
        extern  absent:weak
        extern  shared_buffer
        common  pool 64:16
        common  small 4:4
        static  local_one
        section .tdata progbits tls alloc write align=8
counter: dq     41
        section .tbss nobits tls alloc write align=4
spare:  resd    4
        section .text
count:  mov     rax, [rel counter wrt ..gottpoff]
        inc     qword [fs:rax]
        mov     rax, [fs:rax]
        mov     ecx, [rel pool]
        add     rax, rcx
        ret
twice:  call    count
        call    helper wrt ..plt
        mov     rcx, [rel absent wrt ..got]
        lea     rdx, [rel table]
        ret
weakling: mov   eax, 7
local_one: ret
        section .rodata
table:  dq      count, twice, shared_buffer+8
.end:
