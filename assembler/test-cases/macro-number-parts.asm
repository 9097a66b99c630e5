%define N 1e%++%+ 5
	dd N, 1e+5
%macro df 2
	dd %1e+%2
%endmacro
	df 1, 36
	df 1.2, 5
%macro ddx 2
%assign xy __float32__(%1e+%2)
	dd xy
%endmacro
 ddx 1,3
