section .a FLAT class=CODE
        nop
section .b align=16 Exec USE32
        nop
