import { add, and, type Expr, eq, i32, i64, ne, or, select, sub } from '../../wasm/expr';
import type { Emitter } from './emitter';
import type { Semantics } from './semantics';

const SOURCE = 6; // RSI
const DESTINATION = 7; // RDI
const ES = 0;

/** Moves a pointer or count register by `amount` within the address size; upper bits as a write of that size leaves them. */
function adjust(e: Emitter, register: number, old: Expr, amount: Expr): void {
  const mask = e.addressMask();
  const keep = select(eq(mask, i64(0xffff)), i64(~0xffff), i64(0));
  e.setGpr(register, 64, e.let(or(and(add(old, amount), mask), and(old, keep))));
}

/** Bytes to move on, negative with DF set. */
const stride = (e: Emitter, bytes: number): Expr => select(and(e.systemFlags(), i32(0x400)), i64(-bytes), i64(bytes));

/** One iteration or, with a REP prefix, as many as the count says: each is one retired instruction. */
function repeated(e: Emitter, iteration: (finish: () => void) => void): void {
  if (e.repeat === 0) {
    iteration(() => {});
    return;
  }
  const rcx = e.gpr(1, 64);
  const count = e.let(and(rcx, e.addressMask()));
  e.conditional(ne(count, i64(0)), () => {
    iteration(() => adjust(e, 1, rcx, i64(-1)));
    e.code.if(ne(count, i64(1)), () => e.repeatAgain());
  });
}

/**
 * {@link repeated} for CMPS and SCAS. The flags are set where the repetition ends: a fault on the way leaves those from
 * before the instruction (SDM 2B REP).
 * @param operands makes one iteration's loads and moves pointers on; gives what is compared
 */
function comparing(e: Emitter, bits: number, operands: () => [Expr, Expr]): void {
  if (e.repeat === 0) {
    const [a, b] = operands();
    compare(e, a, b, bits);
    return;
  }
  const rcx = e.gpr(1, 64);
  const count = e.let(and(rcx, e.addressMask()));
  e.conditional(ne(count, i64(0)), () => {
    const [a, b] = operands();
    adjust(e, 1, rcx, i64(-1));
    const goesOn = e.repeat === 0xf3 ? eq(a, b) : ne(a, b);
    const again = e.let(and(ne(count, i64(1)), goesOn));
    e.code.if(again, () => e.repeatAgain());
    compare(e, a, b, bits);
  });
}

const offset = (e: Emitter, register: number): { old: Expr; at: Expr } => {
  const old = e.gpr(register, 64);
  return { old, at: e.let(and(old, e.addressMask())) };
};

/** Compares and sets the flags as CMP does. */
function compare(e: Emitter, a: Expr, b: Expr, bits: number): void {
  const r = e.let(e.truncate(sub(a, b), bits));
  e.withSize(bits, () => e.flagsSub(a, b, r));
}

function stringOperations(bits: 8 | 16 | 32 | 64): Record<string, Semantics> {
  const bytes = bits / 8;
  const suffix = { 8: 'b', 16: 'w', 32: 'd', 64: 'q' }[bits];
  return {
    [`movs${suffix}`]: (e) =>
      repeated(e, (finish) => {
        const from = offset(e, SOURCE);
        const to = offset(e, DESTINATION);
        const value = e.load(bits, e.linear(from.at, bits, 'operand', false));
        e.store(bits, e.linear(to.at, bits, ES, true), value);
        const step = e.let(stride(e, bytes));
        adjust(e, SOURCE, from.old, step);
        adjust(e, DESTINATION, to.old, step);
        finish();
      }),
    [`stos${suffix}`]: (e) =>
      repeated(e, (finish) => {
        const to = offset(e, DESTINATION);
        e.store(bits, e.linear(to.at, bits, ES, true), e.gpr(0, bits));
        adjust(e, DESTINATION, to.old, e.let(stride(e, bytes)));
        finish();
      }),
    [`lods${suffix}`]: (e) =>
      repeated(e, (finish) => {
        const from = offset(e, SOURCE);
        const value = e.load(bits, e.linear(from.at, bits, 'operand', false));
        e.setGpr(0, bits, value);
        adjust(e, SOURCE, from.old, e.let(stride(e, bytes)));
        finish();
      }),
    [`cmps${suffix}`]: (e) =>
      comparing(e, bits, () => {
        const from = offset(e, SOURCE);
        const to = offset(e, DESTINATION);
        // processors read what rDI points to first
        const b = e.load(bits, e.linear(to.at, bits, ES, false));
        const a = e.load(bits, e.linear(from.at, bits, 'operand', false));
        const step = e.let(stride(e, bytes));
        adjust(e, SOURCE, from.old, step);
        adjust(e, DESTINATION, to.old, step);
        return [a, b];
      }),
    [`scas${suffix}`]: (e) =>
      comparing(e, bits, () => {
        const to = offset(e, DESTINATION);
        const b = e.load(bits, e.linear(to.at, bits, ES, false));
        adjust(e, DESTINATION, to.old, e.let(stride(e, bytes)));
        return [e.gpr(0, bits), b];
      }),
  };
}

export const strings: Record<string, Semantics> = {
  ...stringOperations(8),
  ...stringOperations(16),
  ...stringOperations(32),
  ...stringOperations(64),
};
