/**
 * The notation in which the rows of the instruction table are written, and its reader.
 *
 * An instruction is written once, with its meaning, and below it one line for each row of the manual:
 *
 *     instruction('add', 'Adds the source to the destination.', { writes: 'status' }, `
 *       al, imm8     | 04 ib
 *       rAX, immz    | 05 iz
 *       rmv, simm8   | 83 /0 ib   | lock
 *       rmv, rv      | 01 /r      | lock
 *     `)
 *
 * A line has up to three columns divided by `|`: operands, opcode, attributes. The order of lines is the assembler's
 * order of preference.
 *
 * **Operands** are {@link OperandKind}s, or templates that stand for several operand sizes, by the letters of the
 * manual's opcode map (SDM 2D A.2): `v` 16, 32 and 64 bits chosen by the operand size (64: REX.W), `z` the same for
 * immediates and branch displacements, of which 64-bit forms have 32 bits, `y` 32 and 64 bits chosen by REX.W or VEX.W
 * alone (0x66 does not matter, or is mandatory). Each size becomes a form of its own:
 * `rv rmv mv rAX rDX rBX rCX immz immv moffsv relz ptr16:z m16:v rvm16 rvm8 ry rmy my rym8 rym16`.
 *
 * **Opcode** is the manual's: `NP` no prefix, `NFx` neither F2 nor F3, `66 F2 F3` mandatory prefixes, `0F`, `0F 38`, `0F 3A` maps, `REX.W`, the
 * opcode byte (`+r` register in its low bits), `/0`..`/7`, `/r`, then immediates `ib iw id iq iz iv cb cw cd cz ow cpz /is4`
 * (`ow`: an offset of the address size). `VEX.128.66.0F38.W0 18 /r` as in the manual (`LIG LZ WIG` too; `EVEX` is read,
 * no row has it yet). `o16 o32 o64` and `a16 a32 a64` name a size where no operand does; `ov`, `oz` make a form for each
 * size where no operand tells it (RET). A byte after the opcode byte is a ModRM byte that belongs to the opcode
 * (`0F 01 C1`, `D9 E8`). `=07` is a fixed byte after all others (the condition of a pseudo-instruction such as CMPORDPS).
 * A row of maps 1 to 3 without mandatory prefix and without `NP` takes any of them: they mean size and repetition.
 *
 * **Attributes**
 * - `lock`, `rep`, `repe`: prefixes that mean something.
 * - `legacy`, `long`: only in 16 and 32-bit mode, only in 64-bit mode.
 * - `d64`: in 64-bit mode the operand size is 64 without REX.W, or 16 (PUSH). `f64`: it is 64 whatever is written (near
 *   branches on Intel processors).
 * - `wait`: the assembler writes 9B before it. `two`: the second operand may be left out where it is the first.
 * - `to`: only where the operand is written with TO, as in `fadd to st1`.
 * - `decode`: never chosen by the assembler. `encode`: known to the assembler only.
 * - `feature:NAME`: another CPUID feature than the instruction's.
 * - `en:MVR`: where each operand stands ({@link OperandEncoding}), when the rule below gives something else.
 *
 * Where operands stand: memory and `rm` kinds are `M`; immediates, displacements, offsets and far pointers `I`; named
 * registers and constants `-`; with `+r` the register is `O`; the other registers in order: `R`, `V` (VEX with three or
 * more), `M` if still free, `4`. With `/0`..`/7`: `V` first where VEX, then `M`.
 */
import {
  Flag,
  type Form,
  type Instruction,
  Mode,
  type Opcode,
  type OperandKind,
  type PopekGoldberg,
  type VmxBehaviour,
} from './form';

/** What a manual page says beside the encodings. Everything left out is the harmless usual case. */
export interface Meaning {
  /** Flags by name, divided by spaces; `status` is OF SF ZF AF PF CF. */
  reads?: string;
  writes?: string;
  undefined?: string;
  privilege?: 0 | 'iopl';
  /** Divided by spaces. */
  exceptions?: string;
  class?: PopekGoldberg;
  /** `always`, or the names of the controls or VMCS fields that make it exit, divided by `, `. */
  vmx?: string;
  /** CPUID feature or processor generation; `8086` unless told. Sizes 32 and 64 raise it to `386` and `X86_64`. */
  feature?: string;
}

/** An instruction as written, before {@link readInstructions}. */
export interface InstructionSource {
  mnemonic: string;
  summary: string;
  meaning: Meaning;
  rows: string;
}

/** One instruction of the table; see the notation above. */
export function instruction(mnemonic: string, summary: string, meaning: Meaning, rows: string): InstructionSource {
  return { mnemonic, summary, meaning, rows };
}

/** Templates of operand kinds: what they stand for at 16, 32 and 64 bits. */
const templates: Record<string, readonly [OperandKind, OperandKind, OperandKind]> = {
  rv: ['r16', 'r32', 'r64'],
  rmv: ['rm16', 'rm32', 'rm64'],
  mv: ['m16', 'm32', 'm64'],
  rAX: ['ax', 'eax', 'rax'],
  rBX: ['ax', 'ebx', 'rbx'],
  rCX: ['cx', 'ecx', 'rcx'],
  rDX: ['dx', 'edx', 'rdx'],
  immz: ['imm16', 'imm32', 'simm32'],
  immv: ['imm16', 'imm32', 'imm64'],
  moffsv: ['moffs16', 'moffs32', 'moffs64'],
  relz: ['rel16', 'rel32', 'rel32'],
  'ptr16:z': ['ptr16:16', 'ptr16:32', 'ptr16:32'],
  'm16:v': ['m16:16', 'm16:32', 'm16:64'],
  rvm16: ['rm16', 'r32m16', 'r64m16'],
  ry: ['r16', 'r32', 'r64'],
  rmy: ['rm16', 'rm32', 'rm64'],
  my: ['m16', 'm32', 'm64'],
  rym8: ['r32m8', 'r32m8', 'r64m8'],
  rym16: ['rm16', 'r32m16', 'r64m16'],
  ay: ['ax', 'eax', 'rax'],
};

/** Which sizes a template asks for: `v`, `z` or `y`. */
const templateSizes: Record<string, 'v' | 'z' | 'y'> = {
  rv: 'v',
  rmv: 'v',
  mv: 'v',
  rAX: 'v',
  rBX: 'v',
  rCX: 'v',
  rDX: 'v',
  immz: 'z',
  immv: 'v',
  moffsv: 'v',
  relz: 'z',
  'ptr16:z': 'z',
  'm16:v': 'v',
  rvm16: 'v',
  ry: 'y',
  rmy: 'y',
  my: 'y',
  rym8: 'y',
  rym16: 'y',
  ay: 'y',
};

const sizedImmediates: Record<string, readonly [Immediate, Immediate, Immediate]> = {
  iz: ['iw', 'id', 'id'],
  iv: ['iw', 'id', 'iq'],
  cz: ['cw', 'cd', 'cd'],
  cpz: ['cp16', 'cp32', 'cp32'],
};

type Immediate = Opcode['immediates'][number];
const immediateWords = new Set('ib iw id iq iz iv cb cw cd cz ow cp16 cp32 cpz'.split(' '));

/** Processor generations that come before the 386, whose 32-bit forms need a 386. */
const before386 = new Set(['8086', '186', '286']);
const before64 = new Set(['8086', '186', '286', '386', '486', 'PENTIUM', 'P6']);

/** What the opcode column says, before sizes. */
interface ParsedOpcode {
  opcode: Opcode;
  /** Immediates, possibly templates. */
  immediates: string[];
}

/** The value of a hexadecimal digit's character code, -1 for others; lower case is none in this notation. */
function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  return code >= 65 && code <= 70 ? code - 55 : -1;
}

/** Reads the opcode column. */
function readOpcode(text: string): ParsedOpcode {
  const opcode: Opcode = {
    space: 'legacy',
    map: 0,
    byte: -1,
    fixedModrm: -1,
    mandatory: -1,
    operandSize: 0,
    addressSize: 0,
    defaultSize64: false,
    w: -1,
    l: -1,
    digit: -1,
    plusRegister: false,
    suffix: -1,
    immediates: [],
  };
  const immediates: string[] = [];
  const tokens = text.split(' ');
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (token === '') continue;
    const high = hexDigit(token.charCodeAt(0));
    const low = high < 0 ? -1 : hexDigit(token.charCodeAt(1));
    if (low >= 0) {
      readByte(opcode, high * 16 + low);
      if (token.length === 4) opcode.plusRegister = true;
    } else if (token === '/r') opcode.digit = 8;
    else if (token === '/is4') immediates.push('is4');
    else if (token.charCodeAt(0) === 47 /* / */) opcode.digit = (token.charCodeAt(1) - 48) as Opcode['digit'];
    else if (immediateWords.has(token)) immediates.push(token);
    else if (token.charCodeAt(0) === 61 /* = */) opcode.suffix = Number.parseInt(token.slice(1), 16);
    else if (token.length > 5) readVex(opcode, token);
    else readOpcodeWord(opcode, token);
  }
  if (opcode.byte < 0) escapeAsOpcode(opcode, text);
  return { opcode, immediates };
}

/** What begins the long maps today was an opcode of its own once: POP CS was 0F, Cyrix's SMINT 0F 38. */
function escapeAsOpcode(opcode: Opcode, text: string): void {
  if (opcode.map === 0) throw new Error(`no opcode byte in row: ${text}`);
  opcode.byte = opcode.map === 1 ? 0x0f : opcode.map === 2 ? 0x38 : 0x3a;
  opcode.map = opcode.map === 1 ? 0 : 1;
}

/** A byte of the opcode column: mandatory prefix, map escape, opcode, or fixed ModRM, by what came before. */
function readByte(opcode: Opcode, byte: number): void {
  if (opcode.space === 'legacy' && opcode.byte < 0 && opcode.map === 0 && opcode.mandatory === -1) {
    if (byte === 0x66 || byte === 0xf2 || byte === 0xf3) {
      opcode.mandatory = byte;
      return;
    }
  }
  if (opcode.space === 'legacy' && opcode.byte < 0) {
    if (opcode.map === 0 && byte === 0x0f) {
      opcode.map = 1;
      return;
    }
    if (opcode.map === 1 && byte === 0x38) {
      opcode.map = 2;
      return;
    }
    if (opcode.map === 1 && byte === 0x3a) {
      opcode.map = 3;
      return;
    }
  }
  if (opcode.byte < 0) opcode.byte = byte;
  else opcode.fixedModrm = byte;
}

function readOpcodeWord(opcode: Opcode, token: string): void {
  switch (token) {
    case 'NP':
      opcode.mandatory = 0;
      break;
    case 'NFx':
      opcode.mandatory = -2;
      break;
    case 'REX.W':
      opcode.w = 1;
      break;
    case 'W0':
      opcode.w = 0;
      break;
    case 'o16':
    case 'o32':
    case 'o64':
      opcode.operandSize = Number(token.slice(1)) as 16 | 32 | 64;
      break;
    case 'a16':
    case 'a32':
    case 'a64':
      opcode.addressSize = Number(token.slice(1)) as 16 | 32 | 64;
      break;
    case 'ov':
    case 'oz':
      // Forms for each size: Row.sizes.
      break;
    default:
      throw new Error(`unknown word in an opcode: ${token}`);
  }
}

/** `VEX.256.66.0F38.W0`: the parts may stand in any order. */
function readVex(opcode: Opcode, token: string): void {
  const parts = token.split('.');
  opcode.space = parts[0] === 'VEX' ? 'vex' : 'evex';
  opcode.mandatory = 0;
  for (let i = 1; i < parts.length; i++) {
    switch (parts[i]) {
      case '128':
      case 'LZ':
      case 'L0':
        opcode.l = 0;
        break;
      case '256':
      case 'L1':
        opcode.l = 1;
        break;
      case 'LIG':
        opcode.l = -1;
        break;
      case 'NP':
        opcode.mandatory = 0;
        break;
      case '66':
        opcode.mandatory = 0x66;
        break;
      case 'F2':
        opcode.mandatory = 0xf2;
        break;
      case 'F3':
        opcode.mandatory = 0xf3;
        break;
      case '0F':
        opcode.map = 1;
        break;
      case '0F38':
        opcode.map = 2;
        break;
      case '0F3A':
        opcode.map = 3;
        break;
      case 'W0':
        opcode.w = 0;
        break;
      case 'W1':
        opcode.w = 1;
        break;
      case 'WIG':
        opcode.w = -1;
        break;
      default:
        throw new Error(`unknown part of a VEX prefix: ${token}`);
    }
  }
}

const flagNames: Record<string, number> = {
  ...Flag,
  status: Flag.CF | Flag.PF | Flag.AF | Flag.ZF | Flag.SF | Flag.OF,
  all: 0x3f7fd5,
};

function readFlags(text: string | undefined): number {
  if (!text) return 0;
  let bits = 0;
  for (const name of text.split(' ')) {
    const bit = flagNames[name];
    if (bit === undefined) throw new Error(`unknown flag: ${name}`);
    bits |= bit;
  }
  return bits;
}

const noExceptions: readonly string[] = [];

/** What an operand kind asks of the encoding: memory or rm, a register, an immediate, or nothing. */
type Place = 'M' | 'R' | 'I' | '-';
const places = new Map<OperandKind, Place>();
for (const kind of 'r8 r16 r32 r64 sreg creg dreg treg sti mm xmm ymm'.split(' ')) places.set(kind as OperandKind, 'R');
for (const kind of 'al ax eax rax cl cx ecx rcx dx edx rdx rbx ebx es cs ss ds fs gs 1 3 st0 xmm0'.split(' '))
  places.set(kind as OperandKind, '-');

function placeOf(kind: OperandKind): Place {
  let place = places.get(kind);
  if (place === undefined) {
    place = /^s?imm|^rel|^moffs|^ptr/.test(kind) ? 'I' : 'M';
    places.set(kind, place);
  }
  return place;
}

/** The operand column: which sizes it asks for, and for each size the kinds and where they stand. */
interface ParsedOperands {
  sizes: '' | 'v' | 'y' | 'z';
  /** By size 16, 32, 64. */
  kinds: readonly (readonly OperandKind[])[];
  places: string;
  registers: number;
  memory: boolean;
  /** Results of {@link operandEncoding} by what decides them. */
  encodings: (string | undefined)[];
}

const noOperands: ParsedOperands = {
  sizes: '',
  kinds: [[], [], []],
  places: '',
  registers: 0,
  memory: false,
  encodings: [],
};

/** Few combinations of operands serve most rows. */
const operandColumns = new Map<string, ParsedOperands>();

function readOperands(column: string): ParsedOperands {
  const known = operandColumns.get(column);
  if (known) return known;
  const text = column.trim();
  if (text === '') return noOperands;
  const words = text.split(',');
  let sizes: ParsedOperands['sizes'] = '';
  const kinds: OperandKind[][] = [[], [], []];
  let letters = '';
  let registers = 0;
  let memory = false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i].trim();
    const letter = templateSizes[word];
    if (letter && (sizes === '' || letter !== 'z')) sizes = letter;
    for (let size = 0; size < 3; size++) kinds[size].push(letter ? templates[word][size] : (word as OperandKind));
    const place = placeOf(kinds[1][i]);
    letters += place;
    if (place === 'R') registers++;
    else if (place === 'M') memory = true;
  }
  const result = { sizes, kinds, places: letters, registers, memory, encodings: [] };
  operandColumns.set(column, result);
  return result;
}

/** Where the operands stand, by the rule that the header gives. */
function operandEncoding(operands: ParsedOperands, opcode: Opcode): string {
  const legacy = opcode.space === 'legacy';
  const extended = opcode.digit >= 0 && opcode.digit < 8;
  const key = (opcode.plusRegister ? 4 : 0) | (legacy ? 2 : 0) | (extended ? 1 : 0);
  const known = operands.encodings[key];
  if (known !== undefined) return known;
  const { memory, registers } = operands;
  const all = registers + (memory ? 1 : 0);
  let free: string;
  if (opcode.plusRegister) free = 'O';
  // BLSI and its like: VEX.vvvv is the destination, ModRM.reg part of the opcode.
  else if (extended) free = legacy || all < 2 ? 'M' : memory ? 'V' : 'VM';
  else if (!legacy && all > 2) free = memory ? 'RV4' : 'RVM4';
  else free = memory ? 'R' : 'RM';
  let next = 0;
  let result = '';
  for (const letter of operands.places) result += letter === 'R' ? (free[next++] ?? '?') : letter;
  operands.encodings[key] = result;
  return result;
}

/** Reads sources into instructions and their forms; `forms` is appended to, an index there is a form's id. */
export function readInstructions(sources: readonly InstructionSource[], forms: Form[]): Instruction[] {
  return sources.map((source) => readInstruction(source, forms));
}

function readInstruction(source: InstructionSource, forms: Form[]): Instruction {
  const { mnemonic, summary, meaning, rows } = source;
  const own: Form[] = [];
  const vmx: VmxBehaviour =
    meaning.vmx === undefined ? 'none' : meaning.vmx === 'always' ? 'always' : { control: meaning.vmx };
  const result: Instruction = {
    mnemonic,
    summary,
    privilege: meaning.privilege ?? 3,
    flagsRead: readFlags(meaning.reads),
    flagsWritten: readFlags(meaning.writes),
    flagsUndefined: readFlags(meaning.undefined),
    exceptions: meaning.exceptions ? meaning.exceptions.split(' ') : noExceptions,
    popekGoldberg: meaning.class ?? (meaning.privilege === 0 ? 'privileged' : 'innocuous'),
    vmx,
    forms: own,
  };
  addRows(rows, result, meaning.feature ?? '8086', forms, own);
  return result;
}

/** Makes the forms of each line; what the line says beyond their number is read when first asked for. */
function addRows(rows: string, owner: Instruction, feature: string, forms: Form[], own: Form[]): void {
  const lines = rows.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i].trim();
    if (line === '') continue;
    const bar = line.indexOf('|');
    const operands = readOperands(bar < 0 ? '' : line.slice(0, bar));
    const row = new Row(line.slice(bar + 1).trim(), operands, feature);
    const letter = row.sizes();
    if (letter === '') {
      addForm(row, 1, 0);
      continue;
    }
    if (letter !== 'y') addForm(row, 0, 16);
    addForm(row, 1, 32);
    if (letter !== 'z' || line.includes('d64') || line.includes('f64')) addForm(row, 2, 64);
  }

  function addForm(row: Row, column: 0 | 1 | 2, size: 0 | 16 | 32 | 64): void {
    const form = new TableForm(forms.length, owner, row, column, size);
    forms.push(form);
    own.push(form);
  }
}

/** One line of the notation. */
class Row {
  lock = false;
  repeat: Form['repeat'] = 'none';
  modes: number = Mode.All;
  d64 = false;
  f64 = false;
  decodeOnly = false;
  encodeOnly = false;
  wait = false;
  optionalSecond = false;
  to = false;
  encoding: string | undefined;
  private parsed: ParsedOpcode | undefined;

  constructor(
    /** Opcode and attributes. */
    private readonly text: string,
    readonly operands: ParsedOperands,
    public feature: string,
  ) {}

  /** By which letter the row asks for sizes; `''` if it is one form. */
  sizes(): '' | 'v' | 'y' | 'z' {
    const own = this.operands.sizes;
    if (own === 'v' || own === 'y') return own;
    return this.text.startsWith('ov ') ? 'v' : this.text.startsWith('oz ') ? 'z' : own;
  }

  /** The opcode column. */
  opcodeColumn(): string {
    const bar = this.text.indexOf('|');
    return (bar < 0 ? this.text : this.text.slice(0, bar)).trim();
  }

  /** Reads opcode and attributes, once. */
  read(): ParsedOpcode {
    if (this.parsed === undefined) {
      const bar = this.text.indexOf('|');
      if (bar >= 0) this.readAttributes(this.text.slice(bar + 1));
      this.parsed = readOpcode(this.opcodeColumn());
    }
    return this.parsed;
  }

  private readAttributes(text: string): void {
    for (const word of text.split(' ')) {
      switch (word) {
        case '':
          break;
        case 'lock':
          this.lock = true;
          break;
        case 'rep':
        case 'repe':
          this.repeat = word;
          break;
        case 'legacy':
          this.modes = Mode.Legacy;
          break;
        case 'long':
          this.modes = Mode.Bits64;
          break;
        case 'd64':
          this.d64 = true;
          break;
        case 'f64':
          this.f64 = true;
          break;
        case 'decode':
          this.decodeOnly = true;
          break;
        case 'encode':
          this.encodeOnly = true;
          break;
        case 'wait':
          this.wait = true;
          break;
        case 'to':
          this.to = true;
          break;
        case 'two':
          this.optionalSecond = true;
          break;
        default:
          if (word.startsWith('feature:')) this.feature = word.slice(8);
          else if (word.startsWith('en:')) this.encoding = word.slice(3);
          else throw new Error(`unknown attribute: ${word}`);
      }
    }
  }
}

function copyOpcode(opcode: Opcode): Opcode {
  return {
    space: opcode.space,
    map: opcode.map,
    byte: opcode.byte,
    fixedModrm: opcode.fixedModrm,
    mandatory: opcode.mandatory,
    operandSize: opcode.operandSize,
    addressSize: opcode.addressSize,
    defaultSize64: opcode.defaultSize64,
    w: opcode.w,
    l: opcode.l,
    digit: opcode.digit,
    plusRegister: opcode.plusRegister,
    suffix: opcode.suffix,
    immediates: [],
  };
}

/** A form of a row at one operand size. Many are never looked at, so that everything is read when asked for. */
class TableForm implements Form {
  private ownOpcode: Opcode | undefined;

  constructor(
    readonly id: number,
    readonly instruction: Instruction,
    private readonly row: Row,
    private readonly column: 0 | 1 | 2,
    /** The operand size that made this form of the row, 0 where the row is one form. */
    private readonly size: 0 | 16 | 32 | 64,
  ) {}

  get mnemonic(): string {
    return this.instruction.mnemonic;
  }

  get operands(): readonly OperandKind[] {
    return this.row.operands.kinds[this.column];
  }

  get operandEncoding(): string {
    const { opcode } = this.row.read();
    return this.row.encoding ?? operandEncoding(this.row.operands, opcode);
  }

  get opcode(): Opcode {
    if (this.ownOpcode === undefined) this.ownOpcode = this.makeOpcode();
    return this.ownOpcode;
  }

  private makeOpcode(): Opcode {
    const { row, size } = this;
    const { opcode: general, immediates } = row.read();
    const opcode = copyOpcode(general);
    for (const word of immediates) opcode.immediates.push(sizedImmediates[word]?.[this.column] ?? (word as Immediate));
    if (size === 0) {
      if (row.f64 || (row.d64 && opcode.operandSize === 64)) opcode.defaultSize64 = true;
    } else if (row.sizes() === 'y') opcode.w = size === 64 ? 1 : 0;
    else if (row.f64 && size === 64) opcode.defaultSize64 = true;
    else {
      opcode.operandSize = size;
      opcode.defaultSize64 = row.d64 && size === 64;
    }
    return opcode;
  }

  get modes(): number {
    const { opcode } = this.row.read();
    const { size, row } = this;
    let { modes } = row;
    // VEX.W exists in every mode, REX.W only in 64-bit mode.
    const rexW = opcode.w === 1 && opcode.space === 'legacy';
    if (size === 64 || opcode.operandSize === 64 || rexW || opcode.addressSize === 64) modes &= Mode.Bits64;
    else if (size !== 0 && (row.f64 || (row.d64 && size === 32))) modes &= Mode.Legacy;
    return modes;
  }

  get feature(): string {
    const size = this.size || this.row.read().opcode.operandSize;
    const { feature } = this.row;
    if (size === 64 && before64.has(feature)) return 'X86_64';
    return size === 32 && before386.has(feature) ? '386' : feature;
  }

  get lock(): boolean {
    this.row.read();
    return this.row.lock;
  }

  get repeat(): Form['repeat'] {
    this.row.read();
    return this.row.repeat;
  }

  get decodeOnly(): boolean {
    this.row.read();
    return this.row.decodeOnly;
  }

  get encodeOnly(): boolean {
    this.row.read();
    return this.row.encodeOnly;
  }

  get wait(): boolean {
    this.row.read();
    return this.row.wait;
  }

  get to(): boolean {
    this.row.read();
    return this.row.to;
  }

  get optionalSecond(): boolean {
    this.row.read();
    return this.row.optionalSecond;
  }

  /** The opcode column with sizes put in for the templates. */
  get notation(): string {
    const words = this.row.opcodeColumn().split(/ +/);
    const sized = words.filter((word) => word !== 'ov' && word !== 'oz').map((word) => this.immediateWord(word));
    const { row } = this;
    const rexW = this.size === 64 && row.read().opcode.space === 'legacy' && !row.d64 && !row.f64;
    return (rexW ? 'REX.W ' : '') + sized.join(' ');
  }

  private immediateWord(word: string): string {
    const immediate = sizedImmediates[word]?.[this.column];
    if (immediate === undefined) return word;
    // The manual's names: io for 8 bytes, cd and cp for far pointers of 4 and 6.
    return immediate === 'cp16' ? 'cd' : immediate === 'cp32' ? 'cp' : immediate === 'iq' ? 'io' : immediate;
  }
}
