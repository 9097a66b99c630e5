; A negative number of times, where nothing else is wrong.
    nop
    times -1 nop
