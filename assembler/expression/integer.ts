/**
 * 64-bit two's complement arithmetic as NASM's expressions have it. Nearly all values fit in a `number` exactly;
 * only the others are `bigint`. Every function takes and gives values in the range -2^63 .. 2^63-1.
 */
export type Integer = number | bigint;

/** The signed 64-bit value of any bigint, as `number` where that is exact. */
export function wrap(value: bigint): Integer {
  const wrapped = BigInt.asIntN(64, value);
  const short = Number(wrapped);
  return Number.isSafeInteger(short) ? short : wrapped;
}

export function add(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return wrap(BigInt(a) + BigInt(b));
}

export function subtract(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return wrap(BigInt(a) - BigInt(b));
}

export function negate(a: Integer): Integer {
  return typeof a === 'number' ? 0 - a : wrap(-a);
}

export function multiply(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b;
    if (Number.isSafeInteger(product)) return product + 0;
  }
  return wrap(BigInt(a) * BigInt(b));
}

function small(a: Integer, b: Integer): boolean {
  return typeof a === 'number' && typeof b === 'number' && (a | 0) === a && (b | 0) === b;
}

export function and(a: Integer, b: Integer): Integer {
  if (small(a, b)) return (a as number) & (b as number);
  return wrap(BigInt(a) & BigInt(b));
}

export function or(a: Integer, b: Integer): Integer {
  if (small(a, b)) return (a as number) | (b as number);
  return wrap(BigInt(a) | BigInt(b));
}

export function xor(a: Integer, b: Integer): Integer {
  if (small(a, b)) return (a as number) ^ (b as number);
  return wrap(BigInt(a) ^ BigInt(b));
}

export function not(a: Integer): Integer {
  return typeof a === 'number' ? -1 - a : wrap(~a);
}

/** A shift count: the processor's, modulo 64. */
function count(b: Integer): number {
  return Number(BigInt.asUintN(6, BigInt(b)));
}

export function shiftLeft(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number' && b >= 0 && b < 53) {
    const result = a * 2 ** b;
    if (Number.isSafeInteger(result)) return result + 0;
  }
  return wrap(BigInt(a) << BigInt(count(b)));
}

/** `>>`: fills with zeros from bit 63. */
export function shiftRight(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && a >= 0 && typeof b === 'number' && b >= 0 && b < 53) return Math.floor(a / 2 ** b);
  return wrap(BigInt.asUintN(64, BigInt(a)) >> BigInt(count(b)));
}

/** `>>>`: fills with the sign. */
export function shiftRightArithmetic(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number' && b >= 0 && b < 53) return Math.floor(a / 2 ** b);
  return wrap(BigInt(a) >> BigInt(count(b)));
}

/** Unsigned; the divisor is not zero. */
export function divide(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number' && a >= 0 && b > 0) return Math.floor(a / b);
  return wrap(BigInt.asUintN(64, BigInt(a)) / BigInt.asUintN(64, BigInt(b)));
}

/** Unsigned; the divisor is not zero. */
export function modulo(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number' && a >= 0 && b > 0) return a % b;
  return wrap(BigInt.asUintN(64, BigInt(a)) % BigInt.asUintN(64, BigInt(b)));
}

/** Signed, towards zero. */
export function divideSigned(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number') return Math.trunc(a / b) + 0;
  return wrap(BigInt(a) / BigInt(b));
}

/** Signed, with the dividend's sign. */
export function moduloSigned(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number') return (a % b) + 0;
  return wrap(BigInt(a) % BigInt(b));
}

/** Number of the highest set bit of the unsigned value, -1 for 0. */
export function highestBit(a: Integer): number {
  return BigInt.asUintN(64, BigInt(a)).toString(2).length - (a === 0 ? 2 : 1);
}

/** The low `bytes` bytes, least significant first, written to `out` at `at`. */
export function writeInteger(out: Uint8Array, at: number, value: Integer, bytes: number): void {
  if (typeof value === 'number' && (value | 0) === value) {
    const fill = value < 0 ? 255 : 0;
    for (let i = 0; i < bytes; i++) out[at + i] = i < 4 ? (value >> (8 * i)) & 255 : fill;
    return;
  }
  let rest = BigInt.asUintN(64, BigInt(value));
  for (let i = 0; i < bytes; i++) {
    out[at + i] = Number(rest & 255n);
    rest >>= 8n;
  }
}
