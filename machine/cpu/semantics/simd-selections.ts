/** Packed products, sums, searches and blends of SSSE3 and SSE4.1 that WebAssembly has no single operation for. */
import {
  add,
  and,
  type Expr,
  i32,
  i64,
  load,
  loadVector,
  ltU,
  or,
  select,
  shl,
  shrU,
  simd,
  wrap,
  zext64,
} from '../../wasm/expr';
import { State } from '../layout';
import type { Emitter } from './emitter';
import type { Semantics } from './semantics';
import { highHalf, lowHalf, readVector, requireSimd, vectorOf, writeVector } from './simd-operands';

const v = (opcode: number, ...args: Expr[]): Expr => simd(opcode, 'v128', args);
const splat16 = (value: Expr): Expr => simd(0x10, 'v128', [value]);
const SCRATCH = State.scratch;

/** destination = op(destination, source). */
const binary =
  (op: (a: Expr, b: Expr, e: Emitter) => Expr): Semantics =>
  (e) => {
    requireSimd(e);
    const b = readVector(e, 1);
    const a = readVector(e, 0);
    writeVector(e, 0, e.let(op(a, b, e)));
  };

/** PMULHRSW: as i16x8.q15mulr_sat_s, which alone makes 7FFFH of -1 * -1. */
const multiplyRounded = binary((a, b) => {
  const most = splat16(i32(-0x8000));
  const both = v(0x4e, v(0x2d, a, most), v(0x2d, b, most));
  return v(0x51, v(0x82, a, b), both);
});

/** PMADDUBSW: unsigned bytes of the destination times signed ones of the source, neighbours added with saturation. */
const multiplyBytes = binary((a, b) => {
  const even = v(0x95, v(0x4e, a, splat16(i32(0xff))), v(0x8c, v(0x8b, b, i32(8)), i32(8)));
  const odd = v(0x95, v(0x8d, a, i32(8)), v(0x8c, b, i32(8)));
  return v(0x8f, even, odd);
});

/** PHMINPOSUW: the smallest of eight words and its place, of equals the first. */
const minimumPosition: Semantics = (e) => {
  requireSimd(e);
  const b = readVector(e, 1);
  const halves = [e.let(lowHalf(b)), e.let(highHalf(b))];
  let least: Expr | undefined;
  for (let lane = 0; lane < 8; lane++) {
    const word = and(wrap(shrU(halves[lane >> 2], i64(16 * (lane & 3)))), i32(0xffff));
    const key = e.let(or(shl(word, i32(3)), i32(lane)));
    least = least === undefined ? key : e.let(select(ltU(key, least), key, least));
  }
  const result = or(shrU(least!, i32(3)), shl(and(least!, i32(7)), i32(16)));
  writeVector(e, 0, e.let(vectorOf(zext64(result), i64(0))));
};

/** MPSADBW: eight windows of the destination against four bytes of the source. */
const slidingDifferences: Semantics = (e) => {
  requireSimd(e);
  const b = readVector(e, 1);
  const a = readVector(e, 0);
  const pattern = e.let(e.immediate(8));
  e.code.storeVector(i32(SCRATCH), a);
  e.code.storeVector(i32(SCRATCH + 16), b);
  const window = e.let(add(and(pattern, i32(4)), i32(SCRATCH)));
  const block = e.let(add(shl(and(pattern, i32(3)), i32(2)), i32(SCRATCH + 16)));
  let sum: Expr | undefined;
  for (let i = 0; i < 4; i++) {
    const bytes = loadVector(add(window, i32(i)));
    const one = e.let(simd(0x0f, 'v128', [load(8, block, i)]));
    const taken = e.let(bytes);
    const difference = v(0x71, v(0x79, taken, one), v(0x77, taken, one));
    const words = v(0x89, difference);
    sum = sum === undefined ? e.let(words) : e.let(v(0x8e, sum, words));
  }
  writeVector(e, 0, sum!);
};

/** Selects lanes of the source by the bits of the immediate: each lane has its bit in `weights`. */
const blendByImmediate =
  (weights: readonly [bigint, bigint], splat: number, equal: number): Semantics =>
  (e) => {
    requireSimd(e);
    const b = readVector(e, 1);
    const a = readVector(e, 0);
    const bits = e.let(vectorOf(i64(weights[0]), i64(weights[1])));
    const value = splat === 0x12 ? zext64(e.immediate(8)) : e.immediate(8);
    const mask = v(equal, v(0x4e, simd(splat, 'v128', [value]), bits), bits);
    writeVector(e, 0, e.let(v(0x52, b, a, mask)));
  };

/** INSERTPS: bits 7:6 choose the source lane, 5:4 the destination lane, 3:0 lanes to clear. */
const insertSingle: Semantics = (e) => {
  requireSimd(e);
  const pattern = e.let(e.immediate(8));
  let lane: Expr;
  if (e.isMemory(1)) lane = e.load(32, e.linear(e.effectiveAddress(), 32, 'operand', false));
  else {
    e.code.storeVector(i32(SCRATCH), readVector(e, 1));
    lane = e.let(load(32, add(shl(shrU(pattern, i32(6)), i32(2)), i32(SCRATCH))));
  }
  e.code.storeVector(i32(SCRATCH), readVector(e, 0));
  e.code.store(32, e.let(add(shl(and(shrU(pattern, i32(4)), i32(3)), i32(2)), i32(SCRATCH))), lane);
  const bits = e.let(vectorOf(i64(0x0000000200000001n), i64(0x0000000800000004n)));
  const cleared = v(0x37, v(0x4e, simd(0x11, 'v128', [pattern]), bits), bits);
  writeVector(e, 0, e.let(v(0x4f, loadVector(i32(SCRATCH)), cleared)));
};

export const packedSelections: Record<string, Semantics> = {
  pmulhrsw: multiplyRounded,
  pmaddubsw: multiplyBytes,
  phminposuw: minimumPosition,
  mpsadbw: slidingDifferences,
  pblendw: blendByImmediate([0x0008000400020001n, 0x0080004000200010n], 0x10, 0x2d),
  blendps: blendByImmediate([0x0000000200000001n, 0x0000000800000004n], 0x11, 0x37),
  blendpd: blendByImmediate([1n, 2n], 0x12, 0xd6),
  insertps: insertSingle,
};
