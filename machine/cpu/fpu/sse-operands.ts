/** How SSE floating-point instructions reach XMM and MMX registers and memory. */
import type { Decoded } from '../../../isa/decoded';
import type { Cpu } from '../cpu';
import { raise, Vector } from '../fault';
import { State } from '../layout';
import { checkAlignment, linearAddress, lowAddress, ownContext, read, read64 } from '../system/access';
import { requireSse } from './sse-control';
import { raisePending, setTop } from './x87-state';

export function registerIndex(instruction: Decoded, operand: number): number {
  const it = instruction.operands[operand];
  if (it.kind !== 'register') throw new Error(`operand ${operand} is no register`);
  return it.index;
}

export function immediate(instruction: Decoded, operand: number): number {
  const it = instruction.operands[operand];
  return it.kind === 'immediate' ? it.low & 0xff : 0;
}

function requireAlignment(bytes: number, linear: number): void {
  if (bytes === 16 && (linear & 15) !== 0) raise(Vector.GP, 0, 'the operand is not aligned to 16 bytes');
}

/** The lowest lanes of an XMM register or of memory; 16 bytes of memory must be aligned. */
export function readLanes(cpu: Cpu, instruction: Decoded, operand: number, bits: 32 | 64, lanes: number): bigint[] {
  const it = instruction.operands[operand];
  const result: bigint[] = [];
  if (it.kind === 'memory') {
    const bytes = (bits * lanes) >>> 3;
    // in 64-bit mode alignment is looked at before canonicality, which may be #SS
    if (cpu.state.codeBits === 64) requireAlignment(bytes, lowAddress(cpu, instruction, it));
    const linear = linearAddress(cpu, instruction, it, bytes, false);
    requireAlignment(bytes, linear);
    if (bytes < 16) checkAlignment(linear, bytes, ownContext(cpu));
    for (let i = 0; i < lanes; i++) {
      result.push(bits === 32 ? BigInt(read(cpu, linear + 4 * i, 4)) : read64(cpu, linear + 8 * i));
    }
    return result;
  }
  const at = State.xmm + 16 * registerIndex(instruction, operand);
  const { u32, u64 } = cpu.state;
  for (let i = 0; i < lanes; i++) result.push(bits === 32 ? BigInt(u32[(at >>> 2) + i]) : u64[(at >>> 3) + i]);
  return result;
}

/** Writes the lowest lanes of an XMM register; the others stay. */
export function writeLanes(cpu: Cpu, register: number, bits: 32 | 64, lanes: readonly bigint[]): void {
  const at = State.xmm + 16 * register;
  const { u32, u64 } = cpu.state;
  lanes.forEach((value, i) => {
    if (bits === 32) u32[(at >>> 2) + i] = Number(value);
    else u64[(at >>> 3) + i] = value;
  });
}

/** Checks of an instruction that uses SSE and MMX registers; `touches` makes all x87 registers valid and TOP zero. */
export function beginMmx(cpu: Cpu, touches = true): void {
  requireSse(cpu);
  if (touches) raisePending(cpu);
}

/** What any use of an MMX register does to the x87 state (SDM 1 9.5.1). */
export function touchMmx(cpu: Cpu): void {
  cpu.state.set32(State.fpuTag, 0);
  setTop(cpu, 0);
}

export function readMmx(cpu: Cpu, instruction: Decoded, operand: number): bigint {
  const it = instruction.operands[operand];
  if (it.kind === 'memory') return read64(cpu, linearAddress(cpu, instruction, it, 8, false));
  return cpu.state.u64[(State.x87 + 16 * registerIndex(instruction, operand)) >>> 3];
}

export function writeMmx(cpu: Cpu, register: number, value: bigint): void {
  const at = State.x87 + 16 * register;
  cpu.state.u64[at >>> 3] = value;
  cpu.state.u16[(at + 8) >>> 1] = 0xffff;
  touchMmx(cpu);
}
