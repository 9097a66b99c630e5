%use «»fp
        nop
