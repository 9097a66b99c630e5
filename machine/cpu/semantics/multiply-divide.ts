import {
  add,
  and,
  divS,
  divU,
  type Expr,
  eq,
  eqz,
  geU,
  gtU,
  i32,
  i64,
  ltS,
  mul,
  ne,
  or,
  remS,
  remU,
  select,
  shl,
  shrS,
  shrU,
  signed64,
  sub,
  wrap,
  xor,
  zext64,
} from '../../wasm/expr';
import { Vector } from '../fault';
import type { Emitter } from './emitter';
import type { Semantics } from './semantics';

/** Upper 64 bits of the unsigned product of two i64, by 32-bit halves. */
function highUnsigned(e: Emitter, a: Expr, b: Expr): Expr {
  const half = i64(0xffffffffn);
  const [aLow, aHigh] = [e.let(and(a, half)), e.let(shrU(a, i64(32)))];
  const [bLow, bHigh] = [e.let(and(b, half)), e.let(shrU(b, i64(32)))];
  const low = e.let(mul(aLow, bLow));
  const middle = e.let(add(mul(aHigh, bLow), shrU(low, i64(32))));
  const other = e.let(add(mul(aLow, bHigh), and(middle, half)));
  return e.let(add(add(mul(aHigh, bHigh), shrU(middle, i64(32))), shrU(other, i64(32))));
}

/** Upper 64 bits of the signed product. */
function highSigned(e: Emitter, a: Expr, b: Expr): Expr {
  const corrected = sub(highUnsigned(e, a, b), and(shrS(a, i64(63)), b));
  return e.let(sub(corrected, and(shrS(b, i64(63)), a)));
}

/** MUL and one-operand IMUL: RDX:RAX (AX for bytes) = RAX * operand; CF = OF = the upper half matters. */
function multiplyAccumulator(e: Emitter, signed: boolean): void {
  const b = e.read(0);
  const { size } = e;
  const a = e.gpr(0, size);
  if (size === 64) {
    const low = e.let(mul(a, b));
    const high = signed ? highSigned(e, a, b) : highUnsigned(e, a, b);
    const overflow = e.let(signed ? ne(high, shrS(low, i64(63))) : ne(high, i64(0)));
    e.setGpr(0, 64, low);
    e.setGpr(2, 64, high);
    e.flagsResult(low, overflow, overflow);
    return;
  }
  const extend = signed ? (x: Expr): Expr => signed64(x, size) : zext64;
  const product = e.let(mul(extend(a), extend(b)));
  const low = e.let(e.truncate(wrap(product), size));
  const overflow = e.let(ne(product, extend(low)));
  if (size === 8) e.setGpr(0, 16, e.let(e.truncate(wrap(product), 16)));
  else {
    e.setGpr(0, size, low);
    e.setGpr(2, size, e.let(e.truncate(wrap(shrU(product, i64(size))), size)));
  }
  e.flagsResult(low, overflow, overflow);
}

/** Two- and three-operand IMUL. */
function multiply(e: Emitter, left: number, right: number): void {
  const a = e.read(left);
  const b = e.read(right);
  const { size } = e;
  if (size === 64) {
    const low = e.let(mul(a, b));
    const overflow = e.let(ne(highSigned(e, a, b), shrS(low, i64(63))));
    e.write(0, low);
    e.flagsResult(low, overflow, overflow);
    return;
  }
  const product = e.let(mul(signed64(a, size), signed64(b, size)));
  const low = e.let(e.truncate(wrap(product), size));
  e.write(0, low);
  const overflow = e.let(ne(product, signed64(low, size)));
  e.flagsResult(low, overflow, overflow);
}

const divideError = (e: Emitter, condition: Expr): void => e.code.if(condition, () => e.raise(Vector.DE, 0));

/** Writes quotient and remainder where DIV and IDIV put them. */
function writeQuotient(e: Emitter, quotient: Expr, remainder: Expr): void {
  const { size } = e;
  if (size === 8) {
    const q = and(wrap(quotient), i32(0xff));
    e.setGpr(0, 16, e.let(or(q, shl(and(wrap(remainder), i32(0xff)), i32(8)))));
    return;
  }
  e.setGpr(0, size, e.let(size === 64 ? quotient : e.truncate(wrap(quotient), size)));
  e.setGpr(2, size, e.let(size === 64 ? remainder : e.truncate(wrap(remainder), size)));
}

/** The dividend of 16, 32 or 64 bits: AX, DX:AX, EDX:EAX. */
function dividend(e: Emitter): Expr {
  if (e.size === 8) return e.let(zext64(e.gpr(0, 16)));
  return e.let(or(zext64(e.gpr(0, e.size)), shl(zext64(e.gpr(2, e.size)), i64(e.size))));
}

/** 128 by 64 bits, unsigned, by shift and subtract; `high` < `divisor` was checked. Only where the upper half matters. */
function longDivision(e: Emitter, high: Expr, low: Expr, divisor: Expr): { quotient: Expr; remainder: Expr } {
  const { code } = e;
  const quotient = code.temporary('i64');
  const remainder = code.temporary('i64');
  code.if(
    eqz(high),
    () => {
      code.set(quotient, divU(low, divisor));
      code.set(remainder, remU(low, divisor));
    },
    () => {
      const bits = code.temporary('i32');
      const top = code.temporary('i64');
      code.set(bits, i32(64));
      code.set(quotient, low);
      code.set(remainder, high);
      code.loop((again) => {
        // remainder:quotient <<= 1; what leaves the remainder counts as bit 64 of it
        code.set(top, shrU(remainder, i64(63)));
        code.set(remainder, or(shl(remainder, i64(1)), shrU(quotient, i64(63))));
        code.set(quotient, shl(quotient, i64(1)));
        code.if(or(wrap(top), geU(remainder, divisor)), () => {
          code.set(remainder, sub(remainder, divisor));
          code.set(quotient, or(quotient, i64(1)));
        });
        code.set(bits, sub(bits, i32(1)));
        code.brIf(again, bits);
      });
    },
  );
  return { quotient, remainder };
}

function divide(e: Emitter): void {
  const divisor = e.read(0);
  const { size } = e;
  if (size === 64) {
    const high = e.gpr(2, 64);
    divideError(e, geU(high, divisor)); // also where the divisor is zero
    const { quotient, remainder } = longDivision(e, high, e.gpr(0, 64), divisor);
    writeQuotient(e, quotient, remainder);
    return;
  }
  const n = dividend(e);
  const d = e.let(zext64(divisor));
  divideError(e, eqz(divisor));
  const quotient = e.let(divU(n, d));
  divideError(e, gtU(quotient, i64((1n << BigInt(size)) - 1n)));
  writeQuotient(e, quotient, e.let(remU(n, d)));
}

function divideSigned(e: Emitter): void {
  const divisor = e.read(0);
  const { size } = e;
  divideError(e, eqz(divisor));
  if (size === 64) {
    const low = e.gpr(0, 64);
    const high = e.gpr(2, 64);
    const negative = e.let(ltS(high, i64(0)));
    const flip = (condition: Expr, value: Expr): Expr => e.let(select(condition, sub(i64(0), value), value));
    const magnitudeLow = flip(negative, low);
    // two's complement of the upper half: one more only if the lower half is zero
    const negatedHigh = sub(xor(high, i64(-1)), sub(i64(0), zext64(eqz(low))));
    const magnitudeHigh = e.let(select(negative, negatedHigh, high));
    const divisorNegative = e.let(ltS(divisor, i64(0)));
    const magnitude = flip(divisorNegative, divisor);
    divideError(e, geU(magnitudeHigh, magnitude));
    const { quotient, remainder } = longDivision(e, magnitudeHigh, magnitudeLow, magnitude);
    const opposite = e.let(xor(negative, divisorNegative));
    const q = flip(opposite, quotient);
    // the quotient's sign must come out as wanted, or it did not fit
    divideError(e, and(ne(quotient, i64(0)), ne(ltS(q, i64(0)), opposite)));
    writeQuotient(e, q, flip(negative, remainder));
    return;
  }
  const n =
    size === 8 ? e.let(signed64(e.gpr(0, 16), 16)) : e.let(size === 16 ? signed64(wrap(dividend(e)), 32) : dividend(e));
  const d = e.let(signed64(divisor, size));
  // -2^63 / -1 would trap in WebAssembly; it does not fit here either
  divideError(e, and(eq(d, i64(-1)), eq(n, i64(-0x8000000000000000n))));
  const quotient = e.let(divS(n, d));
  divideError(e, ne(quotient, signed64(e.truncate(wrap(quotient), size), size)));
  writeQuotient(e, quotient, e.let(remS(n, d)));
}

export const multiplyDivide: Record<string, Semantics> = {
  mul: (e) => multiplyAccumulator(e, false),
  imul: (e) => {
    if (e.form.operands.length === 1) multiplyAccumulator(e, true);
    else if (e.form.operands.length === 2 && e.isImmediate(1)) multiply(e, 0, 1);
    else if (e.form.operands.length === 2) multiply(e, 0, 1);
    else multiply(e, 1, 2);
  },
  div: divide,
  idiv: divideSigned,
};
