        bits 64
        c«»puid
        m«»ov cr3, rax
        mov «»al, [rdi]
        pop«»fq
        rep mov«»sb
        r«»ep stosq
        v«»mread rax, rbx
        out «»dx, al
        j«»nz $
        lo«»ck inc qword [rsi]
