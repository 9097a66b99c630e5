/** Packed integers in MMX and XMM registers: MMX, SSE, SSE2, SSSE3, SSE4.1 and SSE4.2 (SDM 1 chapters 9 to 12). */
import { type InstructionSource, instruction } from '../notation';
import { mmx, mmxAndSse2, sse, ssse3, xmm128, xmmOf } from './simd-rows';

/** A shift by a register or memory and by an immediate, in MMX and XMM registers. */
function shift(mnemonic: string, opcode: string, group: string, digit: number, summary: string): InstructionSource {
  return instruction(
    mnemonic,
    summary,
    mmx,
    `
    mm, mmm64     | NP 0F ${opcode} /r
    mm, imm8      | NP 0F ${group} /${digit} ib
    xmm, xmmm128  | 66 0F ${opcode} /r        | feature:SSE2
    xmm, imm8     | 66 0F ${group} /${digit} ib | feature:SSE2`,
  );
}

/** Quadwords in MMX registers: NASM takes the memory operand for one of 128 bits, the processor reads 64. */
function quadwords(mnemonic: string, opcode: string, summary: string): InstructionSource {
  return instruction(
    mnemonic,
    summary,
    { ...mmx, feature: 'SSE2' },
    `
    mm, mmm64     | NP 0F ${opcode} /r | decode
    mm, mmm128    | NP 0F ${opcode} /r | encode
    xmm, xmmm128  | 66 0F ${opcode} /r`,
  );
}

/** A shuffle by an immediate. NASM takes the memory operand only without a written size. */
function shuffle(mnemonic: string, file: 'mm' | 'xmm', prefix: string, summary: string): InstructionSource {
  const memory = file === 'mm' ? 'mmm64' : 'xmmm128';
  const meaning = file === 'mm' ? { ...mmx, feature: 'SSE' } : { ...sse, feature: 'SSE2' };
  return instruction(
    mnemonic,
    summary,
    meaning,
    `
    ${file}, ${memory}, imm8 | ${prefix} 0F 70 /r ib | decode
    ${file}, ${file}, imm8   | ${prefix} 0F 70 /r ib | encode
    ${file}, m, imm8         | ${prefix} 0F 70 /r ib | encode`,
  );
}

/** Sign or zero extension of the low elements of the source. */
function extend(mnemonic: string, opcode: string, bits: 16 | 32 | 64, summary: string): InstructionSource {
  return xmmOf(bits, mnemonic, `66 0F 38 ${opcode}`, 'SSE4.1', summary);
}

function sse41(mnemonic: string, opcode: string, summary: string): InstructionSource {
  return xmm128(mnemonic, `66 0F 38 ${opcode}`, 'SSE4.1', summary);
}

const arithmetic: readonly InstructionSource[] = [
  mmxAndSse2('paddb', 'FC', 'Adds packed bytes, modulo 256.'),
  mmxAndSse2('paddw', 'FD', 'Adds packed words, modulo 65536.'),
  mmxAndSse2('paddd', 'FE', 'Adds packed doublewords, modulo 2^32.'),
  mmxAndSse2('paddq', 'D4', 'Adds packed quadwords, modulo 2^64.', 'SSE2'),
  mmxAndSse2('paddsb', 'EC', 'Adds packed signed bytes; what does not fit becomes the nearest value.'),
  mmxAndSse2('paddsw', 'ED', 'Adds packed signed words; what does not fit becomes the nearest value.'),
  mmxAndSse2('paddusb', 'DC', 'Adds packed unsigned bytes; what does not fit becomes 255.'),
  mmxAndSse2('paddusw', 'DD', 'Adds packed unsigned words; what does not fit becomes 65535.'),
  mmxAndSse2('psubb', 'F8', 'Subtracts packed bytes, modulo 256.'),
  mmxAndSse2('psubw', 'F9', 'Subtracts packed words, modulo 65536.'),
  mmxAndSse2('psubd', 'FA', 'Subtracts packed doublewords, modulo 2^32.'),
  quadwords('psubq', 'FB', 'Subtracts packed quadwords, modulo 2^64.'),
  mmxAndSse2('psubsb', 'E8', 'Subtracts packed signed bytes; what does not fit becomes the nearest value.'),
  mmxAndSse2('psubsw', 'E9', 'Subtracts packed signed words; what does not fit becomes the nearest value.'),
  mmxAndSse2('psubusb', 'D8', 'Subtracts packed unsigned bytes; what is below zero becomes zero.'),
  mmxAndSse2('psubusw', 'D9', 'Subtracts packed unsigned words; what is below zero becomes zero.'),
  mmxAndSse2('pmullw', 'D5', 'Multiplies packed words and keeps the low halves of the products.'),
  mmxAndSse2('pmulhw', 'E5', 'Multiplies packed signed words and keeps the high halves of the products.'),
  mmxAndSse2('pmulhuw', 'E4', 'Multiplies packed unsigned words and keeps the high halves of the products.', 'SSE'),
  quadwords('pmuludq', 'F4', 'Multiplies the even unsigned doublewords into quadwords.'),
  sse41('pmuldq', '28', 'Multiplies the even signed doublewords into quadwords.'),
  sse41('pmulld', '40', 'Multiplies packed doublewords and keeps the low halves of the products.'),
  ssse3('pmulhrsw', '0B', 'Multiplies packed signed words as fractions of 15 bits and rounds.'),
  mmxAndSse2('pmaddwd', 'F5', 'Multiplies packed signed words and adds neighbouring products into doublewords.'),
  ssse3(
    'pmaddubsw',
    '04',
    'Multiplies unsigned by signed bytes and adds neighbouring products into words, with saturation.',
  ),
  mmxAndSse2('psadbw', 'F6', 'Adds up the absolute differences of eight unsigned bytes.', 'SSE'),
  mmxAndSse2('pavgb', 'E0', 'Averages packed unsigned bytes, rounding up.', 'SSE'),
  mmxAndSse2('pavgw', 'E3', 'Averages packed unsigned words, rounding up.', 'SSE'),
  mmxAndSse2('pminub', 'DA', 'Takes the lesser of packed unsigned bytes.', 'SSE'),
  mmxAndSse2('pmaxub', 'DE', 'Takes the greater of packed unsigned bytes.', 'SSE'),
  mmxAndSse2('pminsw', 'EA', 'Takes the lesser of packed signed words.', 'SSE'),
  mmxAndSse2('pmaxsw', 'EE', 'Takes the greater of packed signed words.', 'SSE'),
  sse41('pminsb', '38', 'Takes the lesser of packed signed bytes.'),
  sse41('pminsd', '39', 'Takes the lesser of packed signed doublewords.'),
  sse41('pminuw', '3A', 'Takes the lesser of packed unsigned words.'),
  sse41('pminud', '3B', 'Takes the lesser of packed unsigned doublewords.'),
  sse41('pmaxsb', '3C', 'Takes the greater of packed signed bytes.'),
  sse41('pmaxsd', '3D', 'Takes the greater of packed signed doublewords.'),
  sse41('pmaxuw', '3E', 'Takes the greater of packed unsigned words.'),
  sse41('pmaxud', '3F', 'Takes the greater of packed unsigned doublewords.'),
  ssse3('pabsb', '1C', 'Takes the absolute values of packed signed bytes.'),
  ssse3('pabsw', '1D', 'Takes the absolute values of packed signed words.'),
  ssse3('pabsd', '1E', 'Takes the absolute values of packed signed doublewords.'),
  ssse3('psignb', '08', 'Negates, keeps or clears packed bytes by the signs of the source.'),
  ssse3('psignw', '09', 'Negates, keeps or clears packed words by the signs of the source.'),
  ssse3('psignd', '0A', 'Negates, keeps or clears packed doublewords by the signs of the source.'),
  ssse3('phaddw', '01', 'Adds neighbouring words of destination and source.'),
  ssse3('phaddd', '02', 'Adds neighbouring doublewords of destination and source.'),
  ssse3('phaddsw', '03', 'Adds neighbouring signed words of destination and source, with saturation.'),
  ssse3('phsubw', '05', 'Subtracts each odd word from its even neighbour, in destination and source.'),
  ssse3('phsubd', '06', 'Subtracts each odd doubleword from its even neighbour, in destination and source.'),
  ssse3('phsubsw', '07', 'Subtracts each odd signed word from its even neighbour, with saturation.'),
  sse41('phminposuw', '41', 'Finds the least of eight unsigned words and its place.'),
  instruction(
    'mpsadbw',
    'Adds up absolute differences of four bytes at eight places: a search for the best match of a block.',
    { ...sse, feature: 'SSE4.1' },
    'xmm, xmmm128, imm8 | 66 0F 3A 42 /r ib',
  ),
];

const logic: readonly InstructionSource[] = [
  mmxAndSse2('pand', 'DB', 'ANDs the bits.'),
  mmxAndSse2('pandn', 'DF', 'ANDs the bits of the source with the inverted bits of the destination.'),
  mmxAndSse2('por', 'EB', 'ORs the bits.'),
  mmxAndSse2('pxor', 'EF', 'Exclusive-ORs the bits.'),
  mmxAndSse2('pcmpeqb', '74', 'Sets each byte to all ones where the bytes are equal, else to zero.'),
  mmxAndSse2('pcmpeqw', '75', 'Sets each word to all ones where the words are equal, else to zero.'),
  mmxAndSse2('pcmpeqd', '76', 'Sets each doubleword to all ones where the doublewords are equal, else to zero.'),
  sse41('pcmpeqq', '29', 'Sets each quadword to all ones where the quadwords are equal, else to zero.'),
  mmxAndSse2('pcmpgtb', '64', 'Sets each byte to all ones where the signed destination is greater, else to zero.'),
  mmxAndSse2('pcmpgtw', '65', 'Sets each word to all ones where the signed destination is greater, else to zero.'),
  mmxAndSse2(
    'pcmpgtd',
    '66',
    'Sets each doubleword to all ones where the signed destination is greater, else to zero.',
  ),
  xmm128(
    'pcmpgtq',
    '66 0F 38 37',
    'SSE4.2',
    'Sets each quadword to all ones where the signed destination is greater, else to zero.',
  ),
  instruction(
    'ptest',
    'Sets ZF if no bit is set in both operands, and CF if every bit set in the source is set in the destination.',
    { ...sse, writes: 'status', feature: 'SSE4.1' },
    'xmm, xmmm128 | 66 0F 38 17 /r',
  ),
  shift('psllw', 'F1', '71', 6, 'Shifts packed words to the left.'),
  shift('pslld', 'F2', '72', 6, 'Shifts packed doublewords to the left.'),
  shift('psllq', 'F3', '73', 6, 'Shifts packed quadwords to the left.'),
  shift('psrlw', 'D1', '71', 2, 'Shifts packed words to the right, filling with zeros.'),
  shift('psrld', 'D2', '72', 2, 'Shifts packed doublewords to the right, filling with zeros.'),
  shift('psrlq', 'D3', '73', 2, 'Shifts packed quadwords to the right, filling with zeros.'),
  shift('psraw', 'E1', '71', 4, 'Shifts packed words to the right, filling with their signs.'),
  shift('psrad', 'E2', '72', 4, 'Shifts packed doublewords to the right, filling with their signs.'),
  instruction(
    'pslldq',
    'Shifts the register to the left by bytes.',
    { ...sse, feature: 'SSE2' },
    'xmm, imm8 | 66 0F 73 /7 ib',
  ),
  instruction(
    'psrldq',
    'Shifts the register to the right by bytes.',
    { ...sse, feature: 'SSE2' },
    'xmm, imm8 | 66 0F 73 /3 ib',
  ),
];

const rearrangement: readonly InstructionSource[] = [
  mmxAndSse2('packsswb', '63', 'Narrows signed words to signed bytes; what does not fit becomes the nearest value.'),
  mmxAndSse2(
    'packssdw',
    '6B',
    'Narrows signed doublewords to signed words; what does not fit becomes the nearest value.',
  ),
  mmxAndSse2('packuswb', '67', 'Narrows signed words to unsigned bytes; what does not fit becomes the nearest value.'),
  sse41('packusdw', '2B', 'Narrows signed doublewords to unsigned words; what does not fit becomes the nearest value.'),
  instruction(
    'punpcklbw',
    'Interleaves the low bytes of destination and source.',
    mmx,
    `
    mm, mmm64     | NP 0F 60 /r | encode
    mm, mmm32     | NP 0F 60 /r | decode
    xmm, xmmm128  | 66 0F 60 /r | feature:SSE2`,
  ),
  instruction(
    'punpcklwd',
    'Interleaves the low words of destination and source.',
    mmx,
    `
    mm, mmm64     | NP 0F 61 /r | encode
    mm, mmm32     | NP 0F 61 /r | decode
    xmm, xmmm128  | 66 0F 61 /r | feature:SSE2`,
  ),
  instruction(
    'punpckldq',
    'Interleaves the low doublewords of destination and source.',
    mmx,
    `
    mm, mmm64     | NP 0F 62 /r | encode
    mm, mmm32     | NP 0F 62 /r | decode
    xmm, xmmm128  | 66 0F 62 /r | feature:SSE2`,
  ),
  mmxAndSse2('punpckhbw', '68', 'Interleaves the high bytes of destination and source.'),
  mmxAndSse2('punpckhwd', '69', 'Interleaves the high words of destination and source.'),
  mmxAndSse2('punpckhdq', '6A', 'Interleaves the high doublewords of destination and source.'),
  xmm128('punpcklqdq', '66 0F 6C', 'SSE2', 'Puts the low quadword of the source above that of the destination.'),
  xmm128(
    'punpckhqdq',
    '66 0F 6D',
    'SSE2',
    'Puts the high quadword of the source above that of the destination, moved down.',
  ),
  shuffle('pshufw', 'mm', 'NP', 'Places words anywhere by a pattern of four two-bit numbers.'),
  shuffle('pshufd', 'xmm', '66', 'Places doublewords anywhere by a pattern of four two-bit numbers.'),
  shuffle('pshufhw', 'xmm', 'F3', 'Places the high words by a pattern of four two-bit numbers; the low ones stay.'),
  shuffle('pshuflw', 'xmm', 'F2', 'Places the low words by a pattern of four two-bit numbers; the high ones stay.'),
  ssse3('pshufb', '00', 'Places bytes anywhere, or clears them, by the bytes of the source.'),
  instruction(
    'palignr',
    'Joins destination and source and takes the bytes from a given place on.',
    { ...mmx, feature: 'SSSE3' },
    `
    mm, mmm64, imm8     | NP 0F 3A 0F /r ib
    xmm, xmmm128, imm8  | 66 0F 3A 0F /r ib | decode
    xmm, xmm, imm8      | 66 0F 3A 0F /r ib | encode
    xmm, m, imm8        | 66 0F 3A 0F /r ib | encode`,
  ),
  instruction(
    'pblendw',
    'Takes the words of the source whose bit in the pattern is set.',
    { ...sse, feature: 'SSE4.1' },
    'xmm, xmmm128, imm8 | 66 0F 3A 0E /r ib',
  ),
  instruction(
    'pblendvb',
    'Takes the bytes of the source where the byte in XMM0 has its high bit set.',
    { ...sse, feature: 'SSE4.1' },
    `
    xmm, xmmm128, xmm0  | 66 0F 38 10 /r | decode
    xmm, xmm, xmm0      | 66 0F 38 10 /r | encode
    xmm, m, xmm0        | 66 0F 38 10 /r | encode
    xmm, xmmm128        | 66 0F 38 10 /r | encode`,
  ),
  extend('pmovsxbw', '20', 64, 'Widens signed bytes to words.'),
  extend('pmovsxbd', '21', 32, 'Widens signed bytes to doublewords.'),
  extend('pmovsxbq', '22', 16, 'Widens signed bytes to quadwords.'),
  extend('pmovsxwd', '23', 64, 'Widens signed words to doublewords.'),
  extend('pmovsxwq', '24', 32, 'Widens signed words to quadwords.'),
  extend('pmovsxdq', '25', 64, 'Widens signed doublewords to quadwords.'),
  extend('pmovzxbw', '30', 64, 'Widens unsigned bytes to words.'),
  extend('pmovzxbd', '31', 32, 'Widens unsigned bytes to doublewords.'),
  extend('pmovzxbq', '32', 16, 'Widens unsigned bytes to quadwords.'),
  extend('pmovzxwd', '33', 64, 'Widens unsigned words to doublewords.'),
  extend('pmovzxwq', '34', 32, 'Widens unsigned words to quadwords.'),
  extend('pmovzxdq', '35', 64, 'Widens unsigned doublewords to quadwords.'),
  instruction(
    'pmovmskb',
    'Gathers the high bits of the bytes in a general register.',
    { ...mmx, feature: 'SSE' },
    `
    r32, mm   | NP 0F D7 /r
    r32, xmm  | 66 0F D7 /r | feature:SSE2`,
  ),
  instruction(
    'pextrw',
    'Copies one word to a general register or memory.',
    { ...mmx, feature: 'SSE' },
    `
    r32, mm, imm8      | NP 0F C5 /r ib
    ry, xmm, imm8      | 66 0F C5 /r ib    | feature:SSE2
    m16, xmm, imm8     | 66 0F 3A 15 /r ib | feature:SSE4.1
    ry, xmm, imm8      | 66 0F 3A 15 /r ib | feature:SSE4.1 encode en:MRI
    r32m16, xmm, imm8  | 66 0F 3A 15 /r ib | feature:SSE4.1 decode`,
  ),
  instruction(
    'pinsrw',
    'Replaces one word by a general register’s or memory’s.',
    { ...mmx, feature: 'SSE' },
    `
    mm, r32m16, imm8   | NP 0F C4 /r ib
    mm, r16, imm8      | NP 0F C4 /r ib | encode
    xmm, r32m16, imm8  | 66 0F C4 /r ib | feature:SSE2
    xmm, r16, imm8     | 66 0F C4 /r ib | feature:SSE2 encode
    xmm, r64m16, imm8  | 66 REX.W 0F C4 /r ib | feature:SSE2 encode`,
  ),
  instruction(
    'pextrb',
    'Copies one byte to a general register or memory.',
    { ...sse, feature: 'SSE4.1' },
    `
    r32m8, xmm, imm8 | 66 0F 3A 14 /r ib
    r64, xmm, imm8   | 66 0F 3A 14 /r ib | encode en:MRI long`,
  ),
  instruction(
    'pextrd',
    'Copies one doubleword to a general register or memory.',
    { ...sse, feature: 'SSE4.1' },
    'rm32, xmm, imm8 | 66 0F 3A 16 /r W0 ib',
  ),
  instruction(
    'pextrq',
    'Copies one quadword to a general register or memory.',
    { ...sse, feature: 'SSE4.1' },
    'rm64, xmm, imm8 | 66 REX.W 0F 3A 16 /r ib',
  ),
  instruction(
    'pinsrb',
    'Replaces one byte by a general register’s or memory’s.',
    { ...sse, feature: 'SSE4.1' },
    `
    xmm, r32m8, imm8 | 66 0F 3A 20 /r ib
    xmm, r8, imm8    | 66 0F 3A 20 /r ib | encode`,
  ),
  instruction(
    'pinsrd',
    'Replaces one doubleword by a general register’s or memory’s.',
    { ...sse, feature: 'SSE4.1' },
    'xmm, rm32, imm8 | 66 0F 3A 22 /r W0 ib',
  ),
  instruction(
    'pinsrq',
    'Replaces one quadword by a general register’s or memory’s.',
    { ...sse, feature: 'SSE4.1' },
    'xmm, rm64, imm8 | 66 REX.W 0F 3A 22 /r ib',
  ),
];

/** SSE4.2: text is compared in ways that the immediate selects. */
function stringCompare(mnemonic: string, opcode: string, reads: string, result: string): InstructionSource {
  return instruction(
    mnemonic,
    `Compares two texts ${reads} as the immediate says, and gives ${result}.`,
    { ...sse, writes: 'status', feature: 'SSE4.2' },
    `xmm, xmmm128, imm8 | 66 0F 3A ${opcode} /r ib`,
  );
}

const strings: readonly InstructionSource[] = [
  stringCompare('pcmpestrm', '60', 'of the lengths in EAX and EDX', 'a mask in XMM0'),
  stringCompare('pcmpestri', '61', 'of the lengths in EAX and EDX', 'an index in ECX'),
  stringCompare('pcmpistrm', '62', 'that end at a zero', 'a mask in XMM0'),
  stringCompare('pcmpistri', '63', 'that end at a zero', 'an index in ECX'),
];

export const simdInteger: readonly InstructionSource[] = [...arithmetic, ...logic, ...rearrangement, ...strings];
