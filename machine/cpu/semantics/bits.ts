import {
  add,
  and,
  clz,
  ctz,
  type Expr,
  eqz,
  i32,
  i64,
  or,
  popcnt,
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

/** BT BTS BTR BTC: with a register index and memory the bit may lie outside the operand (SDM 2A BT). */
function bitTest(change?: (value: Expr, bit: Expr, e: Emitter) => Expr): Semantics {
  return (e) => {
    const { size } = e;
    const index = e.isImmediate(1) ? e.immediate(size) : e.read(1);
    const within = e.let(and(index, e.constant(size - 1)));
    let value: Expr;
    if (e.isMemory(0)) {
      let address = e.effectiveAddress();
      if (!e.isImmediate(1)) {
        const shift = size === 64 ? 6 : size === 32 ? 5 : 4;
        const step = shl(shrS(signed64(index, size), i64(shift)), i64(shift - 3));
        address = e.let(and(add(address, step), e.addressMask()));
      }
      const linear = e.linear(address, size, 'operand', change !== undefined);
      value = change ? e.loadForModify(size, linear) : e.load(size, linear);
    } else value = e.read(0);
    const carry = e.let(and(wrap(shrU(value, within)), i32(1)));
    if (change) {
      const bit = e.let(e.truncate(shl(e.constant(1), within), size));
      const changed = e.let(change(value, bit, e));
      if (e.isMemory(0)) e.storeModified(size, changed);
      else e.write(0, changed);
    }
    e.setCarry(carry);
  };
}

/** BSF and BSR: with a zero source ZF is set and the destination stays, all 64 bits of it (as processors do). */
function bitScan(e: Emitter, forward: boolean): void {
  const value = e.read(1);
  const zero = e.let(eqz(value));
  const width = e.size === 64 ? 63 : 31;
  const position = forward ? ctz(value) : sub(e.constant(width), clz(value));
  e.conditional(eqz(zero), () => e.write(0, position));
  e.flagsResult(e.let(e.size === 64 ? zext64(eqz(zero)) : eqz(zero)), i32(0), i32(0));
}

/** TZCNT and LZCNT: defined for zero; CF = source zero, ZF = result zero. */
function countZeros(e: Emitter, trailing: boolean): void {
  const { size } = e;
  const value = e.read(1);
  let r: Expr;
  if (size === 16) r = trailing ? ctz(or(value, i32(0x10000))) : sub(clz(or(shl(value, i32(1)), i32(1))), i32(15));
  else r = trailing ? ctz(value) : clz(value);
  const result = e.let(r);
  e.write(0, result);
  e.flagsResult(result, e.let(eqz(value)), i32(0));
}

export const bits: Record<string, Semantics> = {
  bt: bitTest(),
  bts: bitTest((value, bit) => or(value, bit)),
  btr: bitTest((value, bit) => and(value, xor(bit, bit.type === 'i64' ? i64(-1) : i32(-1)))),
  btc: bitTest((value, bit) => xor(value, bit)),
  bsf: (e) => bitScan(e, true),
  bsr: (e) => bitScan(e, false),
  tzcnt: (e) => countZeros(e, true),
  lzcnt: (e) => countZeros(e, false),
  popcnt: (e) => {
    const value = e.read(1);
    const r = e.let(popcnt(value));
    e.write(0, r);
    // all flags but ZF are cleared, PF and SF too
    const zero = e.let(eqz(value));
    e.setFlagsFrom(e.let(shl(zero, i32(6))));
  },
};
