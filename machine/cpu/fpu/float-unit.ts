/** What x87 and SSE arithmetic share: finding exceptions, and the basic operations on numbers that are no NaNs. */
import {
  addFinite,
  divideFinite,
  type Exact,
  Exception,
  type Float,
  type Format,
  indefinite,
  infinity,
  Kind,
  multiplyFinite,
  Rounding,
  type RoundingControl,
  round,
  zero,
} from './float';

export type BasicOperation = 'add' | 'subtract' | 'multiply' | 'divide';

/** The environment of one instruction: what it may do about exceptions and which it has found. */
export class FloatUnit {
  /** Found before anything is computed: invalid, denormal, divide by zero. */
  before = 0;
  /** Found by rounding. */
  after = 0;
  /** The last rounding went away from zero. */
  up = false;

  constructor(
    /** Exceptions that are masked, in the bits of {@link Exception}. */
    readonly masks: number,
    readonly control: RoundingControl,
  ) {}

  get mode(): number {
    return this.control.mode;
  }

  /** An unmasked exception that keeps the result from being computed has been found. */
  get stopped(): boolean {
    return (this.before & ~this.masks) !== 0;
  }

  invalid(): Float {
    this.before |= Exception.Invalid;
    return indefinite;
  }

  noteDenormals(a: Float, b?: Float): void {
    if (a.denormal || b?.denormal) this.before |= Exception.Denormal;
  }

  /** An inexact result that was rounded without {@link round}. */
  precision(up = false): void {
    this.after |= Exception.Precision;
    this.up = up;
  }

  round(exact: Exact, format: Format): Float {
    if (this.stopped) return indefinite;
    const { sign, significand, exponent, sticky } = exact;
    const { value, exceptions, up } = round(sign, significand, exponent, sticky, format, this.control);
    this.after |= exceptions;
    this.up = up;
    return value;
  }

  /** A basic operation on operands that are no NaNs. */
  compute(operation: BasicOperation, a: Float, b: Float, format: Format): Float {
    switch (operation) {
      case 'add':
        return this.#add(a, b, format);
      case 'subtract':
        return this.#add(a, { ...b, sign: b.sign ^ 1 }, format);
      case 'multiply':
        return this.#multiply(a, b, format);
      default:
        return this.#divide(a, b, format);
    }
  }

  #add(a: Float, b: Float, format: Format): Float {
    if (a.kind === Kind.Infinity && b.kind === Kind.Infinity && a.sign !== b.sign) return this.invalid();
    this.noteDenormals(a, b);
    if (a.kind === Kind.Infinity) return a;
    if (b.kind === Kind.Infinity) return b;
    const zeroSign = this.mode === Rounding.Down ? 1 : 0;
    if (a.kind === Kind.Zero && b.kind === Kind.Zero) return a.sign === b.sign ? a : zero(zeroSign);
    if (a.kind === Kind.Zero) return this.round({ ...b, sticky: false }, format);
    if (b.kind === Kind.Zero) return this.round({ ...a, sticky: false }, format);
    const sum = addFinite(a, b);
    return sum.significand === 0n ? zero(zeroSign) : this.round(sum, format);
  }

  #multiply(a: Float, b: Float, format: Format): Float {
    const sign = a.sign ^ b.sign;
    if (a.kind === Kind.Infinity || b.kind === Kind.Infinity) {
      if (a.kind === Kind.Zero || b.kind === Kind.Zero) return this.invalid();
      this.noteDenormals(a, b);
      return infinity(sign);
    }
    this.noteDenormals(a, b);
    if (a.kind === Kind.Zero || b.kind === Kind.Zero) return zero(sign);
    return this.round(multiplyFinite(a, b), format);
  }

  #divide(a: Float, b: Float, format: Format): Float {
    const sign = a.sign ^ b.sign;
    if (a.kind === b.kind && a.kind !== Kind.Finite) return this.invalid();
    if (a.kind === Kind.Finite && b.kind === Kind.Zero) {
      this.before |= Exception.DivideByZero;
      return infinity(sign);
    }
    this.noteDenormals(a, b);
    if (a.kind === Kind.Infinity || b.kind === Kind.Zero) return infinity(sign);
    if (a.kind === Kind.Zero || b.kind === Kind.Infinity) return zero(sign);
    return this.round(divideFinite(a, b), format);
  }
}
