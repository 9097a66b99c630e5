import { add, and, type Expr, eq, i32, i64, not, or, sub, xor, zext64 } from '../../wasm/expr';
import type { Emitter } from './emitter';
import type { Semantics } from './semantics';

/** r = a op b, cut to the operand size. */
const compute = (e: Emitter, value: Expr): Expr => e.let(e.truncate(value, e.size));

const carryIn = (e: Emitter): Expr => {
  const carry = e.let(e.carry());
  return e.size === 64 ? e.let(zext64(carry)) : carry;
};

function addition(e: Emitter, withCarry: boolean): void {
  const c = withCarry ? carryIn(e) : e.constant(0);
  const b = e.read(1);
  const a = e.modify(0);
  const r = compute(e, add(add(a, b), c));
  e.writeBack(0, r);
  e.flagsAdd(a, b, r, withCarry);
}

function subtraction(e: Emitter, withBorrow: boolean): void {
  const c = withBorrow ? carryIn(e) : e.constant(0);
  const b = e.read(1);
  const a = e.modify(0);
  const r = compute(e, sub(sub(a, b), c));
  e.writeBack(0, r);
  e.flagsSub(a, b, r, withBorrow);
}

function logical(e: Emitter, op: (a: Expr, b: Expr) => Expr): void {
  const b = e.read(1);
  const a = e.modify(0);
  const r = e.let(op(a, b));
  e.writeBack(0, r);
  e.flagsLogic(r);
}

/** Compare-and-exchange: ZF and the accumulator tell (SDM 2A CMPXCHG). */
function compareExchange(e: Emitter): void {
  const source = e.read(1);
  const destination = e.modify(0);
  const accumulator = e.gpr(0, e.size);
  const difference = compute(e, sub(accumulator, destination));
  const equal = e.let(eq(accumulator, destination));
  e.code.if(
    equal,
    () => e.writeBack(0, source),
    () => {
      // memory is written in either case, a register only if equal
      if (e.isMemory(0)) e.writeBack(0, destination);
      e.setGpr(0, e.size, destination);
    },
  );
  e.flagsSub(accumulator, destination, difference);
}

export const arithmetic: Record<string, Semantics> = {
  add: (e) => addition(e, false),
  adc: (e) => addition(e, true),
  sub: (e) => {
    // x - x, the idiom for zero, needs no read
    subtraction(e, false);
  },
  sbb: (e) => subtraction(e, true),
  and: (e) => logical(e, and),
  or: (e) => logical(e, or),
  xor: (e) => logical(e, xor),
  cmp: (e) => {
    const b = e.read(1);
    const a = e.read(0);
    e.flagsSub(a, b, compute(e, sub(a, b)));
  },
  test: (e) => {
    const b = e.read(1);
    const a = e.read(0);
    e.flagsLogic(e.let(and(a, b)));
  },
  inc: (e) => {
    const a = e.modify(0);
    const r = compute(e, add(a, e.constant(1)));
    e.writeBack(0, r);
    e.flagsKeepCarry(a, i64(1), r, r);
  },
  dec: (e) => {
    const a = e.modify(0);
    const r = compute(e, sub(a, e.constant(1)));
    e.writeBack(0, r);
    e.flagsKeepCarry(r, i64(1), a, r);
  },
  neg: (e) => {
    const a = e.modify(0);
    const r = compute(e, sub(e.constant(0), a));
    e.writeBack(0, r);
    e.flagsSub(e.constant(0), a, r);
  },
  not: (e) => {
    const a = e.modify(0);
    e.writeBack(0, compute(e, xor(a, e.constant(-1))));
  },
  xadd: (e) => {
    const b = e.read(1);
    const a = e.modify(0);
    const r = compute(e, add(a, b));
    // with the same register twice the sum stays: the source is written first (SDM 2D XADD)
    const writeSource = (): void => e.write(1, a);
    if (e.isMemory(0)) {
      e.writeBack(0, r);
      writeSource();
    } else {
      writeSource();
      e.writeBack(0, r);
    }
    e.flagsAdd(a, b, r);
  },
  cmpxchg: compareExchange,
  cmc: (e) => e.setCarry(e.let(not(e.carry()))),
  clc: (e) => e.setCarry(i32(0)),
  stc: (e) => e.setCarry(i32(1)),
};
