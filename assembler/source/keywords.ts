import { registers } from '../../isa/registers';
import { instructions } from '../../isa/table';
import { isMnemonic } from '../encoder/encode';

/**
 * The words the language reserves beside mnemonics: registers, sizes, prefixes, functions.
 * Looked up in lower case; a name written `$eax` is never reserved.
 */

export const KeywordKind = {
  Register: 1,
  /** `byte` .. `zword`; the value is in bits. */
  Size: 2,
  /** `abs rel near far short strict nosplit to`. */
  Special: 3,
  /** Instruction prefixes and `times`. */
  Prefix: 4,
  /** An instruction, or a pseudo-instruction as `db` or `equ`. */
  Instruction: 5,
  /** `__?float32?__` and its like: a float's bits as an integer. */
  FloatFunction: 6,
  /** `__?utf16?__`: transforms a string. */
  StringFunction: 7,
  /** `__?ilog2e?__`. */
  IntegerFunction: 8,
  /** `__?nan?__`: a float without digits. */
  FloatName: 9,
  Seg: 10,
  Wrt: 11,
  Dup: 12,
  /** `?`. */
  Question: 13,
  /** `ptr`, as MASM writes it (`%use masm`). */
  Pointer: 14,
  /** `flat`, which MASM writes where a segment register could stand. */
  Flat: 15,
} as const;

export class Keyword {
  constructor(
    readonly kind: number,
    /** Lower case. */
    readonly name: string,
    /** Registers and sizes: bits. Pseudo-instructions: bytes of an element. */
    readonly value: number,
    /** Registers: the register file, or `unsupported`. Instructions: `instruction data reserve equ incbin`. */
    readonly group: string,
  ) {}
}

const table = new Map<string, Keyword>();

function define(kind: number, names: string, value = 0, group = ''): void {
  for (const name of names.split(' ')) table.set(name, new Keyword(kind, name, value, group));
}

function numbered(prefix: string, end: number, from: number): string {
  return Array.from({ length: end - from }, (_, i) => `${prefix}${i + from}`).join(' ');
}

// Registers of the table, then those that it does not have yet: reserved all the same.
for (const { name, file, size } of registers) define(KeywordKind.Register, name, size, file);
define(KeywordKind.Register, 'segr6 segr7', 16, 'unsupported');
define(
  KeywordKind.Register,
  `${numbered('xmm', 32, 16)} ${numbered('ymm', 32, 16)} ${numbered('zmm', 32, 0)}`,
  0,
  'unsupported',
);
define(
  KeywordKind.Register,
  `${numbered('k', 8, 0)} ${numbered('bnd', 4, 0)} ${numbered('tmm', 8, 0)}`,
  0,
  'unsupported',
);

for (const [name, bits] of Object.entries({
  byte: 8,
  word: 16,
  dword: 32,
  long: 32,
  qword: 64,
  tword: 80,
  oword: 128,
  yword: 256,
  zword: 512,
}))
  define(KeywordKind.Size, name, bits);
define(KeywordKind.Special, 'abs rel near far short strict nosplit to');
define(
  KeywordKind.Prefix,
  'a16 a32 a64 asp lock o16 o32 o64 osp rep repe repne repnz repz times wait xacquire xrelease bnd nobnd',
);
for (const [name, size] of Object.entries({ b: 1, w: 2, d: 4, q: 8, t: 10, o: 16, y: 32, z: 64 })) {
  define(KeywordKind.Instruction, `d${name}`, size, 'data');
  define(KeywordKind.Instruction, name === 't' ? 'rest' : `res${name}`, size, 'reserve');
}
define(KeywordKind.Instruction, 'equ', 0, 'equ');
define(KeywordKind.Instruction, 'incbin', 0, 'incbin');
define(
  KeywordKind.FloatFunction,
  '__?float8?__ __?float16?__ __?bfloat16?__ __?float32?__ __?float64?__ __?float80m?__ __?float80e?__ __?float128l?__ __?float128h?__',
);
define(KeywordKind.StringFunction, '__?utf16?__ __?utf16le?__ __?utf16be?__ __?utf32?__ __?utf32le?__ __?utf32be?__');
define(KeywordKind.IntegerFunction, '__?ilog2e?__ __?ilog2w?__ __?ilog2f?__ __?ilog2c?__');
define(KeywordKind.FloatName, '__?infinity?__ __?nan?__ __?qnan?__ __?snan?__');
define(KeywordKind.Seg, 'seg');
define(KeywordKind.Wrt, 'wrt');
define(KeywordKind.Dup, 'dup');
define(KeywordKind.Question, '?');
define(KeywordKind.Pointer, '__?masm_ptr?__');
define(KeywordKind.Flat, '__?masm_flat?__');

/** The keyword of a lower-case word. */
export function keywordOf(lower: string): Keyword | undefined {
  const known = table.get(lower);
  if (known || !isMnemonic(lower)) return known;
  const keyword = new Keyword(KeywordKind.Instruction, lower, 0, 'instruction');
  table.set(lower, keyword);
  return keyword;
}

/** All words that can stand where an instruction stands, for suggestions. */
export function instructionNames(): string[] {
  const pseudo = [...table.values()].filter((keyword) => keyword.kind === KeywordKind.Instruction);
  return [...new Set([...pseudo.map((keyword) => keyword.name), ...instructions.keys()])];
}

/** All registers that operands can name. */
export function registerNames(): string[] {
  const all = [...table.values()].filter(({ kind, group }) => kind === KeywordKind.Register && group !== 'unsupported');
  return all.map(({ name }) => name);
}
