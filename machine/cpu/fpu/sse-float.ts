/** Arithmetic on the lanes of one SSE instruction, with the exceptions that MXCSR masks and collects (SDM 1 11.5). */
import type { Cpu } from '../cpu';
import { raise, Vector } from '../fault';
import { State } from '../layout';
import { Cr4 } from '../system/control';
import {
  bitLength,
  compare,
  Exception,
  type Float,
  type Format,
  fromInteger,
  isNan,
  Kind,
  pack,
  quiet,
  Rounding,
  rootFinite,
  toIntegral,
  unpack,
  zero,
} from './float';
import { type BasicOperation, FloatUnit } from './float-unit';
import { native } from './native';

const DAZ = 1 << 6;
const FTZ = 1 << 15;

export type BinaryOperation = BasicOperation | 'minimum' | 'maximum';

/** Conditions of CMPPS (SDM 2A CMPPD): those from 4 on are the negations of those before. */
const Condition = { Equal: 0, Less: 1, LessOrEqual: 2, Unordered: 3 } as const;

/** The environment of one instruction. {@link finish} must be called before results are written. */
export class SseUnit extends FloatUnit {
  readonly #daz: boolean;
  /** Rounding to nearest, and the inexact exception is masked and noted already. */
  readonly #plain: boolean;

  /** @param mode rounding mode instead of that of MXCSR */
  constructor(
    readonly cpu: Cpu,
    mode?: number,
  ) {
    const mxcsr = cpu.state.u32[State.mxcsr >>> 2];
    const masks = (mxcsr >>> 7) & 0x3f;
    super(masks, { mode: mode ?? (mxcsr >>> 13) & 3, masks, flush: (mxcsr & FTZ) !== 0, wrap: 0 });
    this.#daz = (mxcsr & DAZ) !== 0;
    this.#plain = this.mode === Rounding.Nearest && (mxcsr & masks & Exception.Precision) !== 0;
  }

  /** Adds the exceptions to MXCSR; raises #XM (#UD while CR4.OSXMMEXCPT is clear) if one of them is unmasked. */
  finish(): void {
    const { state } = this.cpu;
    const found = this.stopped ? this.before : this.before | this.after;
    if (found === 0) return;
    state.u32[State.mxcsr >>> 2] |= found;
    if ((found & ~this.masks) === 0) return;
    if ((state.u32[State.cr4 >>> 2] & Cr4.OSXMMEXCPT) === 0)
      raise(Vector.UD, undefined, 'an unmasked SSE exception while CR4.OSXMMEXCPT is clear');
    raise(Vector.XM, undefined, `unmasked SSE exceptions ${(found & ~this.masks).toString(16)}h`);
  }

  read(bits: bigint, format: Format): Float {
    const value = unpack(bits, format);
    return value.denormal && this.#daz ? zero(value.sign) : value;
  }

  /** The answer to an operation with a NaN: the first operand that is one, quiet (SDM 1 table 4-7). */
  nan(a: Float, b: Float): Float {
    if (a.kind === Kind.Signalling || b.kind === Kind.Signalling) this.before |= Exception.Invalid;
    return quiet(isNan(a) ? a : b);
  }

  /** One lane of ADDPS and its like. */
  binary(operation: BinaryOperation, x: bigint, y: bigint, format: Format): bigint {
    if (this.#plain && operation !== 'minimum' && operation !== 'maximum') {
      const result = native(operation, x, y, format);
      if (result !== undefined) return result;
    }
    const a = this.read(x, format);
    const b = this.read(y, format);
    if (operation === 'minimum' || operation === 'maximum') return pack(this.#extreme(operation, a, b), format);
    if (isNan(a) || isNan(b)) return pack(this.nan(a, b), format);
    return pack(this.compute(operation, a, b, format), format);
  }

  /** MINPS, MAXPS: the second operand where the answer is not clear (SDM 2B MINPS). */
  #extreme(operation: 'minimum' | 'maximum', a: Float, b: Float): Float {
    if (isNan(a) || isNan(b)) {
      this.before |= Exception.Invalid;
      return b;
    }
    this.noteDenormals(a, b);
    const order = compare(a, b);
    return (operation === 'minimum' ? order < 0 : order > 0) ? a : b;
  }

  root(x: bigint, format: Format): bigint {
    const a = this.read(x, format);
    if (isNan(a)) return pack(this.nan(a, a), format);
    if (a.kind !== Kind.Zero && a.sign === 1) return pack(this.invalid(), format);
    this.noteDenormals(a);
    if (a.kind !== Kind.Finite) return pack(a, format);
    return pack(this.round(rootFinite(a), format), format);
  }

  /** One lane of CMPPS: whether the condition holds. */
  condition(number: number, x: bigint, y: bigint, format: Format): boolean {
    const a = this.read(x, format);
    const b = this.read(y, format);
    const which = number & 3;
    let holds: boolean;
    if (isNan(a) || isNan(b)) {
      const signalling = a.kind === Kind.Signalling || b.kind === Kind.Signalling;
      if (signalling || which === Condition.Less || which === Condition.LessOrEqual) this.before |= Exception.Invalid;
      holds = which === Condition.Unordered;
    } else {
      this.noteDenormals(a, b);
      const order = compare(a, b);
      if (which === Condition.Equal) holds = order === 0;
      else if (which === Condition.Less) holds = order < 0;
      else holds = which === Condition.LessOrEqual && order <= 0;
    }
    return holds !== ((number & 4) !== 0);
  }

  /** COMISS, UCOMISS: -1, 0, 1, or `undefined` for unordered. */
  order(x: bigint, y: bigint, format: Format, quietIsInvalid: boolean): number | undefined {
    const a = this.read(x, format);
    const b = this.read(y, format);
    if (isNan(a) || isNan(b)) {
      if (quietIsInvalid || a.kind === Kind.Signalling || b.kind === Kind.Signalling) this.before |= Exception.Invalid;
      return undefined;
    }
    this.noteDenormals(a, b);
    return compare(a, b);
  }

  /** Between single and double precision. */
  convert(x: bigint, from: Format, to: Format): bigint {
    const a = this.read(x, from);
    if (isNan(a)) return pack(this.nan(a, a), to);
    this.noteDenormals(a);
    if (a.kind !== Kind.Finite) return pack(a, to);
    return pack(this.round({ ...a, sticky: false }, to), to);
  }

  fromInteger(value: bigint, to: Format): bigint {
    const a = fromInteger(value);
    return pack(a.kind === Kind.Zero ? a : this.round({ ...a, sticky: false }, to), to);
  }

  /** To a signed integer of 32 or 64 bits; what does not fit is the integer indefinite. */
  toInteger(x: bigint, from: Format, bits: 32 | 64, mode = this.mode): bigint {
    const limit = 1n << BigInt(bits - 1);
    const a = this.read(x, from);
    if (a.kind >= Kind.Infinity || (a.kind === Kind.Finite && a.exponent + bitLength(a.significand) > bits + 1)) {
      this.invalid();
      return limit;
    }
    const { value, inexact } = toIntegral(a, mode);
    if (value >= limit || value < -limit) {
      this.invalid();
      return limit;
    }
    if (inexact) this.precision();
    return BigInt.asUintN(bits, value);
  }

  /** ROUNDPS. @param quietly leaves the precision exception out */
  roundToIntegral(x: bigint, format: Format, mode: number, quietly: boolean): bigint {
    const a = this.read(x, format);
    if (isNan(a)) return pack(this.nan(a, a), format);
    if (a.kind !== Kind.Finite || a.exponent >= 0) return pack(a, format);
    const { value, inexact } = toIntegral(a, mode);
    if (inexact && !quietly) this.precision();
    if (value === 0n) return pack(zero(a.sign), format);
    return pack({ ...fromInteger(value), sign: a.sign }, format);
  }
}
