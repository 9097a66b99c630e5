 db `Test \u306a\U0001abcd\n`
 dw __?utf16?__(`Test \u306a\U0001abcd\n`)
 dw __?utf16be?__(`Test \u306a\U0001abcd\n`)
 dw __?utf16le?__(`Test \u306a\U0001abcd\n`)
 dd __?utf32be?__(`Test \u306a\U0001abcd\n`)
