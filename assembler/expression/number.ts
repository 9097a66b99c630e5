import { hexDigit } from '../source/characters';
import { type Integer, negate, wrap } from './integer';

/** A numeric constant as read. */
export interface ReadNumber {
  value: Integer;
  /** The digits do not fit the radix. */
  malformed: boolean;
  /** More than 64 bits; the value has the low ones. */
  overflow: boolean;
}

function radixOf(code: number): number {
  switch (code | 32) {
    case 98 /* b */:
    case 121 /* y */:
      return 2;
    case 111 /* o */:
    case 113 /* q */:
      return 8;
    case 100 /* d */:
    case 116 /* t */:
      return 10;
    case 104 /* h */:
    case 120 /* x */:
      return 16;
    default:
      return 0;
  }
}

/**
 * Reads an integer: `0x1F 1Fh $1F 0h1F`, `0b1 1b 0y1 1y`, `0o7 7o 0q7 7q`, `0d9 9d 0t9 9t`, `9`, with `_` between digits.
 * Where both a prefix and a suffix are there, the one of the higher radix counts: `0b1h` is 0B1h, `0x1b` is 1Bh.
 */
export function readNumber(text: string): ReadNumber {
  let start = 0;
  let end = text.length;
  let radix = 10;
  const first = text.charCodeAt(0);
  if (first === 45 /* - */) {
    const positive = readNumber(text.slice(1));
    return { ...positive, value: negate(positive.value) };
  }
  if (first === 36 /* $ */) {
    start = 1;
    radix = 16;
  } else {
    const prefix = first === 48 && end > 2 ? radixOf(text.charCodeAt(1)) : 0;
    const suffix = end > 1 ? radixOf(text.charCodeAt(end - 1)) : 0;
    if (prefix > suffix) {
      radix = prefix;
      start = 2;
    } else if (suffix > prefix) {
      radix = suffix;
      end--;
    }
  }
  let value = 0;
  let digits = 0;
  for (let i = start; i < end; i++) {
    const c = text.charCodeAt(i);
    if (c === 95) continue;
    const digit = hexDigit(c);
    if (digit < 0 || digit >= radix) return { value: 0, malformed: true, overflow: false };
    value = value * radix + digit;
    digits++;
  }
  if (value <= Number.MAX_SAFE_INTEGER) return { value, malformed: digits === 0, overflow: false };
  let exact = 0n;
  const base = BigInt(radix);
  for (let i = start; i < end; i++) {
    const c = text.charCodeAt(i);
    if (c !== 95) exact = exact * base + BigInt(hexDigit(c));
  }
  return { value: wrap(exact), malformed: false, overflow: exact >= 1n << 64n };
}

/** A character constant: up to eight bytes, the first the least significant; `long` tells of more. */
export function readCharacters(bytes: ArrayLike<number>): { value: Integer; long: boolean } {
  const n = Math.min(bytes.length, 8);
  let value = 0;
  if (n <= 6) {
    for (let i = n - 1; i >= 0; i--) value = value * 256 + bytes[i]!;
    return { value, long: false };
  }
  let wide = 0n;
  for (let i = n - 1; i >= 0; i--) wide = wide * 256n + BigInt(bytes[i]!);
  return { value: wrap(wide), long: bytes.length > 8 };
}
