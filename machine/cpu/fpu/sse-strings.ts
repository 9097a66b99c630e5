/**
 * PCMPESTRI, PCMPESTRM, PCMPISTRI, PCMPISTRM (SDM 1 14.9.2, 2B 4.1). In TypeScript by decision: they compare every element
 * with every other under rules that the immediate chooses, which WebAssembly could only do one by one as well.
 */
import type { Decoded } from '../../../isa/decoded';
import type { Cpu, InstructionHelper } from '../cpu';
import { Gpr, State } from '../layout';
import { linearAddress, read64, uncheckedContext } from '../system/access';
import { requireSse } from './sse-control';
import { immediate, registerIndex } from './sse-operands';

/** The immediate's fields (SDM 2B 4.1.1 to 4.1.4). */
const Control = { words: 1, signed: 2, negate: 0x10, onlyValid: 0x20, lastOrMask: 0x40 } as const;
const Aggregation = { equalAny: 0, ranges: 1, equalEach: 2, equalOrdered: 3 } as const;

const CF = 1;
const ZF = 0x40;
const SF = 0x80;
const OF = 0x800;

/** Elements of 16 bytes, by the immediate's format. */
function elements(low: bigint, high: bigint, control: number): number[] {
  const bits = control & Control.words ? 16 : 8;
  const result: number[] = [];
  for (const half of [low, high]) {
    for (let at = 0; at < 64; at += bits) {
      const element = (half >> BigInt(at)) & ((1n << BigInt(bits)) - 1n);
      result.push(Number(control & Control.signed ? BigInt.asIntN(bits, element) : element));
    }
  }
  return result;
}

/** The length in RAX or RDX: its magnitude, at most the number of elements. */
function explicitLength(cpu: Cpu, register: number, wide: boolean, most: number): number {
  const value = wide ? BigInt.asIntN(64, cpu.state.gpr64(register)) : BigInt(cpu.state.gpr32(register) | 0);
  const magnitude = value < 0n ? -value : value;
  return magnitude > BigInt(most) ? most : Number(magnitude);
}

/** Bit j of the result: what element j of the second string (of length `lengthB`) has to do with the first (SDM 2B table 4-6 too). */
function aggregate(a: number[], lengthA: number, b: number[], lengthB: number, control: number): number {
  const count = a.length;
  let result = 0;
  for (let j = 0; j < count; j++) {
    if (matches((control >>> 2) & 3, a, lengthA, b, lengthB, j)) result |= 1 << j;
  }
  return result;
}

function matches(mode: number, a: number[], lengthA: number, b: number[], lengthB: number, j: number): boolean {
  switch (mode) {
    case Aggregation.equalAny:
      return j < lengthB && a.slice(0, lengthA).includes(b[j]);
    case Aggregation.ranges:
      if (j >= lengthB) return false;
      for (let i = 0; i + 1 < lengthA; i += 2) if (b[j] >= a[i] && b[j] <= a[i + 1]) return true;
      return false;
    case Aggregation.equalEach:
      // elements behind the end of both are equal, behind the end of one they differ
      return j < lengthA && j < lengthB ? a[j] === b[j] : j >= lengthA && j >= lengthB;
    default:
      // the first string begins at j; what of it would lie beyond the register is not looked at
      for (let i = 0; i < lengthA && i + j < a.length; i++) if (i + j >= lengthB || a[i] !== b[i + j]) return false;
      return true;
  }
}

function secondOperand(cpu: Cpu, instruction: Decoded): [bigint, bigint] {
  const it = instruction.operands[1];
  if (it.kind === 'memory') {
    // these alone of SSE take memory that is not aligned
    const linear = linearAddress(cpu, instruction, it, 16, false);
    const context = uncheckedContext(cpu);
    return [read64(cpu, linear, context), read64(cpu, linear + 8, context)];
  }
  const at = (State.xmm + 16 * registerIndex(instruction, 1)) >>> 3;
  return [cpu.state.u64[at], cpu.state.u64[at + 1]];
}

function compareStrings(cpu: Cpu, instruction: Decoded, explicit: boolean, toMask: boolean): void {
  requireSse(cpu);
  const { state } = cpu;
  const control = immediate(instruction, 2);
  const [low, high] = secondOperand(cpu, instruction);
  const at = (State.xmm + 16 * registerIndex(instruction, 0)) >>> 3;
  const a = elements(state.u64[at], state.u64[at + 1], control);
  const b = elements(low, high, control);
  const count = a.length;
  const length = (string: number[], register: number): number => {
    if (explicit) return explicitLength(cpu, register, (instruction.prefixes.rex & 8) !== 0, count);
    const end = string.indexOf(0);
    return end < 0 ? count : end;
  };
  const lengthA = length(a, Gpr.RAX);
  const lengthB = length(b, Gpr.RDX);
  let result = aggregate(a, lengthA, b, lengthB, control);
  const all = (1 << count) - 1;
  if (control & Control.negate) result ^= control & Control.onlyValid ? (1 << lengthB) - 1 : all;
  if (toMask) writeMask(cpu, result, count, (control & Control.lastOrMask) !== 0);
  else {
    const last = (control & Control.lastOrMask) !== 0;
    const index = last ? 31 - Math.clz32(result) : 31 - Math.clz32(result & -result);
    state.setGpr32(Gpr.RCX, result === 0 ? count : index);
  }
  state.setArithmeticFlags(
    (result !== 0 ? CF : 0) | (lengthB < count ? ZF : 0) | (lengthA < count ? SF : 0) | (result & 1 ? OF : 0),
  );
}

/** XMM0 as bits, or as elements of all ones and all zeros. */
function writeMask(cpu: Cpu, result: number, count: number, expand: boolean): void {
  const { u8 } = cpu.state;
  u8.fill(0, State.xmm, State.xmm + 16);
  if (!expand) {
    u8[State.xmm] = result;
    u8[State.xmm + 1] = result >>> 8;
    return;
  }
  const bytes = 16 / count;
  for (let i = 0; i < 16; i++) if ((result >>> Math.floor(i / bytes)) & 1) u8[State.xmm + i] = 0xff;
}

export const sseStrings: [string, InstructionHelper][] = [
  ['pcmpestri', (cpu, instruction) => compareStrings(cpu, instruction, true, false)],
  ['pcmpestrm', (cpu, instruction) => compareStrings(cpu, instruction, true, true)],
  ['pcmpistri', (cpu, instruction) => compareStrings(cpu, instruction, false, false)],
  ['pcmpistrm', (cpu, instruction) => compareStrings(cpu, instruction, false, true)],
];
