/** What each {@link OperandKind} means to encoder and decoder: its register file, its width in memory, its constant. */
import type { DecodedOperand, RegisterFile } from './decoded';
import type { OperandKind } from './form';

export interface KindInfo {
  kind: OperandKind;
  class: 'register' | 'memory' | 'rm' | 'immediate' | 'relative' | 'offset' | 'far' | 'implied';
  /** Of `register` and `rm`: where the register comes from. */
  file?: RegisterFile;
  /** Bits: of the datum in memory or of an immediate, branch displacement or register; 0 where it has none. */
  size: number;
  /** Of an immediate: sign-extended to the operand size. */
  signed: boolean;
  /** Of `memory`: the register in the index is a vector (VSIB), and this is its file. */
  vsib?: 'xmm' | 'ymm';
  /** Of `implied`: what it always is. */
  constant?: DecodedOperand;
}

const infos = new Map<string, KindInfo>();

function add(kind: OperandKind, info: Omit<KindInfo, 'kind' | 'signed'> & { signed?: boolean }): void {
  infos.set(kind, { signed: false, ...info, kind });
}

const registerOf = (file: RegisterFile, index: number): DecodedOperand => ({ kind: 'register', file, index });

const gpr: Record<number, RegisterFile> = { 8: 'gpr8', 16: 'gpr16', 32: 'gpr32', 64: 'gpr64' };
for (const size of [8, 16, 32, 64] as const) {
  add(`r${size}`, { class: 'register', file: gpr[size], size });
  add(`rm${size}`, { class: 'rm', file: gpr[size], size });
  add(`imm${size}`, { class: 'immediate', size });
  add(`moffs${size}`, { class: 'offset', size });
}
for (const size of [8, 16, 32] as const) add(`rel${size}`, { class: 'relative', size, signed: true });
for (const size of [8, 32] as const) add(`simm${size}`, { class: 'immediate', size, signed: true });
add('m', { class: 'memory', size: 0 });
for (const size of [8, 16, 32, 64, 80, 128, 256, 512] as const) add(`m${size}`, { class: 'memory', size });
add('m16:16', { class: 'memory', size: 32 });
add('m16:32', { class: 'memory', size: 48 });
add('m16:64', { class: 'memory', size: 80 });
add('m16&32', { class: 'memory', size: 48 });
add('m16&64', { class: 'memory', size: 80 });
add('ptr16:16', { class: 'far', size: 16 });
add('ptr16:32', { class: 'far', size: 32 });
add('sreg', { class: 'register', file: 'segment', size: 16 });
add('creg', { class: 'register', file: 'control', size: 0 });
add('dreg', { class: 'register', file: 'debug', size: 0 });
add('treg', { class: 'register', file: 'test', size: 32 });
add('sti', { class: 'register', file: 'st', size: 80 });
add('mm', { class: 'register', file: 'mm', size: 64 });
add('xmm', { class: 'register', file: 'xmm', size: 128 });
add('ymm', { class: 'register', file: 'ymm', size: 256 });
for (const size of [32, 64, 128] as const) add(`mmm${size}`, { class: 'rm', file: 'mm', size });
for (const size of [8, 16, 32, 64, 128] as const) add(`xmmm${size}`, { class: 'rm', file: 'xmm', size });
add('ymmm256', { class: 'rm', file: 'ymm', size: 256 });
add('r32m8', { class: 'rm', file: 'gpr32', size: 8 });
add('r32m16', { class: 'rm', file: 'gpr32', size: 16 });
add('r64m8', { class: 'rm', file: 'gpr64', size: 8 });
add('r64m16', { class: 'rm', file: 'gpr64', size: 16 });
for (const size of [32, 64] as const) {
  add(`vm${size}x`, { class: 'memory', size, vsib: 'xmm' });
  add(`vm${size}y`, { class: 'memory', size, vsib: 'ymm' });
}
const implied: [OperandKind, RegisterFile, number, number][] = [
  ['al', 'gpr8', 0, 8],
  ['cl', 'gpr8', 1, 8],
  ['ax', 'gpr16', 0, 16],
  ['cx', 'gpr16', 1, 16],
  ['dx', 'gpr16', 2, 16],
  ['eax', 'gpr32', 0, 32],
  ['ecx', 'gpr32', 1, 32],
  ['edx', 'gpr32', 2, 32],
  ['ebx', 'gpr32', 3, 32],
  ['rax', 'gpr64', 0, 64],
  ['rcx', 'gpr64', 1, 64],
  ['rdx', 'gpr64', 2, 64],
  ['rbx', 'gpr64', 3, 64],
  ['es', 'segment', 0, 16],
  ['cs', 'segment', 1, 16],
  ['ss', 'segment', 2, 16],
  ['ds', 'segment', 3, 16],
  ['fs', 'segment', 4, 16],
  ['gs', 'segment', 5, 16],
  ['st0', 'st', 0, 80],
  ['xmm0', 'xmm', 0, 128],
];
for (const [kind, file, index, size] of implied)
  add(kind, { class: 'implied', file, size, constant: registerOf(file, index) });
for (const value of [1, 3]) {
  const constant: DecodedOperand = { kind: 'immediate', low: value, high: 0, size: 8 };
  add(`${value}` as OperandKind, { class: 'implied', size: 8, constant });
}

/** The meaning of an operand kind. */
export function kindInfo(kind: OperandKind): KindInfo {
  const info = infos.get(kind);
  if (!info) throw new Error(`operand kind without meaning: ${kind}`);
  return info;
}
