a: nop
.l: jmp .l
 jmp a.l
b: nop
.l: jmp .l
 jmp a.l
c nop
.x.y: jmp .x.y
 jmp c.x.y
..@special: nop
 jmp .x.y
 jmp ..@special
$eax: jmp $eax
 mov ax, $eax
mov: jmp mov
label_without_colon
 dw label_without_colon, mov
_a?b#c~d@e$f: dw _a?b#c~d@e$f
