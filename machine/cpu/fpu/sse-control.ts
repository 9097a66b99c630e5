/** MXCSR and who may use SSE (SDM 1 10.2.3, 3A 13.1). */
import type { Decoded } from '../../../isa/decoded';
import type { Cpu, InstructionHelper } from '../cpu';
import { raise, Vector } from '../fault';
import { State } from '../layout';
import { linearAddress, memoryOperand, read, write } from '../system/access';
import { Cr0, Cr4 } from '../system/control';

/** Bits of MXCSR that may be set. */
const MXCSR_MASK = 0xffff;

/** #UD while CR0.EM is set or CR4.OSFXSR clear, #NM while CR0.TS is set. */
export function requireSse(cpu: Cpu): void {
  const cr0 = cpu.state.u32[State.cr0 >>> 2];
  if ((cr0 & Cr0.EM) !== 0) raise(Vector.UD, undefined, 'CR0.EM is set');
  if ((cpu.state.u32[State.cr4 >>> 2] & Cr4.OSFXSR) === 0) raise(Vector.UD, undefined, 'CR4.OSFXSR is clear');
  if ((cr0 & Cr0.TS) !== 0) raise(Vector.NM, undefined, 'CR0.TS is set');
}

function loadMxcsr(cpu: Cpu, instruction: Decoded): void {
  requireSse(cpu);
  const value = read(cpu, linearAddress(cpu, instruction, memoryOperand(instruction, 0), 4, false), 4);
  if ((value & ~MXCSR_MASK) !== 0) raise(Vector.GP, 0, 'MXCSR has a reserved bit set');
  cpu.state.set32(State.mxcsr, value);
}

function storeMxcsr(cpu: Cpu, instruction: Decoded): void {
  requireSse(cpu);
  const linear = linearAddress(cpu, instruction, memoryOperand(instruction, 0), 4, true);
  write(cpu, linear, 4, cpu.state.get32(State.mxcsr));
}

export const sseControl: [string, InstructionHelper][] = [
  ['ldmxcsr', loadMxcsr],
  ['stmxcsr', storeMxcsr],
];
