/** Which template an instruction matches, and if none, why: NASM's rules and the order of its complaints. */
import { Mode } from '../../isa/form';
import { CpuLevel, cpuLevelOf } from './cpu-levels';
import type { ClassedOperand } from './operand-class';
import { Class } from './operand-class';
import { Distance, type OperandTemplate, sizeBit, type Template } from './template';

/** How far a match came; the farthest is reported. */
export const Match = {
  Invalid: 0,
  SizeMissing: 1,
  SizeMismatch: 2,
  BadCpu: 3,
  BadMode: 4,
  Encoding: 5,
  BadBnd: 6,
  BadRepne: 7,
  Good: 8,
} as const;

export interface MatchRequest {
  templates: readonly Template[];
  operands: readonly ClassedOperand[];
  bits: 16 | 32 | 64;
  /** `{vex}` and its kind, or empty. */
  encodingHint: string;
  /** The CPU directive's level; undefined allows all. */
  cpu?: number | undefined;
  /** XACQUIRE or XRELEASE stands before it. */
  elided?: boolean;
  /** NASM's -O2 and above. */
  optimizing: boolean;
  /** Is the target of a jump near enough for the short form? */
  reachesShort: (template: Template) => boolean;
}

export interface MatchResult {
  template: Template | undefined;
  /** One of {@link Match}. */
  outcome: number;
}

export function modeOf(bits: 16 | 32 | 64): number {
  return bits === 16 ? Mode.Bits16 : bits === 32 ? Mode.Bits32 : Mode.Bits64;
}

/** Finds the template; guesses the size of one operand if only one is possible. */
export function findTemplate(request: MatchRequest): MatchResult {
  const { templates, operands } = request;
  let outcome: number = Match.Invalid;
  let possible: number[] | undefined;
  for (let i = 0; i < templates.length; i++) {
    const template = templates[i];
    const match = matches(template, request);
    if (match === Match.Good) return { template, outcome: match };
    if (match > outcome) outcome = match;
    if (match === Match.SizeMissing && !template.exact) {
      possible ??= operands.map((operand) => sizeBit(operand.size));
      for (let j = 0; j < operands.length; j++) possible[j] |= sizeBit(template.operands[j].size);
    }
  }
  if (!possible) return { template: undefined, outcome };
  const guessed: { operand: ClassedOperand; size: number }[] = [];
  for (let j = 0; j < operands.length; j++) {
    const operand = operands[j];
    if (operand.register) continue;
    if ((possible[j] & (possible[j] - 1)) !== 0) return { template: undefined, outcome };
    guessed.push({ operand, size: operand.size });
    if (possible[j]) operand.size = sizeOfBit(possible[j]);
  }
  for (const template of templates) {
    const match = matches(template, request);
    if (match === Match.Good) return { template, outcome: match };
    if (match > outcome) outcome = match;
  }
  return { template: undefined, outcome };
}

function sizeOfBit(bit: number): number {
  return [8, 16, 32, 64, 80, 128, 256, 512][31 - Math.clz32(bit)];
}

function distanceOf(operand: ClassedOperand): number {
  return operand.far ? Distance.Far : operand.near ? Distance.Near : operand.short ? Distance.Short : Distance.None;
}

/** Compares one template. */
function matches(template: Template, request: MatchRequest): number {
  const { operands, bits } = request;
  const { form } = template;
  if (template.optimized && !request.optimizing) return Match.Invalid;
  if (template.notElided && request.elided) return Match.Invalid;
  let missing = false;
  let mismatch = false;
  let told = false;
  let to = false;
  for (let i = 0; i < operands.length; i++) {
    const operand = operands[i];
    const wanted = template.operands[i];
    if ((operand.class & wanted.class) === 0) return Match.Invalid;
    if (wanted.register !== undefined && operand.register !== wanted.register) return Match.Invalid;
    if (operand.to) to = true;
    if (operand.size !== 0 && ((template.tellers >> i) & 1) !== 0) told = true;
    const size = matchSize(operand, wanted);
    if (size === Match.Invalid) return size;
    if (size === Match.SizeMissing) missing = true;
    else if (size === Match.SizeMismatch || (distanceOf(operand) & wanted.distances) === 0) mismatch = true;
  }
  if (to !== form.to) return Match.Invalid;
  if (missing) return Match.SizeMissing;
  if (mismatch) return Match.SizeMismatch;
  const { cpu } = request;
  if (cpu !== undefined && cpuLevelOf(form, widest(operands)) > cpu) return Match.BadCpu;
  const mode = modeOf(bits);
  if ((form.modes & mode) === 0) {
    return Match.BadMode;
  }
  if (template.notItself64 && bits === 64 && operands[0].register === operands[1].register) return Match.Invalid;
  if (!told && (template.defaultModes & mode) === 0) return Match.Invalid;
  if (request.encodingHint === 'evex') return Match.Encoding;
  if (request.encodingHint.startsWith('vex') && form.opcode.space !== 'vex') return Match.Encoding;
  if (template.jumpOverJump && (cpu === undefined || cpu >= CpuLevel.I386)) return Match.Invalid;
  if (template.shortJump && !request.reachesShort(template)) return Match.Invalid;
  return Match.Good;
}

function widest(operands: readonly ClassedOperand[]): number {
  let size = 0;
  for (const operand of operands) size = Math.max(size, operand.size, operand.register === undefined ? 0 : 8);
  return size;
}

function matchSize(operand: ClassedOperand, wanted: OperandTemplate): number {
  const { size } = operand;
  if (operand.register !== undefined)
    return wanted.registerSize === 0 || wanted.registerSize === size ? Match.Good : Match.Invalid;
  if (wanted.size === 0) {
    return size === 0 || (wanted.allowed & sizeBit(size)) !== 0 ? Match.Good : Match.SizeMismatch;
  }
  if (size === wanted.size) return Match.Good;
  if (operand.isMemory && wanted.sizedByRegister) return size === 0 ? Match.Good : Match.SizeMismatch;
  if (size !== 0) return Match.Invalid;
  return wanted.unsized ? Match.Good : Match.SizeMissing;
}

/** Whether an operand is a number or address rather than a register or memory. */
export function isImmediate(operand: ClassedOperand): boolean {
  return (operand.class & Class.Immediate) !== 0;
}
