section a align=3
section c start=5 follows=d
section d unknown
section e follows=nowhere
 nop
