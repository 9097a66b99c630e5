[float up]
 dd 0.1, -0.1
[float down]
 dd 0.1, -0.1
[float zero]
 dd 0.1,-0.1, 1e40
[float daz]
 dd 1e-40
float near, nodaz
 dd 0.1, 1e-40
 db __FLOAT_DAZ__ %+ x, 
