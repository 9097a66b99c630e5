/** VCMPPS and its like, and the names that NASM gives to each of their 32 conditions (SDM 2C table 3-1). */
import { type InstructionSource, instruction } from '../notation';
import { vexOf } from './avx-rows';

/**
 * The conditions by number, as the suffix of a mnemonic: what is asked, ordered or unordered, quiet or signalling. Where
 * numbers are unordered (one is a NaN), an ordered condition is false and an unordered one true.
 */
const conditions: readonly (readonly [names: string, meaning: string])[] = [
  ['eq', 'are equal'],
  ['lt lt_os', 'are less'],
  ['le le_os', 'are less or equal'],
  ['unord unord_q', 'are unordered'],
  ['neq neq_uq', 'are not equal or unordered'],
  ['nlt nlt_us', 'are not less or unordered'],
  ['nle nle_us', 'are not less or equal, or unordered'],
  ['ord ord_q', 'are ordered'],
  ['eq_uq', 'are equal or unordered'],
  ['nge nge_us', 'are not greater or equal, or unordered'],
  ['ngt ngt_us', 'are not greater, or unordered'],
  ['false false_oq', 'never'],
  ['neq_oq', 'are ordered and not equal'],
  ['ge ge_os', 'are greater or equal'],
  ['gt gt_os', 'are greater'],
  ['true true_uq', 'always'],
  ['eq_os', 'are equal'],
  ['lt_oq', 'are less'],
  ['le_oq', 'are less or equal'],
  ['unord_s', 'are unordered'],
  ['neq_us', 'are not equal or unordered'],
  ['nlt_uq', 'are not less or unordered'],
  ['nle_uq', 'are not less or equal, or unordered'],
  ['ord_s', 'are ordered'],
  ['eq_us', 'are equal or unordered'],
  ['nge_uq', 'are not greater or equal, or unordered'],
  ['ngt_uq', 'are not greater, or unordered'],
  ['false_os', 'never'],
  ['neq_os', 'are ordered and not equal'],
  ['ge_oq', 'are greater or equal'],
  ['gt_oq', 'are greater'],
  ['true_us', 'always'],
];

const shapes = [
  { suffix: 'ps', map: 'NP.0F', what: 'single-precision numbers' },
  { suffix: 'pd', map: '66.0F', what: 'double-precision numbers' },
  { suffix: 'ss', map: 'F3.0F', bits: 32, what: 'the lowest single-precision numbers' },
  { suffix: 'sd', map: 'F2.0F', bits: 64, what: 'the lower double-precision numbers' },
] as const;

/** The rows of a shape; `tail` is the immediate or the fixed byte in its place. */
function rowsOf(shape: (typeof shapes)[number], immediate: string, tail: string, attributes: string): string {
  if ('bits' in shape) {
    const row = (bits: 32 | 64, more: string) =>
      `xmm, xmm, xmmm${bits}${immediate} | VEX.LIG.${shape.map}.WIG C2 /r ${tail} | ${attributes} ${more}`;
    // NASM takes the memory operand of the single-precision forms for one of 64 bits; the processor reads 32.
    return shape.bits === 32 ? `${row(32, 'decode')}\n${row(64, 'encode')}` : row(64, '');
  }
  return `
    xmm, xmm, xmmm128${immediate} | VEX.128.${shape.map}.WIG C2 /r ${tail} | ${attributes}
    ymm, ymm, ymmm256${immediate} | VEX.256.${shape.map}.WIG C2 /r ${tail} | ${attributes}`;
}

function named(shape: (typeof shapes)[number], name: string, meaning: string, code: number): InstructionSource {
  const where = meaning === 'never' || meaning === 'always' ? meaning : `where they ${meaning}`;
  const tail = `=${code.toString(16).padStart(2, '0')}`;
  return instruction(
    `vcmp${name}${shape.suffix}`,
    `Compares ${shape.what}: all ones ${where}, else zero.`,
    { feature: 'AVX' },
    rowsOf(shape, '', tail, 'two encode'),
  );
}

export const avxComparisons: readonly InstructionSource[] = [
  ...shapes.map((shape) => vexOf(`cmp${shape.suffix}`, rowsOf(shape, ', imm8', 'ib', 'two'))),
  ...shapes.flatMap((shape) =>
    conditions.flatMap(([names, meaning], code) => names.split(' ').map((name) => named(shape, name, meaning, code))),
  ),
];
