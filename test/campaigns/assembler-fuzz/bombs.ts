import type { AssembleOptions } from '../../../assembler/api';

/** Sources that ask for more than there is: each must end with a clear error, or with output where it is only odd. */
const bombs: readonly ((n: number) => string)[] = [
  (n) => `%rep\n nop\n db ${n}\n%endrep`,
  (n) => `%rep ${n}000000000\n nop\n%endrep`,
  (n) => `%assign i ${n}\n%rep 0x7fffffffffffffff\n%assign i i+1\n%endrep`,
  (n) => `%macro m 0\n m\n%endmacro\n%rep ${n}\n m\n%endrep`,
  (n) => `%macro m 1\n m %1+${n}\n m %1\n%endmacro\nm 1`,
  (n) => `%macro a 0\n b\n%endmacro\n%macro b 0\n a\n%endmacro\na ; ${n}`,
  (n) => `%rmacro m 1\n%if %1\n m %1-1\n m %1-1\n%endif\n db 1\n%endmacro\nm ${20 + n}`,
  (n) =>
    `%define a b b b\n%define b c c c\n%define c d d d\n%define d e e e\n%define e f f f\n%define f ${'g '.repeat(n)}\ndb a`,
  (n) => `%define x(y) y y y y\ndb ${'x('.repeat(12 + n)}1${')'.repeat(12 + n)}`,
  (n) => `%define a a+a\n%xdefine q 1\n%rep ${20 + n}\n%xdefine q q q\n%endrep\ndb q`,
  (n) => `times ${n}0000000000 db 1`,
  (n) => `times ${n}00000000 times ${n}000000 db 1`,
  (n) => `times 0x7fffffff db ${n}`,
  (n) => `times -${n} nop`,
  (n) => `resb ${n}0000000000000`,
  (n) => `section .bss\nresq 0x7fffffffffffff${n}`,
  (n) => `db ${n}000000000 dup (${n}00000 dup (1))`,
  (n) => `db ${Array.from({ length: 40 }, () => `${n + 2} dup (`).join('')}1${')'.repeat(40)}`,
  (n) => `incbin "bomb.asm", 0, ${n}00000000000\ntimes 100000000 incbin "bomb.asm"`,
  (n) => `%include "bomb.asm" ; ${n}`,
  (n) => `%rep ${n}0000\n%include "bomb.asm"\n%endrep`,
  (n) => `dd ${'('.repeat(n * 1000)}1${')'.repeat(n * 1000)}`,
  (n) => `dd ${'-'.repeat(n * 5000)}1`,
  (n) => `dd 1${'+1'.repeat(n * 3000)}`,
  (n) => `dd ${'1?1:'.repeat(n * 1000)}1`,
  (n) => `${'%if 1\n'.repeat(n * 1000)}nop`,
  (n) => `${'%push\n'.repeat(n * 10_000)}%$x: nop`,
  (n) => `${'%rep 2\n'.repeat(30 + n)}nop\n${'%endrep\n'.repeat(30 + n)}`,
  (n) => `${'%macro m 0\n'.repeat(n * 500)}nop\n${'%endmacro\n'.repeat(n * 500)}m`,
  (n) => `x equ x+${n}\ny equ z\nz equ y\ndd x,y,z`,
  (n) => `a: times b-a+${n} db 0\nb:`,
  (n) => `%assign i 0\n%rep 3000\nl%[i]: jmp l%[i]+${n}+$$-$\n%assign i i+1\n%endrep`,
  (n) => `align ${2 ** (20 + (n % 11))}\nnop\nalign 0x80000000`,
  (n) => `org 0x${'f'.repeat(16)}\nx: dd x+${n}\nsection .b start=0x100000000 vstart=0\nnop`,
  (n) => `%substr x 'abc' ${n},99999999999999\n%strlen y ${"'"}${'a'.repeat(n * 1000)}${"'"}\ndb x, y`,
  (n) => `%deftok t '${'%[t] '.repeat(n)}'\n%[t]\n%rep 100\n%xdefine t %[t] %[t]\n%endrep`,
  (n) => `db "${'\\'.repeat(n)}\n db \`\\u${'f'.repeat(n)}\``,
  (n) => `%while ${n}\nnop\n%endwhile\n%exitrep\n%endrep\n%endmacro`,
  (n) => `%stacksize flat64\n%arg a:dword${', b:qword'.repeat(n * 200)}\n%local ${'c:dword, '.repeat(n * 200)}d:byte`,
  (n) => `dq ${'9'.repeat(n * 1000)}.${'1'.repeat(n * 1000)}e${'9'.repeat(n)}\ndt 1e-${'9'.repeat(n)}, 0x1p99999999999`,
  (n) => `absolute 0x7fffffffffffffff\nresb ${n}\nx: resb 0x7fffffff\nsection .text\ndd x`,
  (n) => `%rep ${n}00000\n mov eax, 1\n add ebx, [ecx]\n jmp $\n db 1\n%endrep`,
  (n) => `%assign i 0\n%rep ${n}000\nsection .s%[i]\n nop\n%assign i i+1\n%endrep`,
  (n) => `%assign i 0\n%rep ${n}000\n%assign j i+1\nsection .s%[i] vfollows=.s%[j]\n nop\n%assign i i+1\n%endrep`,
  (n) =>
    `%assign i 0\n%rep ${n}00\nsection .s%[i] follows=.t%[i]\n nop\nsection .t%[i] follows=.s%[i]\n%assign i i+1\n%endrep`,
  (n) => `%include "bomb.asm"\n%include "bomb.asm" ; ${n}`,
  (n) => `%rmacro m 1\n db 1\n m %1-${n}\n%endmacro\n m 1`,
  (n) => `%rmacro m 1+\n db 1\n%unknown\n m %1,%1,${n}\n%endmacro\n m 1`,
  (n) => `%rmacro m 1\n db %1b\n%if %1 +\n m %1\n%endmacro\n m ${n}`,
  (n) => `%assign i 0\n%rep ${n}000\n%assign j i+1\nl%[i] equ l%[j] + 1\n%assign i i+1\n%endrep\nl%[i]: dd l0`,
  (n) => `%define a ${'1,'.repeat(1000)}\n%rep ${n}00000\n db a\n%endrep`,
  (n) => `%rep ${n}000\nnop\n%endrep\n%if x > ${n}000\nx:\n%else\nnop\nx:\n%endif`,
  (n) => `a:\n%rep ${n}0000\n jmp b\n%endrep\nb: times 128 - (b - a) / 2 nop`,
  (n) => `%assign i 0\n%rep ${n}000\n%assign j i+1\nl%[i] equ l%[j] + 1\n%assign i i+1\n%endrep\ndd l0`,
  (n) => `${'mov rax, [rbx+rcx*4+'.repeat(n * 100)}\n${'{'.repeat(n * 1000)}\n${'[section '.repeat(n * 500)}`,
  (n) => `%assign i 0\n%rep ${n}0000\n%define m%[i] m%[i] %[i]\n%macro n%[i] %[i]\n%endmacro\n%assign i i+1\n%endrep`,
  (n) => `struc s\n${'.a: resb 0x1000000\n'.repeat(n * 100)}endstruc\nistruc s\nat .a, db 1\niend\ntimes s_size db 0`,
];

export const bombKinds = bombs.length;

/** Kind by kind, each in a mild form, a middle one and the hardest, for a flat binary and an object with a listing. */
export const allBombs: readonly { source: string; options: AssembleOptions }[] = bombs.flatMap((make) =>
  [1, 4, 9].map((n) => ({
    source: `${make(n)}\n`,
    options: n === 4 ? { format: 'elf64', listing: true } : { format: 'bin', listing: false },
  })),
);
