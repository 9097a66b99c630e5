/**
 * WebAssembly expressions as trees, folded while they are built where their operands are constants. A tree says what is
 * computed; it is computed where a statement of `Code` uses it, so a tree that reads a local or memory must be bound
 * (`Code.let`) before that local or memory changes.
 */

export type Type = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

export type Expr =
  | { kind: 'i32'; type: 'i32'; value: number }
  | { kind: 'i64'; type: 'i64'; value: bigint }
  | { kind: 'local'; type: Type; index: number }
  | { kind: 'op'; type: Type; opcode: number; a: Expr; b?: Expr }
  | { kind: 'load'; type: Type; opcode: number; address: Expr; offset: number }
  /** An instruction behind the SIMD prefix, with what follows its opcode (lanes, or alignment and offset). */
  | { kind: 'simd'; type: Type; opcode: number; args: Expr[]; immediates: readonly number[] }
  | { kind: 'select'; type: Type; a: Expr; b: Expr; condition: Expr }
  | { kind: 'call'; type: Type; index: number; args: Expr[] };

export const i32 = (value: number): Expr => ({ kind: 'i32', type: 'i32', value: value | 0 });
export const i64 = (value: bigint | number): Expr => ({
  kind: 'i64',
  type: 'i64',
  value: BigInt.asIntN(64, BigInt(value)),
});

/** A constant of the type of `like`. */
export const constant = (like: Type, value: number): Expr => (like === 'i64' ? i64(value) : i32(value));

/** Opcodes of the two integer types, by name (WebAssembly core specification, binary format 5.4.7). */
const binary = {
  eq: [0x46, 0x51],
  ne: [0x47, 0x52],
  ltS: [0x48, 0x53],
  ltU: [0x49, 0x54],
  gtS: [0x4a, 0x55],
  gtU: [0x4b, 0x56],
  leS: [0x4c, 0x57],
  leU: [0x4d, 0x58],
  geS: [0x4e, 0x59],
  geU: [0x4f, 0x5a],
  add: [0x6a, 0x7c],
  sub: [0x6b, 0x7d],
  mul: [0x6c, 0x7e],
  divS: [0x6d, 0x7f],
  divU: [0x6e, 0x80],
  remS: [0x6f, 0x81],
  remU: [0x70, 0x82],
  and: [0x71, 0x83],
  or: [0x72, 0x84],
  xor: [0x73, 0x85],
  shl: [0x74, 0x86],
  shrS: [0x75, 0x87],
  shrU: [0x76, 0x88],
  rotl: [0x77, 0x89],
  rotr: [0x78, 0x8a],
} as const;
type BinaryName = keyof typeof binary;
const comparisons = new Set<BinaryName>(['eq', 'ne', 'ltS', 'ltU', 'gtS', 'gtU', 'leS', 'leU', 'geS', 'geU']);

function fold32(name: BinaryName, a: number, b: number): number | undefined {
  switch (name) {
    case 'add':
      return (a + b) | 0;
    case 'sub':
      return (a - b) | 0;
    case 'mul':
      return Math.imul(a, b);
    case 'and':
      return a & b;
    case 'or':
      return a | b;
    case 'xor':
      return a ^ b;
    case 'shl':
      return a << (b & 31);
    case 'shrU':
      return (a >>> (b & 31)) | 0;
    case 'shrS':
      return a >> (b & 31);
    case 'eq':
      return a === b ? 1 : 0;
    case 'ne':
      return a !== b ? 1 : 0;
    case 'ltU':
      return a >>> 0 < b >>> 0 ? 1 : 0;
    default:
      return undefined;
  }
}

function fold64(name: BinaryName, a: bigint, b: bigint): bigint | undefined {
  switch (name) {
    case 'add':
      return a + b;
    case 'sub':
      return a - b;
    case 'and':
      return a & b;
    case 'or':
      return a | b;
    case 'xor':
      return a ^ b;
    case 'shl':
      return a << (b & 63n);
    case 'shrU':
      return BigInt.asUintN(64, a) >> (b & 63n);
    case 'shrS':
      return a >> (b & 63n);
    default:
      return undefined;
  }
}

const isZero = (e: Expr): boolean => (e.kind === 'i32' && e.value === 0) || (e.kind === 'i64' && e.value === 0n);
const isOnes = (e: Expr): boolean => (e.kind === 'i32' && e.value === -1) || (e.kind === 'i64' && e.value === -1n);

function op2(name: BinaryName, a: Expr, b: Expr): Expr {
  if (a.kind === 'i32' && b.kind === 'i32') {
    const value = fold32(name, a.value, b.value);
    if (value !== undefined) return i32(value);
  }
  if (a.kind === 'i64' && b.kind === 'i64') {
    const value = fold64(name, a.value, b.value);
    if (value !== undefined) return i64(value);
  }
  if (isZero(b)) {
    if (name === 'add' || name === 'sub' || name === 'or' || name === 'xor') return a;
    if (name === 'shl' || name === 'shrU' || name === 'shrS') return a;
  }
  if (isZero(a) && (name === 'add' || name === 'or' || name === 'xor')) return b;
  if (isOnes(b) && name === 'and') return a;
  const wide = a.type === 'i64';
  const type: Type = comparisons.has(name) ? 'i32' : a.type;
  return { kind: 'op', type, opcode: binary[name][wide ? 1 : 0], a, b };
}

const make =
  (name: BinaryName) =>
  (a: Expr, b: Expr): Expr =>
    op2(name, a, b);
export const eq = make('eq');
export const ne = make('ne');
export const ltS = make('ltS');
export const ltU = make('ltU');
export const gtS = make('gtS');
export const gtU = make('gtU');
export const leS = make('leS');
export const leU = make('leU');
export const geS = make('geS');
export const geU = make('geU');
export const add = make('add');
export const sub = make('sub');
export const mul = make('mul');
export const divS = make('divS');
export const divU = make('divU');
export const remS = make('remS');
export const remU = make('remU');
export const and = make('and');
export const or = make('or');
export const xor = make('xor');
export const shl = make('shl');
export const shrS = make('shrS');
export const shrU = make('shrU');
export const rotl = make('rotl');
export const rotr = make('rotr');

const unary =
  (opcode32: number, opcode64: number, result?: Type) =>
  (a: Expr): Expr => ({
    kind: 'op',
    type: result ?? a.type,
    opcode: a.type === 'i64' ? opcode64 : opcode32,
    a,
  });
const eqzOp = unary(0x45, 0x50, 'i32');
export const eqz = (a: Expr): Expr => {
  if (a.kind === 'i32') return i32(a.value === 0 ? 1 : 0);
  return eqzOp(a);
};
export const clz = unary(0x67, 0x79);
export const ctz = unary(0x68, 0x7a);
export const popcnt = unary(0x69, 0x7b);
const extend8 = unary(0xc0, 0xc2);
const extend16 = unary(0xc1, 0xc3);

/** i32 -> i64, zero-extending; an i64 passes. */
export const zext64 = (a: Expr): Expr => {
  if (a.type === 'i64') return a;
  if (a.kind === 'i32') return i64(BigInt(a.value >>> 0));
  return { kind: 'op', type: 'i64', opcode: 0xad, a };
};

/** i32 -> i64, sign-extending; an i64 passes. */
export const sext64 = (a: Expr): Expr => {
  if (a.type === 'i64') return a;
  if (a.kind === 'i32') return i64(BigInt(a.value));
  return { kind: 'op', type: 'i64', opcode: 0xac, a };
};

/** i64 -> its low i32; an i32 passes. */
export const wrap = (a: Expr): Expr => {
  if (a.type === 'i32') return a;
  if (a.kind === 'i64') return i32(Number(BigInt.asIntN(32, a.value)));
  if (a.kind === 'op' && (a.opcode === 0xad || a.opcode === 0xac)) return a.a;
  return { kind: 'op', type: 'i32', opcode: 0xa7, a };
};

/** Sign-extends the low `size` bits within the value's own type. */
export const signExtend = (a: Expr, size: number): Expr => {
  if (size === 8) return a.kind === 'i32' ? i32((a.value << 24) >> 24) : extend8(a);
  if (size === 16) return a.kind === 'i32' ? i32((a.value << 16) >> 16) : extend16(a);
  if (size === 32 && a.type === 'i64') return { kind: 'op', type: 'i64', opcode: 0xc4, a };
  return a;
};

/** The low `size` bits of a value of that operand size as a sign-extended i64. */
export const signed64 = (a: Expr, size: number): Expr => sext64(size === 64 || size === 32 ? a : signExtend(a, size));

export const select = (condition: Expr, a: Expr, b: Expr): Expr => {
  if (condition.kind === 'i32') return condition.value !== 0 ? a : b;
  return { kind: 'select', type: a.type, a, b, condition };
};

/** Loads of `bits` from linear memory at `address + offset`: zero-extended to i32, or i64 for 64 bits. */
export const load = (bits: number, address: Expr, offset = 0): Expr => {
  const opcode = bits === 8 ? 0x2d : bits === 16 ? 0x2f : bits === 32 ? 0x28 : 0x29;
  return { kind: 'load', type: bits === 64 ? 'i64' : 'i32', opcode, address, offset };
};

/** A SIMD instruction (core specification 5.4.8) by its opcode behind 0xFD. */
export const simd = (opcode: number, type: Type, args: Expr[], immediates: readonly number[] = []): Expr => ({
  kind: 'simd',
  type,
  opcode,
  args,
  immediates,
});

/** 16 bytes from linear memory. */
export const loadVector = (address: Expr): Expr => simd(0x00, 'v128', [address], [0, 0]);

/** A load at a fixed address. */
export const loadAt = (bits: number, address: number): Expr => load(bits, i32(0), address);

export const call = (index: number, type: Type, ...args: Expr[]): Expr => ({ kind: 'call', type, index, args });

/** The logical not of an i32 truth value. */
export const not = (a: Expr): Expr => eqz(a);
