/** Packed integers: MMX, SSE2, SSSE3 and SSE4 as WebAssembly SIMD. An MMX register is the lower half of a vector. */
import {
  add,
  and,
  type Expr,
  eq,
  eqz,
  i32,
  i64,
  loadVector,
  or,
  select,
  shl,
  shrU,
  simd,
  sub,
  zext64,
} from '../../wasm/expr';
import { State } from '../layout';
import type { Emitter } from './emitter';
import type { Semantics } from './semantics';
import {
  clampedCount,
  highHalf,
  isMmx,
  lowHalf,
  readVector,
  requireSimd,
  touchMmx,
  vectorOf,
  writeVector,
} from './simd-operands';

type Binary = (a: Expr, b: Expr, e: Emitter) => Expr;

const v = (opcode: number, ...args: Expr[]): Expr => simd(opcode, 'v128', args);
const lanes = (a: Expr, b: Expr, pattern: readonly number[]): Expr => simd(0x0d, 'v128', [a, b], pattern);
const range = (n: number, f: (i: number) => number): number[] => Array.from({ length: n }, (_, i) => f(i));

/** destination = op(destination, source). */
const binary =
  (op: Binary): Semantics =>
  (e) => {
    requireSimd(e);
    const b = readVector(e, 1);
    const a = readVector(e, 0);
    writeVector(e, 0, e.let(op(a, b, e)));
  };

/** destination = op(source). */
const unary =
  (op: (a: Expr, e: Emitter) => Expr): Semantics =>
  (e) => {
    requireSimd(e);
    writeVector(e, 0, e.let(op(readVector(e, 1), e)));
  };

const laneWise: Readonly<Record<string, number>> = {
  paddb: 0x6e,
  paddw: 0x8e,
  paddd: 0xae,
  paddq: 0xce,
  psubb: 0x71,
  psubw: 0x91,
  psubd: 0xb1,
  psubq: 0xd1,
  paddsb: 0x6f,
  paddusb: 0x70,
  psubsb: 0x72,
  psubusb: 0x73,
  paddsw: 0x8f,
  paddusw: 0x90,
  psubsw: 0x92,
  psubusw: 0x93,
  pmullw: 0x95,
  pmulld: 0xb5,
  pminsb: 0x76,
  pminub: 0x77,
  pmaxsb: 0x78,
  pmaxub: 0x79,
  pminsw: 0x96,
  pminuw: 0x97,
  pmaxsw: 0x98,
  pmaxuw: 0x99,
  pminsd: 0xb6,
  pminud: 0xb7,
  pmaxsd: 0xb8,
  pmaxud: 0xb9,
  pavgb: 0x7b,
  pavgw: 0x9b,
  pcmpeqb: 0x23,
  pcmpeqw: 0x2d,
  pcmpeqd: 0x37,
  pcmpeqq: 0xd6,
  pcmpgtb: 0x27,
  pcmpgtw: 0x31,
  pcmpgtd: 0x3b,
  pcmpgtq: 0xd9,
  pand: 0x4e,
  por: 0x50,
  pxor: 0x51,
  pmaddwd: 0xba,
  andps: 0x4e,
  andpd: 0x4e,
  orps: 0x50,
  orpd: 0x50,
  xorps: 0x51,
  xorpd: 0x51,
};

/** Interleaves the lower or upper lanes of two vectors; an MMX result is the lower half of the low interleaving. */
function unpack(bytes: number, high: boolean): Binary {
  return (a, b, e) => {
    const half = isMmx(e) ? 4 : 8;
    const from = high ? half : 0;
    const pattern = range(16, (i) => {
      if (i >= 2 * half) return 0;
      const lane = Math.floor(i / (2 * bytes));
      const within = i % (2 * bytes);
      return from + lane * bytes + (within % bytes) + (within >= bytes ? 16 : 0);
    });
    return lanes(a, b, pattern);
  };
}

/** PACK: an MMX result takes four lanes of each. */
const pack =
  (opcode: number): Binary =>
  (a, b, e) => {
    if (!isMmx(e)) return v(opcode, a, b);
    const joined = e.let(vectorOf(lowHalf(a), lowHalf(b)));
    return vectorOf(lowHalf(e.let(v(opcode, joined, joined))), i64(0));
  };

/** High halves of 16-bit products. */
const multiplyHigh =
  (low: number, high: number): Binary =>
  (a, b, e) =>
    lanes(
      e.let(v(low, a, b)),
      e.let(v(high, a, b)),
      range(16, (i) => (i >> 1) * 4 + 2 + (i & 1)),
    );

/** Multiplies the even doublewords to quadwords. */
const multiplyEven =
  (signed: boolean): Binary =>
  (a, b) => {
    const widen = (x: Expr): Expr => {
      if (!signed) return v(0x4e, x, vectorOf(i64(0xffffffffn), i64(0xffffffffn)));
      return v(0xcc, simd(0xcb, 'v128', [x, i32(32)]), i32(32)); // i64x2.shl, then shr_s
    };
    return v(0xd5, widen(a), widen(b));
  };

/** Adds or subtracts neighbours, of destination then source. */
function horizontal(bytes: number, opcode: number): Binary {
  return (a, b, e) => {
    const count = (isMmx(e) ? 8 : 16) / bytes / 2;
    const pick = (odd: number): number[] =>
      range(16, (i) => {
        const lane = Math.floor(i / bytes);
        if (lane >= 2 * count) return 0;
        const source = lane >= count ? 16 : 0;
        return source + ((lane % count) * 2 + odd) * bytes + (i % bytes);
      });
    return v(opcode, lanes(a, b, pick(0)), lanes(a, b, pick(1)));
  };
}

/** PSIGN: negated, kept or cleared by the source's sign. */
function signBy(subtract: number, lessThan: number, equal: number): Binary {
  return (a, b, e) => {
    const zero = e.let(vectorOf(i64(0), i64(0)));
    const negative = e.let(v(lessThan, b, zero));
    const flipped = e.let(v(subtract, zero, a));
    const chosen = v(0x52, flipped, a, negative); // bitselect
    return v(0x4f, chosen, v(equal, b, zero)); // andnot
  };
}

/** Sums of absolute differences of eight bytes, in each quadword. */
const sumOfDifferences: Binary = (a, b, e) => {
  const difference = v(0x71, v(0x79, a, b), v(0x77, a, b));
  const words = v(0x7d, difference); // i16x8.extadd_pairwise_i8x16_u
  const doublewords = e.let(v(0x7f, words)); // i32x4.extadd_pairwise_i16x8_u
  const mask = vectorOf(i64(0xffffffffn), i64(0xffffffffn));
  return v(0xce, v(0x4e, doublewords, mask), simd(0xcd, 'v128', [doublewords, i32(32)]));
};

/** PSHUFB: an index with bit 7 gives zero; in MMX three bits count. */
const shuffleBytes: Binary = (a, b, e) => {
  const mask = isMmx(e) ? 0x8787878787878787n : 0x8f8f8f8f8f8f8f8fn;
  return v(0x0e, a, v(0x4e, b, vectorOf(i64(BigInt.asIntN(64, mask)), i64(BigInt.asIntN(64, mask)))));
};

/** Shifts by a count that is an immediate or the low 64 bits of the source; counts beyond the lane empty it, or fill it with signs. */
function shift(bits: number, opcode: number, arithmetic: boolean): Semantics {
  return (e) => {
    requireSimd(e);
    const raw = e.isImmediate(1) ? zext64(e.immediate(8)) : lowHalf(readVector(e, 1));
    const count = e.let(raw);
    const a = readVector(e, 0);
    const most = arithmetic ? bits - 1 : bits;
    const clamped = e.let(clampedCount(count, most));
    const shifted = simd(opcode, 'v128', [a, clamped]);
    if (arithmetic) {
      writeVector(e, 0, e.let(shifted));
      return;
    }
    const keep = e.let(select(eq(clamped, i32(bits)), i64(0), i64(-1)));
    writeVector(e, 0, e.let(v(0x4e, shifted, vectorOf(keep, keep))));
  };
}

const SCRATCH = State.scratch;

/** Places vectors side by side in the scratch area, zeros around, and takes 16 bytes from a place known only now. */
function slide(e: Emitter, parts: readonly Expr[], from: Expr): Expr {
  parts.forEach((part, i) => {
    e.code.storeVector(i32(SCRATCH + 16 * i), part);
  });
  return e.let(loadVector(add(from, i32(SCRATCH))));
}

function shiftBytes(left: boolean): Semantics {
  return (e) => {
    requireSimd(e);
    const count = e.let(clampedCount(e.immediate(8), 16));
    const a = readVector(e, 0);
    const zero = vectorOf(i64(0), i64(0));
    writeVector(e, 0, left ? slide(e, [zero, a], sub(i32(16), count)) : slide(e, [a, zero], count));
  };
}

/** PALIGNR: 16 (or 8) bytes out of destination:source. */
function alignRight(e: Emitter): void {
  requireSimd(e);
  const b = readVector(e, 1);
  const a = readVector(e, 0);
  const zero = e.let(vectorOf(i64(0), i64(0)));
  const mmx = isMmx(e);
  const count = e.let(clampedCount(e.immediate(8), mmx ? 16 : 32));
  const parts = mmx ? [e.let(vectorOf(lowHalf(b), lowHalf(a))), zero, zero, zero] : [b, a, zero, zero];
  writeVector(e, 0, slide(e, parts, count));
}

/** PSHUFD and the like: lanes of 16 or 32 bits of one half or the whole by two-bit numbers, through the scratch area. */
function shuffle(bits: 16 | 32, first: number): Semantics {
  return (e) => {
    requireSimd(e);
    const source = readVector(e, 1);
    const pattern = e.let(e.immediate(8));
    const bytes = bits / 8;
    e.code.storeVector(i32(SCRATCH), source);
    const chosen = range(4, (i) => i).map((i) => {
      const index = and(shrU(pattern, i32(2 * i)), i32(3));
      return e.let(loadLane(bits, add(shl(index, i32(Math.log2(bytes))), i32(SCRATCH + first * bytes))));
    });
    chosen.forEach((lane, i) => {
      e.code.storeAt(bits, SCRATCH + (first + i) * bytes, lane);
    });
    writeVector(e, 0, e.let(loadVector(i32(SCRATCH))));
  };
}

const loadLane = (bits: number, address: Expr): Expr => ({
  kind: 'load',
  type: bits === 64 ? 'i64' : 'i32',
  opcode: bits === 8 ? 0x2d : bits === 16 ? 0x2f : bits === 32 ? 0x28 : 0x29,
  address,
  offset: 0,
});

/** SHUFPS, SHUFPD: the lower part from the destination, the upper from the source. */
function shufflePair(bits: 32 | 64): Semantics {
  return (e) => {
    requireSimd(e);
    const b = readVector(e, 1);
    const a = readVector(e, 0);
    const pattern = e.let(e.immediate(8));
    e.code.storeVector(i32(SCRATCH), a);
    e.code.storeVector(i32(SCRATCH + 16), b);
    const count = 128 / bits;
    const width = bits === 32 ? 2 : 1;
    const chosen = range(count, (i) => i).map((i) => {
      const index = and(shrU(pattern, i32(width * i)), i32(count - 1));
      const base = SCRATCH + (i >= count / 2 ? 16 : 0);
      return e.let(loadLane(bits, add(shl(index, i32(Math.log2(bits / 8))), i32(base))));
    });
    chosen.forEach((lane, i) => {
      e.code.storeAt(bits, SCRATCH + 32 + (i * bits) / 8, lane);
    });
    writeVector(e, 0, e.let(loadVector(i32(SCRATCH + 32))));
  };
}

/** Address in the scratch area of the lane that the immediate names. */
const laneAddress = (e: Emitter, bits: number, mmx: boolean): Expr => {
  const count = (mmx ? 64 : 128) / bits;
  return e.let(add(shl(and(e.immediate(8), i32(count - 1)), i32(Math.log2(bits / 8))), i32(SCRATCH)));
};

function extract(bits: 8 | 16 | 32 | 64): Semantics {
  return (e) => {
    requireSimd(e);
    const source = readVector(e, 1);
    e.code.storeVector(i32(SCRATCH), source);
    const value = e.let(loadLane(bits, laneAddress(e, bits, isMmx(e))));
    if (e.isMemory(0)) e.store(bits, e.linear(e.effectiveAddress(), bits, 'operand', true), value);
    else e.setRegister(0, 64, e.let(zext64(value)));
    if (isMmx(e)) touchMmx(e);
  };
}

function insert(bits: 8 | 16 | 32 | 64): Semantics {
  return (e) => {
    requireSimd(e);
    const value = e.isMemory(1)
      ? e.load(bits, e.linear(e.effectiveAddress(), bits, 'operand', false))
      : e.getRegister(1, bits === 64 ? 64 : 32);
    e.code.storeVector(i32(SCRATCH), readVector(e, 0));
    e.code.store(bits, laneAddress(e, bits, isMmx(e)), value);
    writeVector(e, 0, e.let(loadVector(i32(SCRATCH))));
  };
}

/** Gathers the signs of the lanes in a general register. */
const signMask =
  (opcode: number): Semantics =>
  (e) => {
    requireSimd(e);
    const mask = simd(opcode, 'i32', [readVector(e, 1)]);
    const value = isMmx(e) ? and(mask, i32(0xff)) : mask;
    e.setRegister(0, 64, e.let(zext64(value)));
    if (isMmx(e)) touchMmx(e);
  };

/** PMOVSX and PMOVZX: widens the lower lanes. */
function widen(steps: readonly number[]): Semantics {
  return (e) => {
    requireSimd(e);
    let value = readVector(e, 1, false);
    for (const opcode of steps) value = v(opcode, value);
    writeVector(e, 0, e.let(value));
  };
}

/** Blends by the high bits of XMM0's lanes, or of the lanes that the immediate names. */
const blendByMask =
  (lane: (mask: Expr) => Expr): Semantics =>
  (e) => {
    requireSimd(e);
    const b = readVector(e, 1);
    const a = readVector(e, 0);
    const mask = e.let(lane(loadVector(i32(State.xmm))));
    writeVector(e, 0, e.let(v(0x52, b, a, mask)));
  };

const packed: Record<string, Semantics> = {
  pandn: binary((a, b) => v(0x4f, b, a)),
  andnps: binary((a, b) => v(0x4f, b, a)),
  andnpd: binary((a, b) => v(0x4f, b, a)),
  pabsb: unary((a) => v(0x60, a)),
  pabsw: unary((a) => v(0x80, a)),
  pabsd: unary((a) => v(0xa0, a)),
  packsswb: binary(pack(0x65)),
  packuswb: binary(pack(0x66)),
  packssdw: binary(pack(0x85)),
  packusdw: binary(pack(0x86)),
  punpcklbw: binary(unpack(1, false)),
  punpcklwd: binary(unpack(2, false)),
  punpckldq: binary(unpack(4, false)),
  punpcklqdq: binary(unpack(8, false)),
  punpckhbw: binary(unpack(1, true)),
  punpckhwd: binary(unpack(2, true)),
  punpckhdq: binary(unpack(4, true)),
  punpckhqdq: binary(unpack(8, true)),
  unpcklps: binary(unpack(4, false)),
  unpckhps: binary(unpack(4, true)),
  unpcklpd: binary(unpack(8, false)),
  unpckhpd: binary(unpack(8, true)),
  pmulhw: binary(multiplyHigh(0xbc, 0xbd)),
  pmulhuw: binary(multiplyHigh(0xbe, 0xbf)),
  pmuludq: binary(multiplyEven(false)),
  pmuldq: binary(multiplyEven(true)),
  phaddw: binary(horizontal(2, 0x8e)),
  phaddd: binary(horizontal(4, 0xae)),
  phaddsw: binary(horizontal(2, 0x8f)),
  phsubw: binary(horizontal(2, 0x91)),
  phsubd: binary(horizontal(4, 0xb1)),
  phsubsw: binary(horizontal(2, 0x92)),
  psignb: binary(signBy(0x71, 0x25, 0x23)),
  psignw: binary(signBy(0x91, 0x2f, 0x2d)),
  psignd: binary(signBy(0xb1, 0x39, 0x37)),
  psadbw: binary(sumOfDifferences),
  pshufb: binary(shuffleBytes),
  psllw: shift(16, 0x8b, false),
  pslld: shift(32, 0xab, false),
  psllq: shift(64, 0xcb, false),
  psrlw: shift(16, 0x8d, false),
  psrld: shift(32, 0xad, false),
  psrlq: shift(64, 0xcd, false),
  psraw: shift(16, 0x8c, true),
  psrad: shift(32, 0xac, true),
  pslldq: shiftBytes(true),
  psrldq: shiftBytes(false),
  palignr: alignRight,
  pshufd: shuffle(32, 0),
  pshuflw: shuffle(16, 0),
  pshufhw: shuffle(16, 4),
  pshufw: shuffle(16, 0),
  shufps: shufflePair(32),
  shufpd: shufflePair(64),
  pextrb: extract(8),
  pextrw: extract(16),
  pextrd: extract(32),
  pextrq: extract(64),
  extractps: extract(32),
  pinsrb: insert(8),
  pinsrw: insert(16),
  pinsrd: insert(32),
  pinsrq: insert(64),
  pmovmskb: signMask(0x64),
  movmskps: signMask(0xa4),
  movmskpd: signMask(0xc4),
  pmovsxbw: widen([0x87]),
  pmovsxbd: widen([0x87, 0xa7]),
  pmovsxbq: widen([0x87, 0xa7, 0xc7]),
  pmovsxwd: widen([0xa7]),
  pmovsxwq: widen([0xa7, 0xc7]),
  pmovsxdq: widen([0xc7]),
  pmovzxbw: widen([0x89]),
  pmovzxbd: widen([0x89, 0xa9]),
  pmovzxbq: widen([0x89, 0xa9, 0xc9]),
  pmovzxwd: widen([0xa9]),
  pmovzxwq: widen([0xa9, 0xc9]),
  pmovzxdq: widen([0xc9]),
  pblendvb: blendByMask((mask) => simd(0x6c, 'v128', [mask, i32(7)])),
  blendvps: blendByMask((mask) => simd(0xac, 'v128', [mask, i32(31)])),
  blendvpd: blendByMask((mask) => simd(0xcc, 'v128', [mask, i32(63)])),
  ptest: (e) => {
    requireSimd(e);
    const b = readVector(e, 1);
    const a = readVector(e, 0);
    const isZero = (x: Expr): Expr => eqz(or(lowHalf(x), highHalf(x)));
    const zero = isZero(e.let(v(0x4e, a, b)));
    const carry = isZero(e.let(v(0x4f, b, a)));
    e.setFlagsFrom(e.let(or(shl(zero, i32(6)), carry)));
  },
};

for (const [mnemonic, opcode] of Object.entries(laneWise)) packed[mnemonic] = binary((a, b) => v(opcode, a, b));

export { packed };
