%use altreg
bits 64
 mov r0, r1
 mov r0l, r3h
 mov r7d, r6d
 mov r8l, r15b
 mov r5w, r4w
 mov r2b, 5
 mov r1h, 5
