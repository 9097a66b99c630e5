import { fillModes } from '../program/fill';

/** The macro packages that `%use` brings in, by name: what NASM's manual promises of them, written for this assembler. */

/** Registers by number: R0..R7 with all their parts, and the low bytes of all sixteen as R0L..R15L. */
const altreg = [
  ['rax eax ax al ah', 'rcx ecx cx cl ch', 'rdx edx dx dl dh', 'rbx ebx bx bl bh'],
  ['rsp esp sp spl', 'rbp ebp bp bpl', 'rsi esi si sil', 'rdi edi di dil'],
]
  .flat()
  .flatMap((names, n) => {
    const [whole, dword, word, byte, high] = names.split(' ');
    const lines = [
      `%idefine r${n} ${whole}`,
      `%idefine r${n}d ${dword}`,
      `%idefine r${n}w ${word}`,
      `%idefine r${n}b ${byte}`,
      `%idefine r${n}l ${byte}`,
    ];
    return high ? [...lines, `%idefine r${n}h ${high}`] : lines;
  })
  .concat(Array.from({ length: 8 }, (_, i) => `%idefine r${i + 8}l r${i + 8}b`))
  .join('\n');

const ifunc = `
%idefine ilog2(x) (__?ilog2e?__(x))
%idefine ilog2e(x) (__?ilog2e?__(x))
%idefine ilog2w(x) (__?ilog2w?__(x))
%idefine ilog2f(x) (__?ilog2f?__(x))
%idefine ilog2c(x) (__?ilog2c?__(x))
%idefine ilog2fw(x) (__?ilog2w?__(x))
%idefine ilog2cw(x) (__?ilog2w?__(x) * 0 + __?ilog2c?__(x))
`;

const fp = `
%define Inf __?Infinity?__
%define NaN __?QNaN?__
%define QNaN __?QNaN?__
%define SNaN __?SNaN?__
${['float8', 'float16', 'bfloat16', 'float32', 'float64', 'float80m', 'float80e', 'float128l', 'float128h']
  .map((name) => `%define ${name}(x) __?${name}?__(x)`)
  .join('\n')}
%imacro bf16 1-*.nolist
%rep %0
dw __?bfloat16?__(%1)
%rotate 1
%endrep
%endmacro
`;

/**
 * ALIGN with no-operations of several bytes. What is filled is decided in the passes (program/fill.ts), where the
 * distance is known: the directive below is this assembler's own.
 */
const smartalign = `
%imacro alignmode 1-2.nolist
${Object.entries(fillModes)
  .map(
    ([name, { jumpThreshold, bits16 }], i) => `%${i ? 'el' : ''}ifidni %1,${name}
%define __?ALIGN_JMP_THRESHOLD?__ ${jumpThreshold}
${
  name === 'k7'
    ? '%xdefine __?ALIGN_FILL?__ %1 %+ _ %+ __?ALIGN_16BIT_GROUP?__'
    : `%define __?ALIGN_16BIT_GROUP?__ ${bits16.length}\n%define __?ALIGN_FILL?__ %1`
}`,
  )
  .join('\n')}
%else
%error unknown alignment mode: %1
%endif
%ifidni %2,nojmp
%xdefine __?ALIGN_JMP_THRESHOLD?__ -1
%elifnempty %2
%xdefine __?ALIGN_JMP_THRESHOLD?__ %2
%endif
%xdefine __?ALIGNMODE?__ %1,__?ALIGN_JMP_THRESHOLD?__
%endmacro
%defalias __ALIGNMODE__ __?ALIGNMODE?__
%unimacro align 1-2+.nolist
%imacro align 1-2+.nolist
sectalign %1
%ifnempty %2
times (((%1) - (($-$$) % (%1))) % (%1)) %2
%else
%push
[__?fill?__ __?ALIGN_FILL?__,__?ALIGN_JMP_THRESHOLD?__,(((%1) - (($-$$) % (%1))) % (%1))]
%ifn __?PASS?__ == 3
%$end:
%endif
%pop
%endif
%endmacro
alignmode generic
`;

const masm = `
%unimacro segment 1+
%imacro segment 0-1+.nolist
%define __?SECT?__ [segment %00 %1]
__?SECT?__
%endmacro
%imacro ends 0+.nolist
%null ends %00
%endmacro
%imacro proc 0-*.nolist
%rep %0
%ifidni %1,far
%idefine ret retf
%else
%idefine ret retn
%endif
%rotate 1
%endrep
%endmacro
%imacro endp 0.nolist
%null endp %00
%undef ret
%endmacro
%idefine ptr __?masm_ptr?__
%idefine flat __?masm_flat?__
%idefine offset
%imacro end 0+.nolist
%endmacro
%idefine tbyte tword
default rel
`;

const texts: Readonly<Record<string, string>> = { altreg, ifunc, fp, smartalign, masm };

/** The text of a package; undefined where there is none of that name (in any case). */
export function packageNamed(name: string): string | undefined {
  const key = name.toLowerCase();
  const text = texts[key];
  if (text === undefined) return undefined;
  const upper = key.toUpperCase();
  return `%define __?USE_${upper}?__\n%defalias __USE_${upper}__ __?USE${upper}?__\n${text}`;
}

export const packageNames: readonly string[] = Object.keys(texts);
