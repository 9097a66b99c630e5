/** Floating point in XMM registers: SSE to SSE4.1 (SDM 1 chapters 10 to 12). */
import { type InstructionSource, instruction } from '../notation';
import { sse, sseFloat, xmm128, xmmOf } from './simd-rows';

/** The four precisions and shapes of an operation: packed and scalar, single and double. */
function allShapes(stem: string, opcode: string, what: string): readonly InstructionSource[] {
  return [
    xmm128(`${stem}ps`, `NP 0F ${opcode}`, 'SSE', `${what} four single-precision numbers.`, sseFloat),
    xmmOf(32, `${stem}ss`, `F3 0F ${opcode}`, 'SSE', `${what} the lowest single-precision numbers.`, sseFloat),
    xmm128(`${stem}pd`, `66 0F ${opcode}`, 'SSE2', `${what} two double-precision numbers.`, sseFloat),
    xmmOf(64, `${stem}sd`, `F2 0F ${opcode}`, 'SSE2', `${what} the lower double-precision numbers.`, sseFloat),
  ];
}

/** The two precisions of an operation on whole registers that rounds nothing. */
function wholeShapes(stem: string, opcode: string, summary: string): readonly InstructionSource[] {
  return [
    xmm128(`${stem}ps`, `NP 0F ${opcode}`, 'SSE', summary),
    xmm128(`${stem}pd`, `66 0F ${opcode}`, 'SSE2', summary),
  ];
}

/** The conditions that the immediate of CMPPS and its like numbers, and what they mean. */
const conditions = [
  { name: 'eq', meaning: 'are equal' },
  { name: 'lt', meaning: 'are less' },
  { name: 'le', meaning: 'are less or equal' },
  { name: 'unord', meaning: 'are unordered (one is a NaN)' },
  { name: 'neq', meaning: 'are not equal' },
  { name: 'nlt', meaning: 'are not less' },
  { name: 'nle', meaning: 'are not less or equal' },
  { name: 'ord', meaning: 'are ordered (none is a NaN)' },
];

const shapes = [
  { suffix: 'ps', prefix: 'NP', operands: 'xmm, xmmm128', feature: 'SSE', what: 'single-precision numbers' },
  { suffix: 'ss', prefix: 'F3', operands: 'xmm, xmmm32', feature: 'SSE', what: 'the lowest single-precision numbers' },
  { suffix: 'pd', prefix: '66', operands: 'xmm, xmmm128', feature: 'SSE2', what: 'double-precision numbers' },
  { suffix: 'sd', prefix: 'F2', operands: 'xmm, xmmm64', feature: 'SSE2', what: 'the lower double-precision numbers' },
];

/** CMPSD: NASM takes its memory operand for one of 128 bits, the processor reads 64. */
const compareDouble = `
    xmm, xmmm64, imm8 | F2 0F C2 /r ib | decode
    xmm, xmm, imm8    | F2 0F C2 /r ib | encode
    xmm, m128, imm8   | F2 0F C2 /r ib | encode`;

const comparisons: readonly InstructionSource[] = [
  ...shapes.map(({ suffix, prefix, operands, feature, what }) =>
    instruction(
      `cmp${suffix}`,
      `Compares ${what} by the condition in the immediate: all ones where it holds, else zero.`,
      { ...sseFloat, feature },
      suffix === 'sd' ? compareDouble : `${operands}, imm8 | ${prefix} 0F C2 /r ib`,
    ),
  ),
  ...shapes.flatMap(({ suffix, prefix, operands, feature, what }) =>
    conditions.map(({ name, meaning }, code) =>
      instruction(
        `cmp${name}${suffix}`,
        `Compares ${what}: all ones where they ${meaning}, else zero.`,
        { ...sseFloat, feature },
        `${operands} | ${prefix} 0F C2 /r =0${code} | encode`,
      ),
    ),
  ),
  ...['ss', 'sd'].flatMap((suffix) => {
    const bits = suffix === 'ss' ? 32 : 64;
    const prefix = suffix === 'ss' ? 'NP' : '66';
    const feature = suffix === 'ss' ? 'SSE' : 'SSE2';
    const what = suffix === 'ss' ? 'single-precision' : 'double-precision';
    const meaning = { ...sseFloat, writes: 'status' };
    return [
      xmmOf(
        bits,
        `comi${suffix}`,
        `${prefix} 0F 2F`,
        feature,
        `Compares two ${what} numbers and sets ZF, PF and CF; a NaN is an invalid operation.`,
        meaning,
      ),
      xmmOf(
        bits,
        `ucomi${suffix}`,
        `${prefix} 0F 2E`,
        feature,
        `Compares two ${what} numbers and sets ZF, PF and CF; a quiet NaN is only unordered.`,
        meaning,
      ),
    ];
  }),
];

const arithmetic: readonly InstructionSource[] = [
  ...allShapes('add', '58', 'Adds'),
  ...allShapes('mul', '59', 'Multiplies'),
  ...allShapes('sub', '5C', 'Subtracts'),
  ...allShapes('min', '5D', 'Takes the lesser of'),
  ...allShapes('div', '5E', 'Divides'),
  ...allShapes('max', '5F', 'Takes the greater of'),
  ...allShapes('sqrt', '51', 'Takes the square root of'),
  xmm128(
    'rsqrtps',
    'NP 0F 52',
    'SSE',
    'Approximates the reciprocals of the square roots of four single-precision numbers.',
  ),
  xmmOf(
    32,
    'rsqrtss',
    'F3 0F 52',
    'SSE',
    'Approximates the reciprocal of the square root of the lowest single-precision number.',
  ),
  xmm128('rcpps', 'NP 0F 53', 'SSE', 'Approximates the reciprocals of four single-precision numbers.'),
  xmmOf(32, 'rcpss', 'F3 0F 53', 'SSE', 'Approximates the reciprocal of the lowest single-precision number.'),
  xmm128('addsubps', 'F2 0F D0', 'SSE3', 'Subtracts the even and adds the odd single-precision numbers.', sseFloat),
  xmm128('addsubpd', '66 0F D0', 'SSE3', 'Subtracts the lower and adds the upper double-precision numbers.', sseFloat),
  xmm128(
    'haddps',
    'F2 0F 7C',
    'SSE3',
    'Adds neighbouring single-precision numbers of destination and source.',
    sseFloat,
  ),
  xmm128(
    'haddpd',
    '66 0F 7C',
    'SSE3',
    'Adds the two double-precision numbers of the destination, and those of the source.',
    sseFloat,
  ),
  xmm128('hsubps', 'F2 0F 7D', 'SSE3', 'Subtracts each odd single-precision number from its even neighbour.', sseFloat),
  xmm128(
    'hsubpd',
    '66 0F 7D',
    'SSE3',
    'Subtracts the upper double-precision number from the lower, in destination and source.',
    sseFloat,
  ),
  instruction(
    'dpps',
    'Multiplies selected single-precision numbers and adds up the products.',
    { ...sseFloat, feature: 'SSE4.1' },
    'xmm, xmmm128, imm8 | 66 0F 3A 40 /r ib',
  ),
  instruction(
    'dppd',
    'Multiplies selected double-precision numbers and adds up the products.',
    { ...sseFloat, feature: 'SSE4.1' },
    'xmm, xmmm128, imm8 | 66 0F 3A 41 /r ib',
  ),
  instruction(
    'roundps',
    'Rounds four single-precision numbers to integers as the immediate says.',
    { ...sseFloat, feature: 'SSE4.1' },
    'xmm, xmmm128, imm8 | 66 0F 3A 08 /r ib',
  ),
  instruction(
    'roundpd',
    'Rounds two double-precision numbers to integers as the immediate says.',
    { ...sseFloat, feature: 'SSE4.1' },
    'xmm, xmmm128, imm8 | 66 0F 3A 09 /r ib',
  ),
  instruction(
    'roundss',
    'Rounds the lowest single-precision number to an integer as the immediate says.',
    { ...sseFloat, feature: 'SSE4.1' },
    'xmm, xmmm32, imm8 | 66 0F 3A 0A /r ib',
  ),
  instruction(
    'roundsd',
    'Rounds the lower double-precision number to an integer as the immediate says.',
    { ...sseFloat, feature: 'SSE4.1' },
    'xmm, xmmm64, imm8 | 66 0F 3A 0B /r ib',
  ),
];

const logic: readonly InstructionSource[] = [
  ...wholeShapes('and', '54', 'ANDs the bits.'),
  ...wholeShapes('andn', '55', 'ANDs the bits of the source with the inverted bits of the destination.'),
  ...wholeShapes('or', '56', 'ORs the bits.'),
  ...wholeShapes('xor', '57', 'Exclusive-ORs the bits.'),
  ...wholeShapes('unpckl', '14', 'Interleaves the low numbers of destination and source.'),
  ...wholeShapes('unpckh', '15', 'Interleaves the high numbers of destination and source.'),
  instruction(
    'shufps',
    'Takes two numbers from the destination and two from the source, by a pattern.',
    { ...sse, feature: 'SSE' },
    'xmm, xmmm128, imm8 | NP 0F C6 /r ib',
  ),
  instruction(
    'shufpd',
    'Takes one number from the destination and one from the source, by a pattern.',
    { ...sse, feature: 'SSE2' },
    'xmm, xmmm128, imm8 | 66 0F C6 /r ib',
  ),
  instruction(
    'blendps',
    'Takes the single-precision numbers of the source whose bit in the pattern is set.',
    { ...sse, feature: 'SSE4.1' },
    'xmm, xmmm128, imm8 | 66 0F 3A 0C /r ib',
  ),
  instruction(
    'blendpd',
    'Takes the double-precision numbers of the source whose bit in the pattern is set.',
    { ...sse, feature: 'SSE4.1' },
    'xmm, xmmm128, imm8 | 66 0F 3A 0D /r ib',
  ),
  instruction(
    'blendvps',
    'Takes the single-precision numbers of the source where that in XMM0 is negative.',
    { ...sse, feature: 'SSE4.1' },
    `
    xmm, xmmm128, xmm0  | 66 0F 38 14 /r
    xmm, xmmm128        | 66 0F 38 14 /r | encode`,
  ),
  instruction(
    'blendvpd',
    'Takes the double-precision numbers of the source where that in XMM0 is negative.',
    { ...sse, feature: 'SSE4.1' },
    `
    xmm, xmmm128, xmm0  | 66 0F 38 15 /r
    xmm, xmmm128        | 66 0F 38 15 /r | encode`,
  ),
  instruction(
    'insertps',
    'Replaces one single-precision number and clears others, by a pattern.',
    { ...sse, feature: 'SSE4.1' },
    'xmm, xmmm32, imm8 | 66 0F 3A 21 /r ib',
  ),
  instruction(
    'extractps',
    'Copies one single-precision number to a general register or memory.',
    { ...sse, feature: 'SSE4.1' },
    `
    rm32, xmm, imm8  | 66 0F 3A 17 /r W0 ib
    r64, xmm, imm8   | 66 REX.W 0F 3A 17 /r ib | en:MRI
    m32, xmm, imm8   | 66 REX.W 0F 3A 17 /r ib | decode`,
  ),
];

/** An integer in a register or memory; NASM takes memory without a written size for a doubleword. */
function integerSource(prefix: string): string {
  return `
    xmm, rmy | ${prefix} 0F 2A /r
    xmm, m   | ${prefix} 0F 2A /r W0 | encode`;
}

const mmxConversion = { ...sseFloat, exceptions: '#NM #UD #XM #MF' };

const conversions: readonly InstructionSource[] = [
  instruction(
    'cvtpi2ps',
    'Converts two signed doublewords in an MMX register or memory to single precision.',
    { ...mmxConversion, feature: 'SSE' },
    'xmm, mmm64 | NP 0F 2A /r',
  ),
  instruction(
    'cvtps2pi',
    'Converts two single-precision numbers to signed doublewords in an MMX register.',
    { ...mmxConversion, feature: 'SSE' },
    'mm, xmmm64 | NP 0F 2D /r',
  ),
  instruction(
    'cvttps2pi',
    'Converts two single-precision numbers to signed doublewords in an MMX register, truncating.',
    { ...mmxConversion, feature: 'SSE' },
    'mm, xmmm64 | NP 0F 2C /r',
  ),
  instruction(
    'cvtpi2pd',
    'Converts two signed doublewords in an MMX register or memory to double precision.',
    { ...mmxConversion, feature: 'SSE2' },
    'xmm, mmm64 | 66 0F 2A /r',
  ),
  instruction(
    'cvtpd2pi',
    'Converts two double-precision numbers to signed doublewords in an MMX register.',
    { ...mmxConversion, feature: 'SSE2' },
    'mm, xmmm128 | 66 0F 2D /r',
  ),
  instruction(
    'cvttpd2pi',
    'Converts two double-precision numbers to signed doublewords in an MMX register, truncating.',
    { ...mmxConversion, feature: 'SSE2' },
    'mm, xmmm128 | 66 0F 2C /r',
  ),
  instruction(
    'cvtsi2ss',
    'Converts a signed integer to single precision.',
    { ...sseFloat, feature: 'SSE' },
    integerSource('F3'),
  ),
  instruction(
    'cvtsi2sd',
    'Converts a signed integer to double precision.',
    { ...sseFloat, feature: 'SSE2' },
    integerSource('F2'),
  ),
  instruction(
    'cvtss2si',
    'Converts a single-precision number to a signed integer.',
    { ...sseFloat, feature: 'SSE' },
    'ry, xmmm32 | F3 0F 2D /r',
  ),
  instruction(
    'cvttss2si',
    'Converts a single-precision number to a signed integer, truncating.',
    { ...sseFloat, feature: 'SSE' },
    'ry, xmmm32 | F3 0F 2C /r',
  ),
  instruction(
    'cvtsd2si',
    'Converts a double-precision number to a signed integer.',
    { ...sseFloat, feature: 'SSE2' },
    'ry, xmmm64 | F2 0F 2D /r',
  ),
  instruction(
    'cvttsd2si',
    'Converts a double-precision number to a signed integer, truncating.',
    { ...sseFloat, feature: 'SSE2' },
    'ry, xmmm64 | F2 0F 2C /r',
  ),
  xmm128('cvtdq2ps', 'NP 0F 5B', 'SSE2', 'Converts four signed doublewords to single precision.', sseFloat),
  xmm128('cvtps2dq', '66 0F 5B', 'SSE2', 'Converts four single-precision numbers to signed doublewords.', sseFloat),
  xmm128(
    'cvttps2dq',
    'F3 0F 5B',
    'SSE2',
    'Converts four single-precision numbers to signed doublewords, truncating.',
    sseFloat,
  ),
  xmmOf(64, 'cvtdq2pd', 'F3 0F E6', 'SSE2', 'Converts two signed doublewords to double precision.'),
  xmm128('cvtpd2dq', 'F2 0F E6', 'SSE2', 'Converts two double-precision numbers to signed doublewords.', sseFloat),
  xmm128(
    'cvttpd2dq',
    '66 0F E6',
    'SSE2',
    'Converts two double-precision numbers to signed doublewords, truncating.',
    sseFloat,
  ),
  xmmOf(64, 'cvtps2pd', 'NP 0F 5A', 'SSE2', 'Converts two single-precision numbers to double precision.', sseFloat),
  xmm128('cvtpd2ps', '66 0F 5A', 'SSE2', 'Converts two double-precision numbers to single precision.', sseFloat),
  xmmOf(32, 'cvtss2sd', 'F3 0F 5A', 'SSE2', 'Converts a single-precision number to double precision.', sseFloat),
  xmmOf(64, 'cvtsd2ss', 'F2 0F 5A', 'SSE2', 'Converts a double-precision number to single precision.', sseFloat),
];

export const simdFloatingPoint: readonly InstructionSource[] = [
  ...arithmetic,
  ...comparisons,
  ...logic,
  ...conversions,
];
