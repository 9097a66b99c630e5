        bits 64
        mov eax, «»0x7C00
        mov al, «»'A'
        mov ecx, «»0xC0000080
        mov rax, «»0x681E
        vmread rax, «»rbx
        dd «»1_000_000, «»10110b, «»777o, «»$0FF, «»0x41424344
GUEST_RIP equ «»0x681E
PAGE equ «»2 << 20
