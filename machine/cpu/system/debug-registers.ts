/** MOV with debug registers (SDM 3B 17.2). */
import type { Decoded } from '../../../isa/decoded';
import type { Cpu } from '../cpu';
import { raise, raiseDebugFault, Vector } from '../fault';
import { State } from '../layout';
import { Cr4, requirePrivilege } from './control';

/** Index of the debug register in force: DR4 and DR5 are DR6 and DR7 unless CR4.DE forbids them. */
function debugRegister(cpu: Cpu, instruction: Decoded, index: number, write: boolean, gpr: number): number {
  // SDM 3C 26.1.3: the exit comes before the privilege check and before #UD for DR4 and DR5
  cpu.intercepts?.debugRegister(index, write, gpr, instruction);
  const { u32 } = cpu.state;
  if (index > 7 || ((index === 4 || index === 5) && (u32[State.cr4 >>> 2] & Cr4.DE) !== 0)) {
    raise(Vector.UD, undefined, `there is no DR${index}`);
  }
  requirePrivilege(cpu, 'MOV with a debug register');
  const dr7 = (State.dr + 8 * 5) >>> 2;
  if ((u32[dr7] & 0x2000) !== 0) raiseDebugFault(0x2000, 'DR7.GD is set');
  // slots: DR0..DR3, then DR6 and DR7
  return index === 4 || index === 6 ? 4 : index === 5 || index === 7 ? 5 : index;
}

export function moveToDebug(cpu: Cpu, instruction: Decoded, index: number, gpr: number): void {
  const { state } = cpu;
  const slot = debugRegister(cpu, instruction, index, true, gpr);
  let value = state.codeBits === 64 ? state.gpr64(gpr) : BigInt(state.gpr32(gpr));
  if (slot >= 4) {
    if (value >> 32n !== 0n) raise(Vector.GP, 0, 'bits 63:32 of DR6 and DR7 must be zero');
    value = slot === 4 ? (value & 0xe00fn) | 0xffff0ff0n : (value & 0xffff2bffn & ~0x800n) | 0x400n;
  }
  state.set64(State.dr + 8 * slot, value);
  cpu.endSlice();
}

export function moveFromDebug(cpu: Cpu, instruction: Decoded, index: number, gpr: number): void {
  const { state } = cpu;
  const value = state.get64(State.dr + 8 * debugRegister(cpu, instruction, index, false, gpr));
  if (state.codeBits === 64) state.setGpr64(gpr, value);
  else state.setGpr32(gpr, Number(value & 0xffffffffn));
}
