/** Moves between MMX, XMM and general registers and memory, and the state of SSE (SDM 1 10.4.1, 11.4.1). */
import { type InstructionSource, instruction } from '../notation';
import { mmx, sse, xmm128, xmmOf } from './simd-rows';

const sse1 = { ...sse, feature: 'SSE' };
const sse2 = { ...sse, feature: 'SSE2' };

/** A move of a whole register: load, and the store with its own opcode. */
function wholeMove(mnemonic: string, load: string, store: string, feature: string, summary: string): InstructionSource {
  return instruction(
    mnemonic,
    summary,
    { ...sse, feature },
    `
    xmm, xmmm128  | ${load} /r
    xmmm128, xmm  | ${store} /r`,
  );
}

/** A move of half a register from and to memory. */
function halfMove(mnemonic: string, load: string, store: string, feature: string, summary: string): InstructionSource {
  return instruction(
    mnemonic,
    summary,
    { ...sse, feature },
    `
    xmm, m64  | ${load} /r
    m64, xmm  | ${store} /r`,
  );
}

export const simdMoves: readonly InstructionSource[] = [
  instruction('emms', 'Marks all x87 registers as empty: MMX code ends.', mmx, '| NP 0F 77'),
  instruction(
    'movd',
    'Copies a doubleword between a general register or memory and an MMX or XMM register, whose upper part is cleared.',
    mmx,
    `
    mm, rm32   | NP 0F 6E /r W0
    mm, m      | NP 0F 6E /r W0 | encode
    rm32, mm   | NP 0F 7E /r W0
    m, mm      | NP 0F 7E /r W0 | encode
    xmm, rm32  | 66 0F 6E /r W0 | feature:SSE2
    rm32, xmm  | 66 0F 7E /r W0 | feature:SSE2
    mm, rm64   | NP REX.W 0F 6E /r | encode
    rm64, mm   | NP REX.W 0F 7E /r | encode`,
  ),
  instruction(
    'movq',
    'Copies a quadword between MMX, XMM and general registers and memory; the upper part of an XMM register is cleared.',
    mmx,
    `
    mm, mmm64    | NP 0F 6F /r
    mmm64, mm    | NP 0F 7F /r
    xmm, xmmm64  | F3 0F 7E /r | feature:SSE2
    xmmm64, xmm  | 66 0F D6 /r | feature:SSE2
    mm, rm64     | NP REX.W 0F 6E /r
    rm64, mm     | NP REX.W 0F 7E /r
    xmm, rm64    | 66 REX.W 0F 6E /r | feature:SSE2
    rm64, xmm    | 66 REX.W 0F 7E /r | feature:SSE2`,
  ),
  instruction(
    'movq2dq',
    'Copies an MMX register to an XMM register, whose upper half is cleared.',
    { ...mmx, feature: 'SSE2' },
    'xmm, mm | F3 0F D6 /r',
  ),
  instruction(
    'movdq2q',
    'Copies the lower half of an XMM register to an MMX register.',
    { ...mmx, feature: 'SSE2' },
    'mm, xmm | F2 0F D6 /r',
  ),
  wholeMove(
    'movaps',
    'NP 0F 28',
    'NP 0F 29',
    'SSE',
    'Copies four single-precision numbers; memory has to be aligned to 16 bytes.',
  ),
  wholeMove(
    'movups',
    'NP 0F 10',
    'NP 0F 11',
    'SSE',
    'Copies four single-precision numbers; memory need not be aligned.',
  ),
  wholeMove(
    'movapd',
    '66 0F 28',
    '66 0F 29',
    'SSE2',
    'Copies two double-precision numbers; memory has to be aligned to 16 bytes.',
  ),
  wholeMove(
    'movupd',
    '66 0F 10',
    '66 0F 11',
    'SSE2',
    'Copies two double-precision numbers; memory need not be aligned.',
  ),
  wholeMove('movdqa', '66 0F 6F', '66 0F 7F', 'SSE2', 'Copies 16 bytes; memory has to be aligned to 16 bytes.'),
  wholeMove('movdqu', 'F3 0F 6F', 'F3 0F 7F', 'SSE2', 'Copies 16 bytes; memory need not be aligned.'),
  instruction(
    'movss',
    'Copies a single-precision number; a load clears the rest of the register, a move between registers keeps it.',
    sse1,
    `
    xmm, xmmm32  | F3 0F 10 /r
    xmmm32, xmm  | F3 0F 11 /r`,
  ),
  instruction(
    'movsd',
    'Copies a double-precision number; a load clears the rest of the register, a move between registers keeps it.',
    sse2,
    `
    xmm, xmmm64  | F2 0F 10 /r
    xmmm64, xmm  | F2 0F 11 /r`,
  ),
  halfMove(
    'movlps',
    'NP 0F 12',
    'NP 0F 13',
    'SSE',
    'Copies two single-precision numbers between memory and the lower half of a register.',
  ),
  halfMove(
    'movhps',
    'NP 0F 16',
    'NP 0F 17',
    'SSE',
    'Copies two single-precision numbers between memory and the upper half of a register.',
  ),
  halfMove(
    'movlpd',
    '66 0F 12',
    '66 0F 13',
    'SSE2',
    'Copies a double-precision number between memory and the lower half of a register.',
  ),
  halfMove(
    'movhpd',
    '66 0F 16',
    '66 0F 17',
    'SSE2',
    'Copies a double-precision number between memory and the upper half of a register.',
  ),
  instruction(
    'movhlps',
    'Copies the upper half of the source to the lower half of the destination.',
    sse1,
    'xmm, xmm | NP 0F 12 /r',
  ),
  instruction(
    'movlhps',
    'Copies the lower half of the source to the upper half of the destination.',
    sse1,
    'xmm, xmm | NP 0F 16 /r',
  ),
  xmmOf(64, 'movddup', 'F2 0F 12', 'SSE3', 'Copies the lower double-precision number to both halves.'),
  xmm128('movshdup', 'F3 0F 16', 'SSE3', 'Copies the odd single-precision numbers over their even neighbours.'),
  xmm128('movsldup', 'F3 0F 12', 'SSE3', 'Copies the even single-precision numbers over their odd neighbours.'),
  instruction(
    'lddqu',
    'Loads 16 bytes that need not be aligned, well even across cache lines.',
    { ...sse, feature: 'SSE3' },
    'xmm, m128 | F2 0F F0 /r',
  ),
  instruction(
    'movmskps',
    'Gathers the signs of four single-precision numbers in a general register.',
    sse1,
    'ry, xmm | NP 0F 50 /r',
  ),
  instruction(
    'movmskpd',
    'Gathers the signs of two double-precision numbers in a general register.',
    sse2,
    'ry, xmm | 66 0F 50 /r',
  ),
  instruction(
    'movnti',
    'Stores a general register past the caches.',
    { feature: 'SSE2', exceptions: '#UD' },
    'my, ry | NP 0F C3 /r',
  ),
  instruction('movntq', 'Stores an MMX register past the caches.', { ...mmx, feature: 'SSE' }, 'm64, mm | NP 0F E7 /r'),
  instruction(
    'movntps',
    'Stores four single-precision numbers past the caches; memory has to be aligned to 16 bytes.',
    sse1,
    'm128, xmm | NP 0F 2B /r',
  ),
  instruction(
    'movntpd',
    'Stores two double-precision numbers past the caches; memory has to be aligned to 16 bytes.',
    sse2,
    'm128, xmm | 66 0F 2B /r',
  ),
  instruction(
    'movntdq',
    'Stores 16 bytes past the caches; memory has to be aligned to 16 bytes.',
    sse2,
    'm128, xmm | 66 0F E7 /r',
  ),
  instruction(
    'movntdqa',
    'Loads 16 aligned bytes from write-combining memory past the caches.',
    { ...sse, feature: 'SSE4.1' },
    'xmm, m128 | 66 0F 38 2A /r',
  ),
  instruction(
    'maskmovq',
    'Stores the bytes whose mask byte has its high bit set, at DS:rDI, past the caches.',
    { ...mmx, feature: 'SSE' },
    'mm, mm | NP 0F F7 /r',
  ),
  instruction(
    'maskmovdqu',
    'Stores the bytes whose mask byte has its high bit set, at DS:rDI, past the caches.',
    sse2,
    'xmm, xmm | 66 0F F7 /r',
  ),
  instruction(
    'ldmxcsr',
    'Loads MXCSR: rounding, masks and error bits of SSE.',
    { exceptions: '#NM #UD #GP(0)', feature: 'SSE' },
    'm32 | NP 0F AE /2',
  ),
  instruction('stmxcsr', 'Stores MXCSR.', { exceptions: '#NM #UD', feature: 'SSE' }, 'm32 | NP 0F AE /3'),
  instruction(
    'fxsave',
    'Stores the state of x87, MMX and SSE in 512 bytes, aligned to 16.',
    { exceptions: '#NM #UD #GP(0)', feature: 'FXSR' },
    'm | NP 0F AE /0 W0',
  ),
  instruction(
    'fxsave64',
    'Stores the state of x87, MMX and SSE in 512 bytes, with 64-bit pointers.',
    { exceptions: '#NM #UD #GP(0)', feature: 'FXSR' },
    'm | NP REX.W 0F AE /0',
  ),
  instruction(
    'fxrstor',
    'Loads the state of x87, MMX and SSE from 512 bytes, aligned to 16.',
    { exceptions: '#NM #UD #GP(0)', feature: 'FXSR' },
    'm | NP 0F AE /1 W0',
  ),
  instruction(
    'fxrstor64',
    'Loads the state of x87, MMX and SSE from 512 bytes, with 64-bit pointers.',
    { exceptions: '#NM #UD #GP(0)', feature: 'FXSR' },
    'm | NP REX.W 0F AE /1',
  ),
];
