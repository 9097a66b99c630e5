        cpu 8086
        bits 16
a:      jz near a
        bits 32
        jz a
        bits 64
        cpu 386
        jz near a
        jz word a
        bits 64
