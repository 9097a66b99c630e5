bits 64
default rel
x: lea rsi, x
 lea rsi, y
 lea rsi, dword y
 lea esi, y
 lea rsi, [y]
 lea rsi, [abs y]
y:
