        db      4 dup (1, 2 dup (?), 'ab'), 3
        dw      2 dup (1, 2, dword 5), byte 3
        dd      2 dup ('abcde'), 3 dup (byte 1)
        db      %(1, 2, 3), byte %(4, 5), word 2 dup (6)
        dq      2 dup (1.5), ?, 2 dup (?)
