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
 * **Opcode** is the manual's: `NP` no prefix, `66 F2 F3` mandatory prefixes, `0F`, `0F 38`, `0F 3A` maps, `REX.W`, the
 * opcode byte (`+r` register in its low bits), `/0`..`/7`, `/r`, then immediates `ib iw id iq iz iv cb cw cd cz ow cpz /is4`
 * (`ow`: an offset of the address size). `VEX.128.66.0F38.W0 18 /r` as in the manual (`LIG LZ WIG` too; `EVEX` is read,
 * no row has it yet). `o16 o32 o64` and `a16 a32 a64` name a size where no operand does; `ov`, `oz` make a form for each
 * size where no operand tells it (RET). A byte after the opcode byte is a ModRM byte that belongs to the opcode
 * (`0F 01 C1`, `D9 E8`).
 * A row of maps 1 to 3 without mandatory prefix and without `NP` takes any of them: they mean size and repetition.
 *
 * **Attributes**
 * - `lock`, `rep`, `repe`: prefixes that mean something.
 * - `legacy`, `long`: only in 16 and 32-bit mode, only in 64-bit mode.
 * - `d64`: in 64-bit mode the operand size is 64 without REX.W, or 16 (PUSH). `f64`: it is 64 whatever is written (near
 *   branches on Intel processors).
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
  /** `always`, or the name of the control that makes it exit. */
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
const plainImmediates = new Set(['ib', 'iw', 'id', 'iq', 'cb', 'cw', 'cd', 'ow', 'cp16', 'cp32']);

/** Processor generations that come before the 386, whose 32-bit forms need a 386. */
const before386 = new Set(['8086', '186', '286']);
const before64 = new Set(['8086', '186', '286', '386', '486', 'PENTIUM', 'P6']);

const hexByte = /^[0-9A-F]{2}$/;

interface ParsedOpcode {
  opcode: Opcode;
  /** Immediates, possibly templates. */
  immediates: string[];
  /** `ov` or `oz`: a form for each operand size. */
  sizes: '' | 'v' | 'z';
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
    immediates: [],
  };
  const immediates: string[] = [];
  let sizes: ParsedOpcode['sizes'] = '';
  for (const token of text.split(' ')) {
    if (token === '') continue;
    if (token === 'ov' || token === 'oz') sizes = token === 'ov' ? 'v' : 'z';
    else if (hexByte.test(token)) {
      readByte(opcode, Number.parseInt(token, 16));
    } else if (token.charCodeAt(0) === 47 /* / */) {
      if (token === '/r') opcode.digit = 8;
      else if (token === '/is4') immediates.push('is4');
      else opcode.digit = (token.charCodeAt(1) - 48) as Opcode['digit'];
    } else if (plainImmediates.has(token) || token in sizedImmediates) {
      immediates.push(token);
    } else if (token.startsWith('VEX.') || token.startsWith('EVEX.')) {
      readVex(opcode, token);
    } else {
      readOpcodeWord(opcode, token);
    }
  }
  if (opcode.byte < 0) throw new Error(`no opcode byte in row: ${text}`);
  return { opcode, immediates, sizes };
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
    default:
      if (token.endsWith('+r')) {
        readByte(opcode, Number.parseInt(token, 16));
        opcode.plusRegister = true;
      } else {
        throw new Error(`unknown word in an opcode: ${token}`);
      }
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
const kindClass = new Map<string, 'M' | 'R' | 'I' | '-'>();
for (const kind of 'r8 r16 r32 r64 sreg creg dreg treg sti mm xmm ymm'.split(' ')) kindClass.set(kind, 'R');
for (const kind of 'al ax eax rax cl cx ecx rcx dx edx rdx rbx ebx es cs ss ds fs gs 1 3 st0 xmm0'.split(' '))
  kindClass.set(kind, '-');

function classOf(kind: OperandKind): 'M' | 'R' | 'I' | '-' {
  const known = kindClass.get(kind);
  if (known) return known;
  const result = /^s?imm|^rel|^moffs|^ptr/.test(kind) ? 'I' : 'M';
  kindClass.set(kind, result);
  return result;
}

/** The rule for where operands stand, as the header says it. */
function inferEncoding(operands: readonly OperandKind[], opcode: Opcode): string {
  const letters: string[] = [];
  let registers = 0;
  let memory = false;
  for (const kind of operands) {
    const letter = classOf(kind);
    letters.push(letter);
    if (letter === 'R') registers++;
    if (letter === 'M') memory = true;
  }
  let free: string;
  if (opcode.plusRegister) free = 'O';
  else if (opcode.digit >= 0 && opcode.digit < 8)
    free = opcode.space !== 'legacy' && registers + +memory > 1 ? 'VM' : 'M';
  else if (opcode.space !== 'legacy' && registers + +memory > 2) free = memory ? 'RV4' : 'RVM4';
  else free = memory ? 'R' : 'RM';
  // BLSI and its like: VEX.vvvv is the destination, ModRM.reg part of the opcode.
  if (memory && free === 'VM') free = 'V';
  let next = 0;
  for (let i = 0; i < letters.length; i++) if (letters[i] === 'R') letters[i] = free[next++] ?? '?';
  return letters.join('');
}

/** Reads sources into instructions and their forms; `forms` is appended to, an index there is a form's id. */
export function readInstructions(sources: readonly InstructionSource[], forms: Form[]): Instruction[] {
  return sources.map((source) => readInstruction(source, forms));
}

function readInstruction(source: InstructionSource, forms: Form[]): Instruction {
  const { mnemonic, summary, meaning } = source;
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
  for (const line of source.rows.split('\n')) {
    if (line.includes('|') || line.trim() !== '') readRow(line, result, meaning.feature ?? '8086', forms, own);
  }
  return result;
}

interface RowAttributes {
  lock: boolean;
  repeat: Form['repeat'];
  modes: number;
  d64: boolean;
  f64: boolean;
  decodeOnly: boolean;
  encodeOnly: boolean;
  feature: string;
  encoding: string | undefined;
}

function readAttributes(text: string | undefined, feature: string): RowAttributes {
  const result: RowAttributes = {
    lock: false,
    repeat: 'none',
    modes: Mode.All,
    d64: false,
    f64: false,
    decodeOnly: false,
    encodeOnly: false,
    feature,
    encoding: undefined,
  };
  if (!text) return result;
  for (const word of text.split(' ')) {
    switch (word) {
      case '':
        break;
      case 'lock':
        result.lock = true;
        break;
      case 'rep':
      case 'repe':
        result.repeat = word;
        break;
      case 'legacy':
        result.modes = Mode.Legacy;
        break;
      case 'long':
        result.modes = Mode.Bits64;
        break;
      case 'd64':
        result.d64 = true;
        break;
      case 'f64':
        result.f64 = true;
        break;
      case 'decode':
        result.decodeOnly = true;
        break;
      case 'encode':
        result.encodeOnly = true;
        break;
      default:
        if (word.startsWith('feature:')) result.feature = word.slice(8);
        else if (word.startsWith('en:')) result.encoding = word.slice(3);
        else throw new Error(`unknown attribute: ${word}`);
    }
  }
  return result;
}

function readRow(line: string, owner: Instruction, feature: string, forms: Form[], own: Form[]): void {
  const columns = line.split('|');
  // A row without operands may be written as the opcode alone.
  if (columns.length === 1) columns.unshift('');
  const operandWords = columns[0].trim() === '' ? [] : columns[0].trim().split(/ *, */);
  const { opcode, immediates, sizes: written } = readOpcode(columns[1]);
  const attributes = readAttributes(columns[2], feature);
  const notation = columns[1].trim().replace(/^o[vz] /, '');

  let sizeLetter: '' | 'v' | 'y' | 'z' = written;
  for (const word of operandWords) {
    const letter = templateSizes[word];
    if (letter && (sizeLetter === '' || letter !== 'z')) sizeLetter = letter;
  }
  if (sizeLetter === '') {
    const modes = opcode.operandSize === 64 || opcode.w === 1 || opcode.addressSize === 64 ? Mode.Bits64 : Mode.All;
    addForm(opcode, operandWords as OperandKind[], immediates as Immediate[], modes, attributes, notation);
    return;
  }
  const sizes =
    sizeLetter === 'y' ? [32, 64] : sizeLetter === 'z' && !attributes.d64 && !attributes.f64 ? [16, 32] : [16, 32, 64];
  for (const size of sizes) {
    const column = size === 16 ? 0 : size === 32 ? 1 : 2;
    const kinds = operandWords.map((word) => templates[word]?.[column] ?? (word as OperandKind));
    const bytes = immediates.map((word) => sizedImmediates[word]?.[column] ?? (word as Immediate));
    let modes: number = size === 64 ? Mode.Bits64 : Mode.All;
    if (attributes.f64 && size !== 64) modes = Mode.Legacy;
    if (attributes.d64 && size === 32) modes = Mode.Legacy;
    const sized: Opcode = { ...opcode };
    if (sizeLetter === 'y') {
      sized.w = size === 64 ? 1 : 0;
    } else if (attributes.f64 && size === 64) {
      sized.defaultSize64 = true;
    } else {
      sized.operandSize = size as 16 | 32 | 64;
      sized.defaultSize64 = attributes.d64 && size === 64;
    }
    const prefix =
      sizeLetter !== 'y' && size === 64 && !attributes.d64 && !attributes.f64
        ? 'REX.W '
        : sizeLetter === 'y' && size === 64 && opcode.space === 'legacy'
          ? 'REX.W '
          : '';
    addForm(sized, kinds, bytes, modes, attributes, prefix + sizedNotation(notation, column), size);
  }

  function addForm(
    code: Opcode,
    operands: readonly OperandKind[],
    bytes: Immediate[],
    modes: number,
    row: RowAttributes,
    text: string,
    size = 0,
  ): void {
    code.immediates = bytes;
    if (row.f64 && size === 0) code.defaultSize64 = true;
    if (row.d64 && size === 0 && code.operandSize === 64) code.defaultSize64 = true;
    let needs = row.feature;
    const width = size || code.operandSize;
    if (width === 64 && before64.has(needs)) needs = 'X86_64';
    else if (width === 32 && before386.has(needs)) needs = '386';
    const form: Form = {
      id: forms.length,
      instruction: owner,
      mnemonic: owner.mnemonic,
      operands,
      operandEncoding: row.encoding ?? inferEncoding(operands, code),
      opcode: code,
      modes: modes & row.modes,
      feature: needs,
      lock: row.lock,
      repeat: row.repeat,
      decodeOnly: row.decodeOnly,
      encodeOnly: row.encodeOnly,
      notation: text,
    };
    forms.push(form);
    own.push(form);
  }
}

/** The opcode column with the templates of immediates replaced by what they are at one size. */
function sizedNotation(notation: string, column: number): string {
  if (!/\b(iz|iv|cz|cpz)\b/.test(notation)) return notation;
  return notation.replace(/\b(iz|iv|cz|cpz)\b/, (word) => {
    const immediate = sizedImmediates[word][column];
    return immediate === 'cp16' ? 'cd' : immediate === 'cp32' ? 'cp' : immediate === 'iq' ? 'io' : immediate;
  });
}
