%use fp
 dd float32(1.5), Inf, NaN
 dq float64(2.5), -inf
 dt qnan, snan
 dw float16(1.0), bfloat16(1.0)
 dq float80m(1.5), float80e(1.5), float128l(1.1), float128h(1.1)
 db float8(1.0)
