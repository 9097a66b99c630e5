/**
 * Binary floating point by exact integers: numbers as sign, significand and exponent, and the one rounding step that all
 * operations share (IEEE 754; SDM 1 4.8, 4.9). Nothing here knows of registers.
 */

export interface Format {
  /** Bits of the significand, the leading one included. */
  precision: number;
  /** Exponent of the leading bit of the least and of the greatest normal number. */
  minExponent: number;
  maxExponent: number;
}

export const single: Format = { precision: 24, minExponent: -126, maxExponent: 127 };
export const double: Format = { precision: 53, minExponent: -1022, maxExponent: 1023 };
export const extended: Format = { precision: 64, minExponent: -16382, maxExponent: 16383 };

/** What a number is. `Unsupported`: an encoding of 80 bits that the 387 gave up (SDM 1 8.2.2). */
export const Kind = { Zero: 0, Finite: 1, Infinity: 2, Quiet: 3, Signalling: 4, Unsupported: 5 } as const;

export interface Float {
  kind: number;
  /** 0 or 1. */
  sign: number;
  /** A finite number is significand * 2^exponent. Of a NaN, `significand` has the 64 bits of the 80-bit format. */
  significand: bigint;
  exponent: number;
  /** Denormal in the format it was read from. */
  denormal: boolean;
}

/** Rounding control (SDM 1 table 4-8). */
export const Rounding = { Nearest: 0, Down: 1, Up: 2, Zero: 3 } as const;

/** Exception bits, as in the x87 status word and in MXCSR. */
export const Exception = {
  Invalid: 1,
  Denormal: 2,
  DivideByZero: 4,
  Overflow: 8,
  Underflow: 16,
  Precision: 32,
} as const;

const INTEGER_BIT = 1n << 63n;
const QUIET_BIT = 1n << 62n;
const MASK_63 = INTEGER_BIT - 1n;

export const zero = (sign: number): Float => ({ kind: Kind.Zero, sign, significand: 0n, exponent: 0, denormal: false });
export const infinity = (sign: number): Float => ({
  kind: Kind.Infinity,
  sign,
  significand: 0n,
  exponent: 0,
  denormal: false,
});
export const finite = (sign: number, significand: bigint, exponent: number): Float => ({
  kind: Kind.Finite,
  sign,
  significand,
  exponent,
  denormal: false,
});
/** The QNaN floating-point indefinite: the masked answer to an invalid operation. */
export const indefinite: Float = {
  kind: Kind.Quiet,
  sign: 1,
  significand: INTEGER_BIT | QUIET_BIT,
  exponent: 0,
  denormal: false,
};

export const isNan = (a: Float): boolean => a.kind === Kind.Quiet || a.kind === Kind.Signalling;

/** The NaN with its quiet bit set. */
export const quiet = (a: Float): Float => ({ ...a, kind: Kind.Quiet, significand: a.significand | QUIET_BIT });

/** A signed integer as a number. */
export function fromInteger(value: bigint): Float {
  if (value === 0n) return zero(0);
  return value < 0n ? finite(1, -value, 0) : finite(0, value, 0);
}

/** Bits up to and including the highest that is set. */
export function bitLength(value: bigint): number {
  if (value <= 0xffffffffffffffffn) {
    const high = Number(value >> 32n);
    return high !== 0 ? 64 - Math.clz32(high) : 32 - Math.clz32(Number(value));
  }
  const digits = value.toString(16);
  return 4 * digits.length - Math.clz32(Number.parseInt(digits[0], 16)) + 28;
}

/** Exponent of the leading bit of a finite number. */
export const leadingExponent = (a: Float): number => a.exponent + bitLength(a.significand) - 1;

/** Reads 32 or 64 bits of single or double precision. */
export function unpack(bits: bigint, format: Format): Float {
  const fractionBits = BigInt(format.precision - 1);
  const exponentBits = format.precision === 24 ? 0xff : 0x7ff;
  const fraction = bits & ((1n << fractionBits) - 1n);
  const upper = Number(bits >> fractionBits);
  const biased = upper & exponentBits;
  const sign = upper > exponentBits ? 1 : 0;
  const least = format.minExponent - format.precision + 1;
  if (biased === exponentBits) {
    if (fraction === 0n) return infinity(sign);
    const significand = INTEGER_BIT | (fraction << (63n - fractionBits));
    const kind = (significand & QUIET_BIT) !== 0n ? Kind.Quiet : Kind.Signalling;
    return { kind, sign, significand, exponent: 0, denormal: false };
  }
  if (biased === 0) {
    if (fraction === 0n) return zero(sign);
    return { kind: Kind.Finite, sign, significand: fraction, exponent: least, denormal: true };
  }
  return finite(sign, fraction | (1n << fractionBits), least + biased - 1);
}

/** Writes a number that the format holds exactly (or a NaN, whose lower bits are cut off). */
export function pack(a: Float, format: Format): bigint {
  const fractionBits = format.precision - 1;
  const exponentBits = format.precision === 24 ? 0xffn : 0x7ffn;
  const sign = BigInt(a.sign) << BigInt(format.precision === 24 ? 31 : 63);
  switch (a.kind) {
    case Kind.Zero:
      return sign;
    case Kind.Finite: {
      const lead = leadingExponent(a);
      const least = Math.max(lead, format.minExponent) - fractionBits;
      const scale = a.exponent - least;
      const significand = scale >= 0 ? a.significand << BigInt(scale) : a.significand >> BigInt(-scale);
      if (lead < format.minExponent) return sign | significand;
      const biased = BigInt(lead - format.minExponent + 1);
      return sign | (biased << BigInt(fractionBits)) | (significand & ((1n << BigInt(fractionBits)) - 1n));
    }
    case Kind.Infinity:
      return sign | (exponentBits << BigInt(fractionBits));
    default:
      return sign | (exponentBits << BigInt(fractionBits)) | ((a.significand & MASK_63) >> BigInt(63 - fractionBits));
  }
}

const BIAS = 16383;
const LEAST = -BIAS - 62;

/** Reads the 80-bit format: bits 79:64 and 63:0. */
export function unpackExtended(high: number, low: bigint): Float {
  const sign = (high >>> 15) & 1;
  const biased = high & 0x7fff;
  const integer = (low & INTEGER_BIT) !== 0n;
  if (biased === 0) {
    if (low === 0n) return zero(sign);
    return { kind: Kind.Finite, sign, significand: low, exponent: LEAST, denormal: true };
  }
  if (!integer) return { kind: Kind.Unsupported, sign, significand: low, exponent: 0, denormal: false };
  if (biased === 0x7fff) {
    if (low === INTEGER_BIT) return infinity(sign);
    const kind = (low & QUIET_BIT) !== 0n ? Kind.Quiet : Kind.Signalling;
    return { kind, sign, significand: low, exponent: 0, denormal: false };
  }
  return finite(sign, low, biased - BIAS - 63);
}

/** Writes the 80-bit format; the number must fit. */
export function packExtended(a: Float): { high: number; low: bigint } {
  const sign = a.sign << 15;
  switch (a.kind) {
    case Kind.Zero:
      return { high: sign, low: 0n };
    case Kind.Finite: {
      const lead = leadingExponent(a);
      const least = Math.max(lead, extended.minExponent) - 63;
      const scale = a.exponent - least;
      const low = scale >= 0 ? a.significand << BigInt(scale) : a.significand >> BigInt(-scale);
      return { high: sign | (lead < extended.minExponent ? 0 : lead + BIAS), low };
    }
    case Kind.Infinity:
      return { high: sign | 0x7fff, low: INTEGER_BIT };
    default:
      return { high: sign | 0x7fff, low: a.significand };
  }
}

/** Whether rounding goes away from zero. `rest`: -1 below half, 0 half, 1 above half of the last place; never exact. */
function roundsUp(mode: number, sign: number, odd: boolean, rest: number): boolean {
  switch (mode) {
    case Rounding.Nearest:
      return rest > 0 || (rest === 0 && odd);
    case Rounding.Down:
      return sign === 1;
    case Rounding.Up:
      return sign === 0;
    default:
      return false;
  }
}

/** A significand cut to multiples of 2^`shift` (more than 0 bits are cut off). */
interface Cut {
  kept: bigint;
  inexact: boolean;
  up: boolean;
}

function cut(significand: bigint, shift: number, sticky: boolean, sign: number, mode: number): Cut {
  if (shift <= 0) return { kept: significand << BigInt(-shift), inexact: sticky, up: false };
  const places = BigInt(shift);
  const kept = significand >> places;
  const rest = significand - (kept << places);
  if (rest === 0n && !sticky) return { kept, inexact: false, up: false };
  const half = 1n << (places - 1n);
  const side = rest > half || (rest === half && sticky) ? 1 : rest === half ? 0 : -1;
  const up = roundsUp(mode, sign, (kept & 1n) !== 0n, side);
  return { kept: up ? kept + 1n : kept, inexact: true, up };
}

export interface Rounded {
  value: Float;
  /** Overflow, Underflow, Precision. */
  exceptions: number;
  /** The significand was rounded away from zero. */
  up: boolean;
}

/** How results outside the range of normal numbers are treated. */
export interface RoundingControl {
  mode: number;
  /** Masks of the exceptions: those of overflow and underflow decide the result. */
  masks: number;
  /** Tiny results become zero while underflow is masked (MXCSR.FTZ). */
  flush?: boolean;
  /** Unmasked: the exponent is moved by this so that the result fits; 0 if there is no result then. */
  wrap: number;
}

/**
 * Rounds significand * 2^exponent (plus less than one unit of it, where `sticky`) to a format. Tininess is found after
 * rounding, as Intel processors do (SDM 1 4.9.1.5). A sticky significand must have two bits more than the precision.
 */
export function round(
  sign: number,
  significand: bigint,
  exponent: number,
  sticky: boolean,
  format: Format,
  control: RoundingControl,
): Rounded {
  const { mode, masks } = control;
  const { precision, minExponent, maxExponent } = format;
  const lead = exponent + bitLength(significand) - 1;
  const free = cut(significand, lead - precision + 1 - exponent, sticky, sign, mode);
  const carried = free.kept === 1n << BigInt(precision);
  const top = carried ? lead + 1 : lead;
  const precisionException = free.inexact ? Exception.Precision : 0;
  if (top > maxExponent) {
    if ((masks & Exception.Overflow) === 0) {
      const value = finite(sign, free.kept, lead - precision + 1 - control.wrap);
      return { value, exceptions: Exception.Overflow | precisionException, up: free.up };
    }
    const exceptions = Exception.Overflow | Exception.Precision;
    const away =
      mode === Rounding.Nearest || (mode === Rounding.Up && sign === 0) || (mode === Rounding.Down && sign === 1);
    if (away) return { value: infinity(sign), exceptions, up: true };
    const largest = (1n << BigInt(precision)) - 1n;
    return { value: finite(sign, largest, maxExponent - precision + 1), exceptions, up: false };
  }
  if (top >= minExponent && (lead >= minExponent || carried)) {
    if (lead >= minExponent) {
      const value = finite(sign, free.kept, lead - precision + 1);
      return { value, exceptions: precisionException, up: free.up };
    }
  }
  const tiny = top < minExponent;
  if (tiny && (masks & Exception.Underflow) === 0) {
    const value = finite(sign, free.kept, lead - precision + 1 + control.wrap);
    return { value, exceptions: Exception.Underflow | precisionException, up: free.up };
  }
  if (tiny && control.flush) {
    return { value: zero(sign), exceptions: Exception.Underflow | Exception.Precision, up: false };
  }
  const least = minExponent - precision + 1;
  const denormal = cut(significand, least - exponent, sticky, sign, mode);
  const value = denormal.kept === 0n ? zero(sign) : finite(sign, denormal.kept, least);
  const exceptions = denormal.inexact ? (tiny ? Exception.Underflow : 0) | Exception.Precision : 0;
  return { value, exceptions, up: denormal.up };
}

/** An exact result, or one with bits beyond the significand (`sticky`). */
export interface Exact {
  sign: number;
  significand: bigint;
  exponent: number;
  sticky: boolean;
}

/** Bits that keep a far smaller operand of an addition apart from the greater one. */
const GUARD = 140;

/** The sum of two finite numbers; a significand of zero is an exact zero. */
export function addFinite(a: Float, b: Float): Exact {
  const distance = leadingExponent(a) - leadingExponent(b);
  if (distance > GUARD || distance < -GUARD) {
    const [large, small] = distance > 0 ? [a, b] : [b, a];
    const wide = large.significand << 70n;
    const significand = large.sign === small.sign ? wide : wide - 1n;
    return { sign: large.sign, significand, exponent: large.exponent - 70, sticky: true };
  }
  const exponent = Math.min(a.exponent, b.exponent);
  const x = a.significand << BigInt(a.exponent - exponent);
  const y = b.significand << BigInt(b.exponent - exponent);
  const sum = (a.sign ? -x : x) + (b.sign ? -y : y);
  return sum < 0n
    ? { sign: 1, significand: -sum, exponent, sticky: false }
    : { sign: 0, significand: sum, exponent, sticky: false };
}

export function multiplyFinite(a: Float, b: Float): Exact {
  return {
    sign: a.sign ^ b.sign,
    significand: a.significand * b.significand,
    exponent: a.exponent + b.exponent,
    sticky: false,
  };
}

export function divideFinite(a: Float, b: Float): Exact {
  const shift = Math.max(0, 68 + bitLength(b.significand) - bitLength(a.significand));
  const numerator = a.significand << BigInt(shift);
  const significand = numerator / b.significand;
  return {
    sign: a.sign ^ b.sign,
    significand,
    exponent: a.exponent - b.exponent - shift,
    sticky: significand * b.significand !== numerator,
  };
}

/** Floor of the square root. */
export function integerRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let root = 1n << BigInt((bitLength(value) + 1) >> 1);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** The square root of a positive finite number. */
export function rootFinite(a: Float): Exact {
  let shift = Math.max(0, 136 - bitLength(a.significand));
  if (((a.exponent - shift) & 1) !== 0) shift++;
  const radicand = a.significand << BigInt(shift);
  const significand = integerRoot(radicand);
  return { sign: 0, significand, exponent: (a.exponent - shift) / 2, sticky: significand * significand !== radicand };
}

export interface Integral {
  value: bigint;
  inexact: boolean;
  /** Rounded away from zero. */
  up: boolean;
}

/** Rounds a zero or finite number to an integer (its magnitude must be sane: callers look at huge exponents first). */
export function toIntegral(a: Float, mode: number): Integral {
  if (a.kind === Kind.Zero) return { value: 0n, inexact: false, up: false };
  let { significand, exponent } = a;
  // far below one half: keep the shift small
  if (leadingExponent(a) < -2) {
    significand = 1n;
    exponent = -3;
  }
  const { kept, inexact, up } = cut(significand, -exponent, false, a.sign, mode);
  return { value: a.sign ? -kept : kept, inexact, up };
}

export const Order = { Less: -1, Equal: 0, Greater: 1 } as const;

/** Compares two numbers that are no NaNs. */
export function compare(a: Float, b: Float): number {
  const rank = (x: Float): number =>
    x.kind === Kind.Zero ? 0 : (x.kind === Kind.Infinity ? 2 : 1) * (x.sign ? -1 : 1);
  const difference = rank(a) - rank(b);
  if (difference !== 0) return Math.sign(difference);
  if (a.kind !== Kind.Finite) return Order.Equal;
  const side = a.sign ? -1 : 1;
  const lead = leadingExponent(a) - leadingExponent(b);
  if (lead !== 0) return Math.sign(lead) * side;
  const exponent = Math.min(a.exponent, b.exponent);
  const x = a.significand << BigInt(a.exponent - exponent);
  const y = b.significand << BigInt(b.exponent - exponent);
  return x === y ? Order.Equal : x > y ? side : -side;
}
