/** How packed instructions reach their operands: XMM and MMX registers stand in memory, in both tiers. */
import {
  add,
  and,
  type Expr,
  i32,
  i64,
  loadAt,
  loadVector,
  or,
  select,
  shrU,
  simd,
  wrap,
  xor,
  zext64,
} from '../../wasm/expr';
import { Vector } from '../fault';
import { State } from '../layout';
import type { Emitter } from './emitter';

const EM = 4;
const TS = 8;
const OSFXSR = 0x200;
/** CR0.NE and the error summary of the x87 status word. */
const NE_BIT = 5;
const ES_BIT = 7;

/** The operand is an MMX register (or 64 bits of memory for one), not an XMM register. */
export const isMmx = (e: Emitter): boolean => e.form.operands.some((kind) => kind.startsWith('mm'));

/** #UD while CR0.EM is set (or, for XMM, CR4.OSFXSR is not), #NM while CR0.TS is (SDM 3A 2.5, 13.1). */
export function requireSimd(e: Emitter): void {
  const cr0 = loadAt(32, State.cr0);
  const emulate = and(cr0, i32(EM));
  const bad = isMmx(e) ? emulate : or(emulate, xor(and(loadAt(32, State.cr4), i32(OSFXSR)), i32(OSFXSR)));
  e.code.if(bad, () => e.raise(Vector.UD, 0));
  e.code.if(and(cr0, i32(TS)), () => e.raise(Vector.NM, 0));
  if (!isMmx(e)) return;
  // a pending x87 error; with CR0.NE clear it is the platform's business
  const pending = and(shrU(loadAt(32, State.fpuStatus), i32(ES_BIT)), shrU(cr0, i32(NE_BIT)));
  e.code.if(and(pending, i32(1)), () => e.raise(Vector.MF, 0));
}

/** Two i64 as a vector. */
export const vectorOf = (low: Expr, high: Expr): Expr => simd(0x1e, 'v128', [simd(0x12, 'v128', [low]), high], [1]);
export const lowHalf = (v: Expr): Expr => simd(0x1d, 'i64', [v], [0]);
export const highHalf = (v: Expr): Expr => simd(0x1d, 'i64', [v], [1]);

/** Loads 16 bytes at a linear address; #GP(0) first where they must be aligned and are not. */
export function loadMemory128(e: Emitter, operand: number, aligned: boolean): Expr {
  const offset = e.effectiveAddress();
  const linear = e.linear(offset, 128, 'operand', false);
  if (aligned) requireAlignment(e, linear);
  // processors check no other alignment of 16 bytes, #AC or not
  const low = e.load(64, linear, false);
  const high = e.load(64, e.let(add(linear, i64(8))), false);
  void operand;
  return e.let(vectorOf(low, high));
}

export function requireAlignment(e: Emitter, linear: Expr): void {
  e.code.if(and(wrap(linear), i32(15)), () => e.raise(Vector.GP, 0));
}

/**
 * A packed operand as a vector; MMX and narrower memory operands fill it with zeros above.
 * @param aligned memory of 16 bytes must be aligned
 */
export function readVector(e: Emitter, operand: number, aligned = true): Expr {
  const kind = e.form.operands[operand];
  if (!e.isMemory(operand)) {
    const address = e.registerAddress(operand);
    const whole = e.let(loadVector(address));
    return kind.startsWith('mm') ? e.let(vectorOf(lowHalf(whole), i64(0))) : whole;
  }
  const bits = /(\d+)$/.exec(kind)?.[1];
  if (bits === '128') return loadMemory128(e, operand, aligned);
  const width = Number(bits);
  const value = e.load(width, e.linear(e.effectiveAddress(), width, 'operand', false));
  return e.let(vectorOf(zext64(value), i64(0)));
}

/** Writes a register operand: all of XMM, or an MMX register with what that does to the x87 state (SDM 1 9.5.1). */
export function writeVector(e: Emitter, operand: number, value: Expr): void {
  const address = e.registerAddress(operand);
  if (!e.form.operands[operand].startsWith('mm')) {
    e.code.storeVector(address, value);
    return;
  }
  e.code.store(64, address, lowHalf(value));
  e.code.store(16, address, i32(0xffff), 8);
  touchMmx(e);
}

/** Any MMX instruction makes all x87 registers valid and TOP zero. */
export function touchMmx(e: Emitter): void {
  e.code.storeAt(32, State.fpuTag, i32(0));
  e.code.storeAt(32, State.fpuStatus, and(loadAt(32, State.fpuStatus), i32(~0x3800)));
}

/** Stores 16 bytes at the memory operand; both halves are proved writable before the first is written. */
export function storeMemory128(e: Emitter, value: Expr, aligned: boolean): void {
  const linear = e.linear(e.effectiveAddress(), 128, 'operand', true);
  if (aligned) requireAlignment(e, linear);
  const high = e.let(add(linear, i64(8)));
  // the lower half first: its fault is the one to be reported
  e.loadForModify(64, linear, false);
  e.loadForModify(64, high, false);
  e.store(64, linear, e.let(lowHalf(value)), false);
  e.store(64, high, e.let(highHalf(value)), false);
}

/** A shift count that is `most` at the highest, i32, from the low 64 bits of a vector or an immediate. */
export const clampedCount = (count: Expr, most: number): Expr => {
  const tooLarge =
    count.type === 'i64'
      ? { kind: 'op' as const, type: 'i32' as const, opcode: 0x56, a: count, b: i64(most) }
      : { kind: 'op' as const, type: 'i32' as const, opcode: 0x4b, a: count, b: i32(most) };
  return select(tooLarge, i32(most), wrap(count));
};
