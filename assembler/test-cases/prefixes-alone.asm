bits 16
 rep
 lock
 es
 o32
 a32
 rep lock
 times 3 repne
bits 32
 o16
 a16
 o32
 a32
 cs rep
 wait
bits 64
 a32
 o16
