 dd 0.1, -0.1
[float up]
 dd 0.1, -0.1
