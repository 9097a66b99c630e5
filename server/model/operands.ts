/** What an operand in a source is, and which operand kinds of the instruction table it can stand for. */

import { type Form, type Instruction, Mode, type OperandKind } from '../../isa/form';
import { kindInfo } from '../../isa/operand-kinds';
import { type Register, registerNamed } from '../../isa/registers';
import type { ProgramView } from './program-view';
import { numberValue, type Token } from './scan';
import type { Operand } from './statement';

/** `any`: a macro or parameter that could stand for everything. */
export type Shape =
  | { kind: 'any' }
  | { kind: 'register'; register: Register }
  /** `size` in bits where it is written. */
  | { kind: 'memory'; size?: number; hasRegister: boolean }
  | { kind: 'immediate'; value?: bigint; distance?: 'short' | 'near' }
  | { kind: 'far' };

const SIZES: Readonly<Record<string, number>> = {
  byte: 8,
  word: 16,
  dword: 32,
  qword: 64,
  tword: 80,
  oword: 128,
  yword: 256,
  zword: 512,
};

/** What the operand is. `view` knows which words are macros. */
export function shapeOf({ tokens }: Operand, view: ProgramView): Shape {
  let size: number | undefined;
  let distance: 'short' | 'near' | undefined;
  let i = 0;
  for (; i < tokens.length; i++) {
    const word = tokens[i].text.toLowerCase();
    if (word in SIZES) size = SIZES[word];
    else if (word === 'far')
      return tokens[i + 1]?.text === '[' ? { kind: 'memory', hasRegister: false } : { kind: 'far' };
    else if (word === 'short' || word === 'near') distance = word;
    else if (word !== 'strict' && word !== 'to') break;
  }
  const rest = tokens.slice(i);
  const first = rest[0];
  if (first === undefined || rest.some((t) => t.kind === 'parameter' || t.kind === 'contextLocal'))
    return { kind: 'any' };
  if (first.text === '[') return { kind: 'memory', size, hasRegister: rest.some((t) => isRegister(t)) };
  if (first.kind === 'word') {
    const register = registerNamed(first.text);
    if (register && (rest.length === 1 || rest[1].text === '{')) return { kind: 'register', register };
    if (rest.length === 1 && view.defineNamed(first.text)) return { kind: 'any' };
  }
  if (rest.some((t) => t.text === ':')) return { kind: 'far' };
  const value = rest.length === 1 && first.kind === 'number' ? numberValue(first.text) : undefined;
  return { kind: 'immediate', value, distance };
}

function isRegister(token: Token): boolean {
  return token.kind === 'word' && registerNamed(token.text) !== undefined;
}

/** Whether an operand of this shape can be what the form wants there. */
export function fits(kind: OperandKind, shape: Shape): boolean {
  if (shape.kind === 'any') return true;
  const info = kindInfo(kind);
  switch (info.class) {
    case 'register':
      return shape.kind === 'register' && sameFile(shape.register, info.file);
    case 'rm':
      if (shape.kind === 'register') return sameFile(shape.register, info.file);
      return shape.kind === 'memory' && (shape.size === undefined || shape.size === info.size);
    case 'memory':
      return shape.kind === 'memory' && (shape.size === undefined || info.size === 0 || shape.size === info.size);
    case 'immediate':
      return shape.kind === 'immediate' && (!info.signed || info.size !== 8 || fitsByte(shape.value));
    case 'relative':
      return shape.kind === 'immediate' && (shape.distance !== 'short' || info.size === 8);
    case 'offset':
      return shape.kind === 'memory' && !shape.hasRegister && (shape.size === undefined || shape.size === info.size);
    case 'far':
      return shape.kind === 'far';
    case 'implied': {
      const constant = info.constant;
      if (constant?.kind === 'register') {
        return (
          shape.kind === 'register' && shape.register.file === constant.file && shape.register.index === constant.index
        );
      }
      return constant?.kind === 'immediate' && shape.kind === 'immediate' && shape.value === BigInt(constant.low);
    }
  }
}

function sameFile(register: Register, file: string | undefined): boolean {
  return register.file === file || (register.file === 'gpr8high' && file === 'gpr8');
}

function fitsByte(value: bigint | undefined): boolean {
  return value === undefined || (value >= -128n && value <= 127n);
}

export function modeBit(bits: 16 | 32 | 64): number {
  return bits === 64 ? Mode.Bits64 : bits === 32 ? Mode.Bits32 : Mode.Bits16;
}

/** The forms of the instruction in this mode that the operands written so far do not rule out. */
export function matchingForms(
  instruction: Instruction,
  shapes: readonly Shape[],
  bits: 16 | 32 | 64,
  complete: boolean,
): Form[] {
  return instruction.forms.filter(
    (form) =>
      (form.modes & modeBit(bits)) !== 0 &&
      (complete ? form.operands.length === shapes.length : form.operands.length >= shapes.length) &&
      shapes.every((shape, i) => fits(form.operands[i], shape)),
  );
}

/** The operand kind as the manual prints it: `r/m32`, `imm8`, `CR0–CR15`. */
export function kindText(kind: OperandKind): string {
  if (kind.startsWith('rm')) return `r/m${kind.slice(2)}`;
  if (kind.startsWith('simm')) return kind.slice(1);
  const vector = /^([xy]mm|mm)m(\d+)$/.exec(kind);
  if (vector) return `${vector[1]}/m${vector[2]}`;
  const mixed = /^r(32|64)m(8|16)$/.exec(kind);
  if (mixed) return `r${mixed[1]}/m${mixed[2]}`;
  const words: Partial<Record<OperandKind, string>> = {
    sreg: 'Sreg',
    creg: 'CR0–CR15',
    dreg: 'DR0–DR7',
    treg: 'TR3–TR7',
    sti: 'ST(i)',
    st0: 'ST(0)',
    m: 'm',
  };
  const text = words[kind];
  if (text !== undefined) return text;
  return kindInfo(kind).class === 'implied' ? kind.toUpperCase() : kind;
}

/** `MOV r/m32, r32`. */
export function formText(form: Form): string {
  const operands = form.operands.map(kindText).join(', ');
  return operands === '' ? form.mnemonic.toUpperCase() : `${form.mnemonic.toUpperCase()} ${operands}`;
}
