; a conditional jump that does not reach, on processors without a long one
        bits 16
        cpu 8086
        jz a
        jnz b
b:      jc short b
        times 2 jo a
        times 200 nop
a:      jp b
        jcxz $
        jz $
        jz 0x1234
        jg strict a
        bnd ja b
        o32 jae b
        es jbe b
        cpu 286
        jz b
        cpu 386
        bits 32
        cpu 8086
        jz b
        jz $
        bnd jc b
        o16 jc b
        a16 jc a
        cpu 386
        jz b
