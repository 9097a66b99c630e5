/**
 * Elementary functions in fixed point: integers that stand for multiples of 2^-{@link SCALE}. Arguments are above 2^-80 in
 * magnitude, so that far more bits than the 64 of a significand are right.
 */
import type { Exact, Float } from './float';
import { integerRoot } from './float';

export const SCALE = 384;
const BITS = BigInt(SCALE);
const ONE = 1n << BITS;

const times = (a: bigint, b: bigint): bigint => (a * b) >> BITS;
const over = (a: bigint, b: bigint): bigint => (a << BITS) / b;

/** The number as fixed point; bits below 2^-SCALE are lost. */
export function fixed(a: Float): bigint {
  const shift = a.exponent + SCALE;
  const value = shift >= 0 ? a.significand << BigInt(shift) : a.significand >> BigInt(-shift);
  return a.sign ? -value : value;
}

/** A fixed-point value that approximates the result, for rounding. */
export function inexact(value: bigint): Exact {
  return value < 0n
    ? { sign: 1, significand: -value, exponent: -SCALE, sticky: true }
    : { sign: 0, significand: value, exponent: -SCALE, sticky: true };
}

/** Sum of odd powers: z - s z^3/3 + z^5/5 - ...; `alternating` for the arc tangent, else its hyperbolic relative. */
function oddSeries(z: bigint, alternating: boolean): bigint {
  const square = times(z, z);
  let power = z;
  let sum = z;
  for (let n = 3n; ; n += 2n) {
    power = times(power, square);
    if (alternating) power = -power;
    const term = power / n;
    if (term === 0n) return sum;
    sum += term;
  }
}

/** ln of m / 2^SCALE for arguments between 1/2 and 2. */
function naturalLogarithm(m: bigint): bigint {
  return 2n * oddSeries(over(m - ONE, m + ONE), false);
}

/** Constants of {@link SCALE} bits. */
export const ln2 = 2n * oddSeries(ONE / 3n, false);
/** Machin: pi/4 = 4 atan(1/5) - atan(1/239). */
export const pi = 16n * oddSeries(ONE / 5n, true) - 4n * oddSeries(ONE / 239n, true);
const ln10 = 3n * ln2 + naturalLogarithm(over(10n * ONE, 8n * ONE));
export const log2OfE = over(ONE, ln2);
export const log2Of10 = over(ln10, ln2);
export const log10Of2 = over(ln2, ln10);

/** log2 of a positive fixed-point number between 1/2 and 2. */
export const binaryLogarithm = (m: bigint): bigint => over(naturalLogarithm(m), ln2);

/** 2^x - 1 for |x| of at most 1. */
export function powerOfTwoLessOne(x: bigint): bigint {
  const t = times(x, ln2);
  let term = t;
  let sum = t;
  for (let n = 2n; term !== 0n && term !== -1n; n++) {
    term = times(term, t) / n;
    sum += term;
  }
  return sum;
}

/** sin(x) and cos(x) for |x| of at most pi/4. */
export function sineCosine(x: bigint): { sine: bigint; cosine: bigint } {
  const square = times(x, x);
  let term = x;
  let sine = x;
  for (let n = 2n; term !== 0n && term !== -1n; n += 2n) {
    term = -times(term, square) / (n * (n + 1n));
    sine += term;
  }
  term = ONE;
  let cosine = ONE;
  for (let n = 1n; term !== 0n && term !== -1n; n += 2n) {
    term = -times(term, square) / (n * (n + 1n));
    cosine += term;
  }
  return { sine, cosine };
}

export const quotient = over;
export const one = ONE;

/** atan(t) for 0 <= t <= 1. */
export function arcTangent(t: bigint): bigint {
  let reduced = t;
  let halvings = 0n;
  // atan(t) = 2 atan(t / (1 + sqrt(1 + t^2)))
  while (reduced > ONE >> 4n) {
    reduced = over(reduced, ONE + integerRoot((ONE + times(reduced, reduced)) << BITS));
    halvings++;
  }
  return oddSeries(reduced, true) << halvings;
}
