/** Moves of XMM and MMX registers. */
import { add, and, type Expr, eqz, i32, i64, load, loadAt, ltU, ne, shrU, simd, wrap, zext64 } from '../../wasm/expr';
import { Vector } from '../fault';
import { State } from '../layout';
import { ContextBit } from '../system/tag-contexts';
import type { Emitter } from './emitter';
import type { Semantics } from './semantics';
import {
  isMmx,
  lowHalf,
  readVector,
  requireSimd,
  storeMemory128,
  touchMmx,
  vectorOf,
  writeVector,
} from './simd-operands';

/** MOVDQA and all moves of 16 bytes. */
const whole =
  (aligned: boolean): Semantics =>
  (e) => {
    requireSimd(e);
    if (e.isMemory(0)) storeMemory128(e, readVector(e, 1), aligned);
    else writeVector(e, 0, readVector(e, 1, aligned));
  };

const isVectorRegister = (e: Emitter, operand: number): boolean =>
  /^(x?mm)/.test(e.form.operands[operand]) && !e.isMemory(operand);

/** MOVD, MOVQ: the low 32 or 64 bits; a destination register is cleared above. */
function scalar(bits: 32 | 64): Semantics {
  return (e) => {
    requireSimd(e);
    if (isVectorRegister(e, 0)) {
      let value: Expr;
      if (isVectorRegister(e, 1)) value = lowHalf(readVector(e, 1));
      else if (e.isMemory(1)) value = e.load(bits, e.linear(e.effectiveAddress(), bits, 'operand', false));
      else value = e.read(1);
      writeVector(e, 0, e.let(vectorOf(zext64(e.let(value)), i64(0))));
      return;
    }
    const value = e.let(load(bits, e.registerAddress(1)));
    if (e.isMemory(0)) e.store(bits, e.linear(e.effectiveAddress(), bits, 'operand', true), value);
    else e.setRegister(0, bits, value);
    if (isMmx(e)) touchMmx(e);
  };
}

/** MOVSS, MOVSD: a load clears the rest, a move between registers keeps it. */
function single(bits: 32 | 64): Semantics {
  return (e) => {
    requireSimd(e);
    if (e.isMemory(0)) {
      const value = e.let(load(bits, e.registerAddress(1)));
      e.store(bits, e.linear(e.effectiveAddress(), bits, 'operand', true), value);
    } else if (e.isMemory(1)) {
      const value = e.load(bits, e.linear(e.effectiveAddress(), bits, 'operand', false));
      writeVector(e, 0, e.let(vectorOf(zext64(value), i64(0))));
    } else e.code.store(bits, e.registerAddress(0), e.let(load(bits, e.registerAddress(1))));
  };
}

/** MOVLPS, MOVHPS and the like: 64 bits between memory and one half of a register. */
function half(offset: 0 | 8): Semantics {
  return (e) => {
    requireSimd(e);
    const linear = (write: boolean): Expr => e.linear(e.effectiveAddress(), 64, 'operand', write);
    if (isVectorRegister(e, 0)) e.code.store(64, e.registerAddress(0), e.load(64, linear(false)), offset);
    else e.store(64, linear(true), e.let(load(64, e.registerAddress(1), offset)));
  };
}

/** MOVHLPS, MOVLHPS: a half of one register to the other half of another. */
const cross =
  (from: 0 | 8, to: 0 | 8): Semantics =>
  (e) => {
    requireSimd(e);
    e.code.store(64, e.registerAddress(0), e.let(load(64, e.registerAddress(1), from)), to);
  };

/** MOVSLDUP and the like: lanes of the source side by side twice. */
const duplicate =
  (pattern: readonly number[]): Semantics =>
  (e) => {
    requireSimd(e);
    const source = readVector(e, 1);
    writeVector(e, 0, e.let(simd(0x0d, 'v128', [source, source], pattern)));
  };

/** Non-temporal stores of general registers, MMX and XMM: caches are not modelled. */
function storeNonTemporal(e: Emitter): void {
  const kind = e.form.operands[1];
  if (!kind.includes('mm')) {
    const bits = e.sizeOf(1);
    const value = e.read(1);
    e.store(bits, e.linear(e.effectiveAddress(), bits, 'operand', true), value);
    return;
  }
  requireSimd(e);
  if (kind === 'mm') {
    e.store(64, e.linear(e.effectiveAddress(), 64, 'operand', true), e.let(load(64, e.registerAddress(1))));
    touchMmx(e);
  } else storeMemory128(e, readVector(e, 1), true);
}

/** #AC(0) where alignment is checked, for an offset that bytes one by one are stored at. */
function requireQuadwordAlignment(e: Emitter, offset: Expr): void {
  const unchecked = and(loadAt(32, State.tlbContext), i32(ContextBit.Valid));
  const linear = e.linear(offset, 64, 'operand', true);
  e.code.if(and(eqz(unchecked), ne(and(wrap(linear), i32(7)), i32(0))), () => e.raise(Vector.AC, 0));
}

/** MASKMOVQ, MASKMOVDQU: stores the bytes whose mask has bit 7 set at DS:rDI; all are proved writable before the first. */
function storeMasked(e: Emitter): void {
  requireSimd(e);
  const bytes = isMmx(e) ? 8 : 16;
  const { code } = e;
  const mask = e.let(simd(0x64, 'i32', [readVector(e, 1)])); // i8x16.bitmask
  const start = e.let(and(e.gpr(7, 64), e.addressMask()));
  if (isMmx(e)) requireQuadwordAlignment(e, start);
  code.storeVector(i32(State.scratch), readVector(e, 0));
  const each = (access: (linear: Expr, byte: Expr) => void): void => {
    const i = code.temporary('i32');
    code.set(i, i32(0));
    code.loop((again) => {
      code.if(and(shrU(mask, i), i32(1)), () => {
        const offset = e.let(and(add(start, zext64(i)), e.addressMask()));
        access(e.linear(offset, 8, 'operand', true), e.let(load(8, add(i, i32(State.scratch)))));
      });
      code.set(i, add(i, i32(1)));
      code.brIf(again, ltU(i, i32(bytes)));
    });
  };
  each((linear) => e.loadForModify(8, linear));
  each((linear, byte) => e.store(8, linear, byte));
  if (isMmx(e)) touchMmx(e);
}

const lanesOf = (bytes: number, order: readonly number[]): number[] =>
  order.flatMap((lane) => Array.from({ length: bytes }, (_, i) => lane * bytes + i));

export const vectorMoves: Record<string, Semantics> = {
  movdqa: whole(true),
  movaps: whole(true),
  movapd: whole(true),
  movdqu: whole(false),
  movups: whole(false),
  movupd: whole(false),
  lddqu: whole(false),
  movntdqa: whole(true),
  movntdq: storeNonTemporal,
  movntps: storeNonTemporal,
  movntpd: storeNonTemporal,
  movntq: storeNonTemporal,
  movnti: storeNonTemporal,
  movd: scalar(32),
  movq: scalar(64),
  movss: single(32),
  movsd: single(64),
  movlps: half(0),
  movlpd: half(0),
  movhps: half(8),
  movhpd: half(8),
  movhlps: cross(8, 0),
  movlhps: cross(0, 8),
  movddup: (e) => {
    requireSimd(e);
    const low = e.isMemory(1)
      ? e.load(64, e.linear(e.effectiveAddress(), 64, 'operand', false))
      : e.let(load(64, e.registerAddress(1)));
    writeVector(e, 0, e.let(vectorOf(low, low)));
  },
  movsldup: duplicate(lanesOf(4, [0, 0, 2, 2])),
  movshdup: duplicate(lanesOf(4, [1, 1, 3, 3])),
  movq2dq: (e) => {
    requireSimd(e);
    writeVector(e, 0, e.let(vectorOf(lowHalf(readVector(e, 1)), i64(0))));
    touchMmx(e);
  },
  movdq2q: (e) => {
    requireSimd(e);
    writeVector(e, 0, readVector(e, 1));
  },
  maskmovq: storeMasked,
  maskmovdqu: storeMasked,
  lfence: () => {},
  mfence: () => {},
  sfence: () => {},
};
