import {
  add,
  and,
  type Expr,
  eq,
  eqz,
  gtU,
  i32,
  i64,
  ltU,
  mul,
  ne,
  or,
  select,
  shl,
  shrU,
  sub,
  wrap,
  zext64,
} from '../../wasm/expr';
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

/**
 * Many iterations of REP MOVS or STOS at once, as far as the slice, the pages and the count go; where that is none or one,
 * `iteration` is done. The outcome is that of the iterations one by one: each counts as retired.
 */
function repeatedInBlocks(e: Emitter, bytes: number, moves: boolean, iteration: (finish: () => void) => void): void {
  const blocks = e.repeat === 0 ? undefined : e.blocks();
  if (!blocks) {
    repeated(e, iteration);
    return;
  }
  const { code } = e;
  const shift = i32(Math.log2(bytes));
  const rcx = e.gpr(1, 64);
  const mask = e.addressMask();
  const count = e.let(and(rcx, mask));
  const n = code.temporary('i32');
  const atMost = (limit: Expr): void => code.if(gtU(n, limit), () => code.set(n, limit));
  const inPage = (linear: Expr): Expr => e.let(shrU(sub(i32(4096), and(wrap(linear), i32(4095))), shift));
  code.set(n, i32(0));
  const forwards = eqz(and(e.systemFlags(), i32(0x400)));
  const to = offset(e, DESTINATION);
  const from = moves ? offset(e, SOURCE) : to;
  const toHost = code.temporary('i32');
  const fromHost = code.temporary('i32');
  code.if(and(forwards, gtU(count, i64(1))), () => {
    const toLinear = blocks.linear(to.at, ES);
    const fromLinear = moves ? blocks.linear(from.at, 'operand') : toLinear;
    code.set(n, wrap(select(gtU(count, i64(4096)), i64(4096), count)));
    atMost(blocks.room());
    atMost(inPage(toLinear));
    if (moves) atMost(inPage(fromLinear));
    const length = e.let(zext64(shl(n, shift)));
    const ends = (at: Expr): Expr => gtU(add(at, length), mask);
    code.set(toHost, blocks.host(to.at, toLinear, length, ES, true));
    if (moves) {
      code.set(fromHost, blocks.host(from.at, fromLinear, length, 'operand', false));
      // what was written is read again: no further than that
      const distance = e.let(sub(toHost, fromHost));
      code.if(distance, () => atMost(e.let(shrU(distance, shift))));
    }
    // an offset that wraps is left to the iterations
    const wraps = moves ? or(ends(to.at), ends(from.at)) : ends(to.at);
    const missing = moves ? or(eqz(toHost), eqz(fromHost)) : eqz(toHost);
    code.if(or(wraps, missing), () => code.set(n, i32(0)));
  });
  code.if(
    gtU(n, i32(1)),
    () => {
      const length = e.let(shl(n, shift));
      if (moves) code.copyMemory(toHost, fromHost, length);
      else fill(e, bytes, toHost, length);
      const step = e.let(zext64(length));
      if (moves) adjust(e, SOURCE, from.old, step);
      adjust(e, DESTINATION, to.old, step);
      adjust(e, 1, rcx, e.let(sub(i64(0), zext64(n))));
      blocks.retireMore(e.let(sub(n, i32(1))));
      code.if(ne(count, zext64(n)), () => e.repeatAgain());
    },
    () => repeated(e, iteration),
  );
}

/** Fills a stretch with the accumulator. */
function fill(e: Emitter, bytes: number, host: Expr, length: Expr): void {
  const { code } = e;
  const value = e.gpr(0, bytes * 8);
  const low = e.let(and(wrap(value), i32(0xff)));
  const alike =
    bytes === 1
      ? i32(1)
      : bytes === 8
        ? eq(value, mul(zext64(low), i64(0x0101010101010101n)))
        : eq(value, mul(low, i32(bytes === 2 ? 0x0101 : 0x01010101)));
  code.if(
    alike,
    () => code.fillMemory(host, low, length),
    () => {
      const at = code.temporary('i32');
      const end = e.let(add(host, length));
      code.set(at, host);
      code.loop((next) => {
        code.store(bytes * 8, at, value);
        code.set(at, add(at, i32(bytes)));
        code.brIf(next, ltU(at, end));
      });
    },
  );
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
      repeatedInBlocks(e, bytes, true, (finish) => {
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
      repeatedInBlocks(e, bytes, false, (finish) => {
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
