bits 64
bnd jmp short $
nobnd jmp short $
bnd loop $
bnd jrcxz $
bnd nop
nobnd nop
repne jmp near $
repne call $
repnz ret
