/** The operand column of a row: templates that stand for several operand sizes, and where each operand stands. */
import type { Opcode, OperandKind } from '../form';

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
export interface ParsedOperands {
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

export function readOperands(column: string): ParsedOperands {
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
export function operandEncoding(operands: ParsedOperands, opcode: Opcode): string {
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
