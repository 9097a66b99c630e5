import {
  and,
  type Expr,
  i32,
  i64,
  or,
  remU,
  rotl,
  rotr,
  shl,
  shrS,
  shrU,
  signed64,
  sub,
  wrap,
  xor,
  zext64,
} from '../../wasm/expr';
import type { Emitter } from './emitter';
import type { Semantics } from './semantics';

/** The masked count as i32: 5 bits, 6 for 64-bit operands (SDM 2B SAL/SAR/SHL/SHR). */
function count(e: Emitter, operand: number): Expr {
  if (e.form.operands.length <= operand) return i32(1);
  const raw = e.form.operands[operand] === '1' ? i32(1) : e.isImmediate(operand) ? e.immediate(8) : e.gpr(1, 8);
  return e.let(and(wrap(raw), i32(e.size === 64 ? 63 : 31)));
}

/**
 * Does `body` unless the count is zero: then neither result nor flags change. But the destination was still accessed, and
 * a 32-bit register still loses its upper half.
 * @param old value of the destination
 */
function unlessZero(e: Emitter, n: Expr, old: Expr, body: () => void): void {
  const known = n.kind === 'i32';
  if (e.size === 32 && !e.isMemory(0) && (!known || n.value === 0)) e.writeBack(0, old);
  if (known) {
    if (n.value !== 0) body();
    return;
  }
  e.conditional(n, body);
}

/** A value of the operand size as an i64 count and back. */
const countFor = (e: Emitter, n: Expr): Expr => (e.size === 64 ? zext64(n) : n);

function shiftLeft(e: Emitter): void {
  const n = count(e, 1);
  const a = e.modify(0);
  unlessZero(e, n, a, () => {
    // in 64 bits the last bit out stands above the operand
    if (e.size === 64) {
      const r = e.let(shl(a, zext64(n)));
      const carry = e.let(wrap(and(shrU(a, sub(i64(64), zext64(n))), i64(1))));
      e.writeBack(0, r);
      e.flagsResult(r, carry, xor(carry, e.sign(r, 64)));
      return;
    }
    const wide = e.let(shl(zext64(a), zext64(n)));
    const r = e.let(e.truncate(wrap(wide), e.size));
    const carry = e.let(and(wrap(shrU(wide, i64(e.size))), i32(1)));
    e.writeBack(0, r);
    e.flagsResult(r, carry, e.let(xor(carry, e.sign(r, e.size))));
  });
}

function shiftRight(e: Emitter, arithmetic: boolean): void {
  const n = count(e, 1);
  const a = e.modify(0);
  unlessZero(e, n, a, () => {
    const value = e.let(arithmetic ? signed64(a, e.size) : zext64(a));
    const shift = arithmetic ? shrS : shrU;
    const before = e.let(shift(value, sub(zext64(n), i64(1))));
    const shifted = e.let(shift(before, i64(1)));
    const r = e.let(e.truncate(e.size === 64 ? shifted : wrap(shifted), e.size));
    const carry = e.let(and(wrap(before), i32(1)));
    e.writeBack(0, r);
    e.flagsResult(r, carry, arithmetic ? i32(0) : e.sign(a, e.size));
  });
}

/** ROL and ROR change CF and OF only. */
function rotate(e: Emitter, left: boolean): void {
  const n = count(e, 1);
  const a = e.modify(0);
  unlessZero(e, n, a, () => {
    let r: Expr;
    if (e.size >= 32) r = e.let((left ? rotl : rotr)(a, countFor(e, n)));
    else {
      // repeat the value through 32 bits: then a 32-bit rotation does it
      const twice =
        e.size === 8 ? orAll([a, shl(a, i32(8)), shl(a, i32(16)), shl(a, i32(24))]) : or(a, shl(a, i32(16)));
      r = e.let(e.truncate((left ? rotl : rotr)(twice, n), e.size));
    }
    e.writeBack(0, r);
    const top = e.let(e.sign(r, e.size));
    const low = e.let(and(wrap(r), i32(1)));
    const second = e.size === 64 ? wrap(and(shrU(r, i64(62)), i64(1))) : and(shrU(r, i32(e.size - 2)), i32(1));
    e.setCarryAndOverflow(left ? low : top, e.let(left ? xor(top, low) : xor(top, second)));
  });
}

const orAll = (values: Expr[]): Expr => values.reduce((a, b) => or(a, b));

/** RCL and RCR rotate through CF: size + 1 bits. */
function rotateThroughCarry(e: Emitter, left: boolean): void {
  const masked = count(e, 1);
  const a = e.modify(0);
  const carry = e.let(e.carry());
  const n = e.size < 32 ? e.let(remU(masked, i32(e.size + 1))) : masked;
  unlessZero(e, n, a, () => {
    const { size } = e;
    let r: Expr;
    let out: Expr;
    if (size === 64) {
      const c = zext64(carry);
      const k = zext64(n);
      // a shift by 64 - n + 1 in two steps, as a count of 64 would be taken as 0
      if (left) {
        const high = shrU(shrU(a, sub(i64(64), k)), i64(1));
        r = e.let(or(or(shl(a, k), high), shl(c, sub(k, i64(1)))));
        out = e.let(wrap(and(shrU(a, sub(i64(64), k)), i64(1))));
      } else {
        const low = shl(shl(a, sub(i64(64), k)), i64(1));
        r = e.let(or(or(shrU(a, k), low), shl(c, sub(i64(64), k))));
        out = e.let(wrap(and(shrU(a, sub(k, i64(1))), i64(1))));
      }
    } else {
      const wide = e.let(or(zext64(a), shl(zext64(carry), i64(size))));
      const k = e.let(zext64(n));
      const rest = e.let(sub(i64(size + 1), k));
      const rotated = e.let(left ? or(shl(wide, k), shrU(wide, rest)) : or(shrU(wide, k), shl(wide, rest)));
      r = e.let(e.truncate(wrap(rotated), size));
      out = e.let(and(wrap(shrU(rotated, i64(size))), i32(1)));
    }
    e.writeBack(0, r);
    const top = e.sign(r, size);
    const second = size === 64 ? wrap(and(shrU(r, i64(62)), i64(1))) : and(shrU(r, i32(size - 2)), i32(1));
    e.setCarryAndOverflow(out, e.let(left ? xor(top, out) : xor(top, second)));
  });
}

/** SHLD and SHRD; for 16 bits a count above the size gives what processors give: the operands side by side, repeated. */
function doubleShift(e: Emitter, left: boolean): void {
  const n = count(e, 2);
  const b = e.read(1);
  const a = e.modify(0);
  unlessZero(e, n, a, () => {
    const { size } = e;
    let r: Expr;
    let carry: Expr;
    if (size === 64) {
      const k = zext64(n);
      const rest = sub(i64(64), k);
      r = e.let(left ? or(shl(a, k), shrU(b, rest)) : or(shrU(a, k), shl(b, rest)));
      carry = e.let(wrap(and(left ? shrU(a, rest) : shrU(a, sub(k, i64(1))), i64(1))));
    } else if (size === 32) {
      const k = zext64(n);
      const wide = e.let(left ? or(shl(zext64(a), i64(32)), zext64(b)) : or(shl(zext64(b), i64(32)), zext64(a)));
      r = e.let(left ? wrap(shrU(shl(wide, k), i64(32))) : wrap(shrU(wide, k)));
      carry = e.let(
        left ? wrap(and(shrU(wide, sub(i64(64), k)), i64(1))) : wrap(and(shrU(wide, sub(k, i64(1))), i64(1))),
      );
    } else {
      const k = zext64(n);
      const [x, y] = [zext64(a), zext64(b)];
      const wide = e.let(
        left ? orAll([shl(x, i64(32)), shl(y, i64(16)), x]) : orAll([x, shl(y, i64(16)), shl(x, i64(32))]),
      );
      const shifted = left ? shrU(shl(wide, k), i64(32)) : shrU(wide, k);
      r = e.let(e.truncate(wrap(shifted), 16));
      carry = e.let(wrap(and(left ? shrU(wide, sub(i64(48), k)) : shrU(wide, sub(k, i64(1))), i64(1))));
    }
    e.writeBack(0, r);
    e.flagsResult(r, carry, e.let(and(xor(e.sign(a, size), e.sign(r, size)), i32(1))));
  });
}

export const shifts: Record<string, Semantics> = {
  shl: shiftLeft,
  sal: shiftLeft,
  shr: (e) => shiftRight(e, false),
  sar: (e) => shiftRight(e, true),
  rol: (e) => rotate(e, true),
  ror: (e) => rotate(e, false),
  rcl: (e) => rotateThroughCarry(e, true),
  rcr: (e) => rotateThroughCarry(e, false),
  shld: (e) => doubleShift(e, true),
  shrd: (e) => doubleShift(e, false),
};
