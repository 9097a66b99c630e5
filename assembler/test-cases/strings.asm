 db 'single "double" inside', "double 'single' inside", `back 'both" \`quote\` \\ \n\t\r\a\b\e\f\v\0`
 db `\x41\x4A\101\1\18\377\u263a\U0001F600\xg\q\'`
 dw 'a', 'ab', 'abc', "", 'x'
 dd 'abcd', 'abcde'
 dq 'abc'
 dt 'abc'
 do 'abcdefghijklmnopq'
 db 'é', "日本"
 dw __?utf16?__('aé日😀'), __utf16le__("ab"), __?utf16be?__(`\u263a`)
 dd __?utf32?__('aé😀'), __?utf32be?__('x'), __utf32le__('y')
 mov ax, 'ab'
 mov eax, __?utf16?__("ab")
 db ''
 db 'a' 
