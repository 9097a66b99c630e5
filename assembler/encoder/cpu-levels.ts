/**
 * What the CPU directive allows. NASM gives each instruction the processor that it came with; the names of the processors, and
 * what it takes for the processor of each extension, are found by experiment with nasm 2.16 (cpu-levels.nasm.test.ts).
 */
import type { Form } from '../../isa/form';

/** Processors in NASM's order; instructions later than those it names are of the last. */
export const CpuLevel = {
  I8086: 1,
  I186: 2,
  I286: 3,
  I386: 4,
  I486: 5,
  Pentium: 6,
  P6: 7,
  Katmai: 8,
  Willamette: 9,
  Prescott: 10,
  X86_64: 11,
  Nehalem: 12,
  Westmere: 13,
  SandyBridge: 14,
  Later: 15,
} as const;

const named: ReadonlyMap<string, number> = new Map([
  ['8086', CpuLevel.I8086],
  ['186', CpuLevel.I186],
  ['286', CpuLevel.I286],
  ['386', CpuLevel.I386],
  ['486', CpuLevel.I486],
  ...['586', 'pentium'].map((name) => [name, CpuLevel.Pentium] as const),
  ...['686', 'p6', 'ppro', 'pentiumpro', 'p2'].map((name) => [name, CpuLevel.P6] as const),
  ...['p3', 'katmai'].map((name) => [name, CpuLevel.Katmai] as const),
  ...['p4', 'willamette'].map((name) => [name, CpuLevel.Willamette] as const),
  ['prescott', CpuLevel.Prescott],
  ...['x64', 'x86-64'].map((name) => [name, CpuLevel.X86_64] as const),
  ['nehalem', CpuLevel.Nehalem],
  ['westmere', CpuLevel.Westmere],
  ['sandybridge', CpuLevel.SandyBridge],
  ...['ia64', 'ia-64', 'itanium', 'itanic', 'merced'].map((name) => [name, CpuLevel.Later] as const),
  ...['all', 'any', 'default'].map((name) => [name, CpuLevel.Later] as const),
]);

/** The level of a processor by the name that CPU takes; any case. */
export function cpuLevelNamed(name: string): number | undefined {
  return named.get(name.toLowerCase());
}

/** By CPUID feature. NASM tells no processor for some that came between two it knows: it takes them at every level. */
const ofFeature: Partial<Record<string, number>> = {
  '186': CpuLevel.I186,
  '286': CpuLevel.I286,
  '386': CpuLevel.I386,
  '486': CpuLevel.I486,
  PENTIUM: CpuLevel.Pentium,
  CX8: CpuLevel.Pentium,
  MSR: CpuLevel.Pentium,
  TSC: CpuLevel.Pentium,
  MMX: CpuLevel.Pentium,
  PADLOCK: CpuLevel.Pentium,
  P6: CpuLevel.P6,
  CMOV: CpuLevel.P6,
  FXSR: CpuLevel.P6,
  SEP: CpuLevel.P6,
  SYSCALL: CpuLevel.P6,
  LZCNT: CpuLevel.P6,
  SSE: CpuLevel.Katmai,
  SMX: CpuLevel.Katmai,
  SSE2: CpuLevel.Willamette,
  SSE3: CpuLevel.Prescott,
  MONITOR: CpuLevel.Prescott,
  X86_64: CpuLevel.X86_64,
  CMPXCHG16B: CpuLevel.X86_64,
  RDTSCP: CpuLevel.X86_64,
  MOVBE: CpuLevel.Nehalem,
  POPCNT: CpuLevel.Nehalem,
  XSAVE: CpuLevel.Nehalem,
  AESNI: CpuLevel.Westmere,
  PCLMULQDQ: CpuLevel.Westmere,
  AVX: CpuLevel.SandyBridge,
};

const everywhere: ReadonlySet<string> = new Set([
  ...['8086', 'FPU', 'SSSE3', 'SSE4.1', 'SSE4.2', 'VMX', 'EPT', 'VPID', 'SVM', 'SEV_ES', 'SEV_SNP', 'MONITORX'],
]);

const mnemonics = (level: number, names: string): [string, number][] => names.split(' ').map((name) => [name, level]);

/** What goes by other rules than its feature. */
const ofMnemonic: ReadonlyMap<string, number> = new Map([
  ...mnemonics(CpuLevel.I8086, 'retd retfd retnd'),
  ...mnemonics(CpuLevel.I186, 'enter leave ud0 ud1 ud2a ud2b'),
  ...mnemonics(CpuLevel.I286, 'lgdt lidt loadall286'),
  ...mnemonics(CpuLevel.I386, 'jecxz ibts xbts umov smi loadall'),
  ...mnemonics(CpuLevel.I486, 'rsdc rsldt rsts smintold svdc svldt svts cmpxchg486'),
  ...mnemonics(CpuLevel.Pentium, 'cmpxchg cpuid bb0_reset bb1_reset cpu_read cpu_write'),
  ...mnemonics(CpuLevel.P6, 'dmint rdm rdshr smint wrshr'),
  ...mnemonics(CpuLevel.X86_64, 'retq retnq fxsave64 fxrstor64 invlpga skinit'),
]);

/** The same for single forms. */
const ofOperandsOf: ReadonlyMap<string, number> = new Map([
  ['fstsw ax', CpuLevel.I286],
  ['fnstsw ax', CpuLevel.I286],
  ['pop cs', CpuLevel.I8086],
  ['mov r32,treg', CpuLevel.I386],
  ['mov treg,r32', CpuLevel.I386],
  ['pextrw r32,xmm,imm8', CpuLevel.I8086],
  ['invept r64,m128', CpuLevel.I8086],
  ['invvpid r64,m128', CpuLevel.I8086],
]);

/** Registers of 32 and 64 bits came with the processors that have them. */
function ofOperands({ operands }: Form): number {
  if (operands.some((kind) => /^(r|rm)64|^rax$/.test(kind))) return CpuLevel.X86_64;
  return operands.some((kind) => /^(r|rm)32|^eax$/.test(kind)) ? CpuLevel.I386 : CpuLevel.I8086;
}

/** Their operand size is the mode's own where none is written, and then the first processor has them. */
const sizedByMode: ReadonlySet<string> = new Set(['call', 'jmp', 'ret', 'retf', 'retn', 'push']);

/** The first processor that has a form, as NASM sees it; `size`: of its widest operand in bits, 0 where none tells its size. */
export function cpuLevelOf(form: Form, size: number): number {
  const { mnemonic, operands, feature } = form;
  const first = operands[0] ?? '';
  const level = ofMnemonic.get(mnemonic);
  if (level !== undefined) return level === CpuLevel.I186 ? level : Math.max(level, ofOperands(form));
  const special = ofOperandsOf.get(`${mnemonic} ${operands.join()}`);
  if (special !== undefined) return special;
  if (first === 'sreg' || /^[cdefgs]s$/.test(first)) {
    if (mnemonic === 'push' || mnemonic === 'pop') return /^[fg]s$/.test(first) ? CpuLevel.I386 : CpuLevel.I8086;
  }
  if (mnemonic.startsWith('loop')) {
    if (operands.includes('rcx')) return CpuLevel.X86_64;
    return operands.includes('ecx') ? CpuLevel.I386 : CpuLevel.I8086;
  }
  if (mnemonic[0] === 'j' && mnemonic !== 'jmp' && mnemonic !== 'jmpe' && mnemonic !== 'jrcxz')
    return first === 'rel8' ? CpuLevel.I8086 : CpuLevel.I386;
  if (mnemonic === 'mov' && size === 64 && operands.includes('sreg')) return CpuLevel.X86_64;
  if (size === 0 && sizedByMode.has(mnemonic)) {
    if (mnemonic !== 'push') return CpuLevel.I8086;
    if (first.includes('imm')) return CpuLevel.I186;
  }
  const own = everywhere.has(feature) ? CpuLevel.I8086 : (ofFeature[feature] ?? CpuLevel.Later);
  const registers = ofOperands(form);
  // What has no processor does not get one by 32-bit registers.
  return own === CpuLevel.I8086 && registers === CpuLevel.I386 && feature !== '8086' ? own : Math.max(own, registers);
}
