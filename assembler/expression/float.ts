import { TokenRange } from '../diagnostics';
import { hexDigit } from '../source/characters';
import type { Token } from '../source/token';
import type { NameResolver } from './parse';

/**
 * Floating-point constants. NASM computes with a significand of 192 bits that it cuts off after each step, so that a
 * number exactly between two representable ones may land on either side; the same steps are taken here.
 */
export type FloatFormat = '8' | '16' | 'b16' | '32' | '64' | '80' | '128';

/** `float daz|nodaz|near|up|down|zero`. */
export interface FloatSettings {
  denormalsAreZero: boolean;
  rounding: 'near' | 'up' | 'down' | 'zero';
}

interface Layout {
  bytes: number;
  /** Bits of the fraction. */
  fraction: number;
  /** The integer bit is stored (80-bit format). */
  explicit: 0 | 1;
  exponent: number;
}

const layouts: Readonly<Record<FloatFormat, Layout>> = {
  '8': { bytes: 1, fraction: 3, explicit: 0, exponent: 4 },
  '16': { bytes: 2, fraction: 10, explicit: 0, exponent: 5 },
  b16: { bytes: 2, fraction: 7, explicit: 0, exponent: 8 },
  '32': { bytes: 4, fraction: 23, explicit: 0, exponent: 8 },
  '64': { bytes: 8, fraction: 52, explicit: 0, exponent: 11 },
  '80': { bytes: 10, fraction: 63, explicit: 1, exponent: 15 },
  '128': { bytes: 16, fraction: 112, explicit: 0, exponent: 15 },
};

const width = 192n;
const mask = (1n << width) - 1n;
const topBit = 1n << (width - 1n);
const significantDigits = 52;

/** A positive number: `significand / 2^192 * 2^exponent`, the top bit set unless it is zero. */
interface Unpacked {
  significand: bigint;
  exponent: number;
}

type Complain = (message: string) => undefined;

/** The bytes of a floating-point constant, least significant first; says what is wrong with it itself. */
export function floatBytes(
  token: Token,
  negative: boolean,
  format: FloatFormat,
  names: NameResolver,
): Uint8Array | undefined {
  const range = new TokenRange(token, token);
  const { diagnostics } = names;
  const error: Complain = (message) => {
    diagnostics.error(message, range);
    return undefined;
  };
  const warn = (code: string, message: string): void => diagnostics.warning(code, message, range);
  const text = token.text.toLowerCase();
  const layout = layouts[format];
  const lastCharacter = text[text.length - 1];
  if (!text.startsWith('_') && (lastCharacter === 'p' || (text[0] === '0' && text[1] === 'p'))) {
    if (format !== '80') return error('packed BCD requires an 80-bit format');
    return packedDecimal(lastCharacter === 'p' ? text.slice(0, -1) : text.slice(2), negative, error, warn);
  }
  if (text.startsWith('_')) {
    const kind = text.includes('inf') ? 'infinity' : text.includes('snan') ? 'signalling' : 'quiet';
    return pack(special(kind, layout), negative, layout);
  }
  const number = unpack(text, error, warn);
  return number && pack(round(number, negative, layout, names.floats, warn), negative, layout);
}

function unpack(text: string, error: Complain, warn: (code: string, message: string) => void): Unpacked | undefined {
  if (text[0] === '$') return binaryNumber(text.slice(1), 4, error);
  if (text[0] === '0') {
    switch (text[1]) {
      case 'x':
      case 'h':
        return binaryNumber(text.slice(2), 4, error);
      case 'o':
      case 'q':
        return binaryNumber(text.slice(2), 3, error);
      case 'b':
      case 'y':
        return binaryNumber(text.slice(2), 1, error);
      case 'd':
      case 't':
        return decimalNumber(text.slice(2), error, warn);
    }
  }
  return decimalNumber(text, error, warn);
}

/** The digits behind `e` or `p`; undefined where one is none. */
function readExponent(text: string, limit: number, error: Complain): number | undefined {
  let i = text[0] === '+' || text[0] === '-' ? 1 : 0;
  let value = 0;
  for (; i < text.length; i++) {
    const c = text[i]!;
    if (c === '_') continue;
    if (c < '0' || c > '9') return error(`invalid character in floating-point constant exponent: '${c}'`);
    value = Math.min(value * 10 + Number(c), limit);
  }
  return text[0] === '-' ? -value : value;
}

function decimalNumber(
  text: string,
  error: Complain,
  warn: (code: string, message: string) => void,
): Unpacked | undefined {
  let digits = '';
  let power = 0;
  let dot = false;
  let tooLong = false;
  let i = 0;
  for (; i < text.length && text[i] !== 'e'; i++) {
    const c = text[i]!;
    if (c === '.') {
      if (dot) return error('too many periods in floating-point constant');
      dot = true;
    } else if (c >= '0' && c <= '9') {
      if (c === '0' && digits === '') {
        if (dot) power--;
      } else {
        if (digits.length < significantDigits) digits += c;
        else tooLong = true;
        if (!dot) power++;
      }
    } else if (c !== '_') return error(`invalid character in floating-point constant significand: '${c}'`);
  }
  if (tooLong)
    warn('float-toolong', `floating-point constant significand contains more than ${significantDigits} digits`);
  if (i < text.length) {
    const exponent = readExponent(text.slice(i + 1), 5000, error);
    if (exponent === undefined) return undefined;
    power += exponent;
  }
  return scaled(digits, power);
}

/** `0.digits * 10^power`, cut off at 192 bits after each multiplication. */
function scaled(digits: string, power: number): Unpacked {
  const value = BigInt(digits || '0');
  if (value === 0n) return { significand: 0n, exponent: 0 };
  const unit = 10n ** BigInt(digits.length);
  let exponent = 0;
  // Leading zeros of the fraction go into the exponent, so that 192 significant bits are kept.
  let shifted = value;
  while (shifted * 2n < unit) {
    shifted *= 2n;
    exponent--;
  }
  let significand = (shifted << width) / unit;
  exponent += power;
  let factor: bigint;
  let factorExponent: number;
  if (power < 0) {
    factor = (mask / 15n) * 12n + 1n;
    factorExponent = -2;
  } else {
    factor = 5n << (width - 3n);
    factorExponent = 3;
  }
  for (let rest = Math.abs(power); rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) {
      const product = multiply(significand, factor);
      significand = product.significand;
      exponent += factorExponent + product.exponent;
    }
    const square = multiply(factor, factor);
    factor = square.significand;
    factorExponent = factorExponent * 2 + square.exponent;
  }
  return { significand, exponent };
}

function multiply(a: bigint, b: bigint): Unpacked {
  const product = a * b;
  const high = product >> width;
  if (high & topBit) return { significand: high, exponent: 0 };
  return { significand: (product >> (width - 1n)) & mask, exponent: -1 };
}

/** Digits of 1, 3 or 4 bits, with a binary exponent behind `p`. */
function binaryNumber(text: string, bits: number, error: Complain): Unpacked | undefined {
  let significand = 0n;
  let exponent = 0;
  let dot = false;
  let started = false;
  let _stored = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    const digit = hexDigit(text.charCodeAt(i));
    if (c === '.') {
      if (dot) return error('too many periods in floating-point constant');
      dot = true;
    } else if (digit >= 0 && digit < 1 << bits) {
      if (!started && digit) {
        started = true;
        exponent += Math.floor(Math.log2(digit)) + 1 - bits;
      }
      if (started) {
        significand = (significand << BigInt(bits)) | BigInt(digit);
        _stored += bits;
        if (!dot) exponent += bits;
      } else if (dot) exponent -= bits;
    } else if (c === 'p') {
      const power = readExponent(text.slice(i + 1), 20000, error);
      if (power === undefined) return undefined;
      exponent += power;
      break;
    } else if (c !== '_') return error(`floating-point constant: \`${c}' is invalid character`);
  }
  if (!started) return { significand: 0n, exponent: 0 };
  const length = BigInt(significand.toString(2).length);
  return { significand: length <= width ? significand << (width - length) : significand >> (length - width), exponent };
}

/** Cuts a significand, already at its place, to the format's bits; the result still has the bits below. */
function roundBits(value: bigint, bits: number, negative: boolean, settings: FloatSettings): bigint {
  const guard = 1n << (width - 1n - BigInt(bits));
  const down = value & ~(guard - 1n);
  const rest = value & (guard - 1n);
  switch (settings.rounding) {
    case 'near':
      if ((value & guard) === 0n) return down;
      return rest !== 0n || (value & (guard << 1n)) !== 0n ? down + guard : down;
    case 'zero':
      return down;
    default: {
      const away = settings.rounding === (negative ? 'down' : 'up');
      return away && (rest !== 0n || (value & guard) !== 0n) ? down + guard : down;
    }
  }
}

/** Rounds to a format: gives sign-less bits at the top of 192. */
function round(
  number: Unpacked,
  negative: boolean,
  layout: Layout,
  settings: FloatSettings,
  warn: (code: string, message: string) => void,
): bigint {
  const { significand } = number;
  if ((significand & topBit) === 0n) return 0n;
  const bits = layout.bytes * 8;
  const largest = 2 ** (layout.exponent - 1);
  const head = layout.exponent + layout.explicit;
  const one = topBit >> BigInt(head);
  const exponentField = (value: number): bigint => BigInt(value) << (width - 1n - BigInt(layout.exponent));
  let exponent = number.exponent - 1;
  if (exponent < 2 - largest) {
    const shift = -(exponent + largest - 2 - layout.exponent) + layout.explicit;
    let value = roundBits(significand >> BigInt(shift), bits, negative, settings);
    if (value & one) {
      // Rounded up into the normal numbers.
      if (!layout.explicit) value &= ~one;
      return value | exponentField(1);
    }
    const kept = value >> (width - BigInt(bits));
    if (settings.denormalsAreZero || value === 0n) {
      warn('float-underflow', 'underflow in floating-point constant');
      return 0n;
    }
    warn('float-denorm', 'denormal floating-point constant');
    return kept << (width - BigInt(bits));
  }
  if (exponent > largest) {
    warn('float-overflow', 'overflow in floating-point constant');
    return special('infinity', layout);
  }
  exponent += largest - 1;
  let value = roundBits(significand >> BigInt(head), bits, negative, settings);
  if (value & (one << 1n)) {
    value >>= 1n;
    exponent++;
    if (exponent >= largest * 2 - 1) {
      warn('float-overflow', 'overflow in floating-point constant');
      return special('infinity', layout);
    }
  }
  if (!layout.explicit) value &= ~one;
  return value | exponentField(exponent);
}

function special(kind: 'infinity' | 'quiet' | 'signalling', layout: Layout): bigint {
  const head = layout.exponent + layout.explicit;
  let value = ((1n << BigInt(layout.exponent)) - 1n) << (width - 1n - BigInt(layout.exponent));
  if (layout.explicit) value |= topBit >> BigInt(head);
  if (kind === 'quiet') value |= topBit >> BigInt(head + 1);
  if (kind === 'signalling') value |= topBit >> BigInt(head + layout.fraction);
  return value;
}

function pack(value: bigint, negative: boolean, layout: Layout): Uint8Array {
  const bytes = new Uint8Array(layout.bytes);
  let rest = (negative ? value | topBit : value) >> (width - BigInt(layout.bytes * 8));
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = Number(rest & 255n);
    rest >>= 8n;
  }
  return bytes;
}

/** `0p1234` and `1234p`: eighteen decimal digits, two a byte, and a sign (x87 packed BCD). */
function packedDecimal(
  text: string,
  negative: boolean,
  error: Complain,
  warn: (code: string, message: string) => void,
): Uint8Array | undefined {
  const digits: number[] = [];
  for (let i = text.length - 1; i >= 0; i--) {
    const c = text[i]!;
    if (c === '_') continue;
    if (c < '0' || c > '9') return error(`invalid character \`${c}' in packed BCD constant`);
    digits.push(Number(c));
  }
  if (digits.length > 18) warn('other', 'packed BCD truncated to 18 digits');
  const bytes = new Uint8Array(10);
  for (let i = 0; i < 18 && i < digits.length; i++) bytes[i >> 1]! |= digits[i]! << (i % 2 ? 4 : 0);
  bytes[9] = negative ? 0x80 : 0;
  return bytes;
}
