%use ifunc
 db ilog2(8), ilog2e(16), ilog2f(17), ilog2c(17), ilog2w(32)
