        dd      1_000, 0d200, 0t17, 200d, 0x1F_2a, 0h1f, $0fa, 0_1fh, 1Fh, 0x_1
        dd      0o777, 0q17, 777o, 17q, 0b1010_1010, 0y11, 1010b, 0b_1, 11y
        dq      0xffff_ffff_ffff_ffff, -1, 18446744073709551615, 'abcdefgh', "a", `\n`
