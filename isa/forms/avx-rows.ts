/** Patterns of rows that many VEX-encoded instructions share, and the sentences of the SSE instructions they widen. */
import { type InstructionSource, instruction } from '../notation';
import { simdCryptography } from './simd-cryptography';
import { simdFloatingPoint } from './simd-floating-point';
import { simdInteger } from './simd-integer';
import { simdMoves } from './simd-moves';

const legacy = new Map(
  [...simdInteger, ...simdMoves, ...simdFloatingPoint, ...simdCryptography].map((source) => [source.mnemonic, source]),
);

/** The VEX form of an SSE instruction: its sentence, flags and exceptions, with other rows. */
export function vexOf(
  sseMnemonic: string,
  rows: string,
  how = 'with a destination of its own',
  feature = 'AVX',
): InstructionSource {
  const source = legacy.get(sseMnemonic);
  if (source === undefined) throw new Error(`no SSE instruction ${sseMnemonic}`);
  const summary = `As ${sseMnemonic.toUpperCase()}, ${how}. ${source.summary}`;
  return instruction(`v${sseMnemonic}`, summary, { ...source.meaning, feature }, rows);
}

/** `66.0F` of `66 0F 58`: prefix and map as a VEX prefix names them. */
type VexMap = `${'NP' | '66' | 'F2' | 'F3'}.${'0F' | '0F38' | '0F3A'}`;

/** The feature that the 256-bit form of an instruction needs; `none` if it has none. */
type Wide = 'AVX' | 'AVX2' | 'VAES' | 'VPCLMULQDQ' | 'none';

/** Two sources and a destination, on 128 and 256 bits; `wide` is the feature of the latter. */
export function packed(sseMnemonic: string, map: VexMap, opcode: string, wide: Wide = 'AVX'): InstructionSource {
  const narrow = `xmm, xmm, xmmm128 | VEX.128.${map}.WIG ${opcode} /r | two`;
  if (wide === 'none') return vexOf(sseMnemonic, narrow);
  return vexOf(
    sseMnemonic,
    `
    ${narrow}
    ymm, ymm, ymmm256 | VEX.256.${map}.WIG ${opcode} /r | two feature:${wide}`,
  );
}

/** The same with an immediate. */
export function packedImmediate(
  sseMnemonic: string,
  map: VexMap,
  opcode: string,
  wide: Wide = 'AVX',
): InstructionSource {
  const narrow = `xmm, xmm, xmmm128, imm8 | VEX.128.${map}.WIG ${opcode} /r ib | two`;
  if (wide === 'none') return vexOf(sseMnemonic, narrow);
  return vexOf(
    sseMnemonic,
    `
    ${narrow}
    ymm, ymm, ymmm256, imm8 | VEX.256.${map}.WIG ${opcode} /r ib | two feature:${wide}`,
  );
}

/** Two sources and a destination, on the lowest number only. */
export function scalar(sseMnemonic: string, map: VexMap, opcode: string, bits: 32 | 64): InstructionSource {
  return vexOf(sseMnemonic, `xmm, xmm, xmmm${bits} | VEX.LIG.${map}.WIG ${opcode} /r | two`);
}

/** One source, on 128 and 256 bits. */
export function unary(
  sseMnemonic: string,
  map: VexMap,
  opcode: string,
  wide: Wide = 'AVX',
  tail = '',
): InstructionSource {
  const immediate = tail === '' ? '' : ', imm8';
  const narrow = `xmm, xmmm128${immediate} | VEX.128.${map}.WIG ${opcode} /r ${tail}`;
  if (wide === 'none') return vexOf(sseMnemonic, narrow, 'clearing the upper half of the YMM register');
  return vexOf(
    sseMnemonic,
    `
    ${narrow}
    ymm, ymmm256${immediate} | VEX.256.${map}.WIG ${opcode} /r ${tail} | feature:${wide}`,
    'also on 256 bits',
  );
}
