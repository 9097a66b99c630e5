/** Encoder of the little ACPI Machine Language that the DSDT needs: ACPI Specification 6.4, chapter 20. */
import { ByteBuilder } from './file-view';

export type Aml = readonly number[];

const ZERO = 0x00;
const ONE = 0x01;
const NAME = 0x08;
const BYTE = 0x0a;
const WORD = 0x0b;
const DWORD = 0x0c;
const STRING = 0x0d;
const SCOPE = 0x10;
const BUFFER = 0x11;
const PACKAGE = 0x12;
const DEVICE = [0x5b, 0x82];

/** Name segments: four characters, filled up with underscores; a leading backslash is the root. */
function nameString(name: string): Aml {
  const root = name.startsWith('\\') ? [0x5c] : [];
  const segment = name.replace('\\', '').padEnd(4, '_');
  return [...root, ...[...segment].map((c) => c.charCodeAt(0))];
}

/** PkgLength over itself and `body`: 20.2.4. */
function withLength(body: Aml): Aml {
  if (body.length + 1 < 0x40) return [body.length + 1, ...body];
  const length = body.length + 2;
  if (length < 0x1000) return [0x40 | (length & 15), length >> 4, ...body];
  return [0x80 | ((body.length + 3) & 15), ((body.length + 3) >> 4) & 0xff, (body.length + 3) >> 12, ...body];
}

export function integer(value: number): Aml {
  if (value === 0) return [ZERO];
  if (value === 1) return [ONE];
  if (value < 0x100) return [BYTE, value];
  if (value < 0x10000) return [WORD, value & 0xff, value >> 8];
  return [DWORD, value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
}

export function text(value: string): Aml {
  return [STRING, ...[...value].map((c) => c.charCodeAt(0)), 0];
}

export function named(name: string, value: Aml): Aml {
  return [NAME, ...nameString(name), ...value];
}

export function scope(name: string, ...terms: Aml[]): Aml {
  return [SCOPE, ...withLength([...nameString(name), ...terms.flat()])];
}

export function device(name: string, ...terms: Aml[]): Aml {
  return [...DEVICE, ...withLength([...nameString(name), ...terms.flat()])];
}

export function pack(...elements: Aml[]): Aml {
  return [PACKAGE, ...withLength([elements.length, ...elements.flat()])];
}

export function buffer(bytes: Aml): Aml {
  return [BUFFER, ...withLength([...integer(bytes.length), ...bytes])];
}

/** EISAID: three letters of five bits and four hexadecimal digits, high byte first (19.6.38). */
export function eisaId(id: string): Aml {
  const letter = (i: number) => id.charCodeAt(i) - 0x40;
  const vendor = (letter(0) << 10) | (letter(1) << 5) | letter(2);
  const product = Number.parseInt(id.slice(3), 16);
  return [DWORD, vendor >> 8, vendor & 0xff, product >> 8, product & 0xff];
}

// ---- resource descriptors: chapter 6.4

/** A resource template: descriptors and the end tag. */
export function resources(...descriptors: Aml[]): Aml {
  return buffer([...descriptors.flat(), 0x79, 0x00]);
}

export function irq(...numbers: number[]): Aml {
  const mask = numbers.reduce((all, n) => all | (1 << n), 0);
  return [0x22, mask & 0xff, mask >> 8];
}

/** Fixed I/O ports, 16-bit decode. */
export function io(base: number, length: number): Aml {
  return [0x47, 0x01, base & 0xff, base >> 8, base & 0xff, base >> 8, 0x01, length];
}

const KIND = { memory: 0, io: 1, bus: 2 } as const;

/** A range that a bridge passes on: word or double word address space descriptor. */
export function range(kind: keyof typeof KIND, first: number, last: number): Aml {
  const wide = kind === 'memory';
  const b = new ByteBuilder();
  const put = (value: number) => (wide ? b.u32(value) : b.u16(value));
  // producer, minimum and maximum fixed; memory: cacheable no, read/write; I/O: entire range
  b.u8(wide ? 0x87 : 0x88).u16(wide ? 23 : 13);
  b.u8(KIND[kind])
    .u8(0x0c)
    .u8(kind === 'io' ? 0x03 : kind === 'memory' ? 0x01 : 0x00);
  put(0);
  put(first);
  put(last);
  put(0);
  put(last - first + 1);
  return [...b.bytes()];
}
