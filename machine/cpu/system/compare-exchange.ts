/** CMPXCHG8B and CMPXCHG16B (SDM 2A CMPXCHG8B/CMPXCHG16B). */
import type { Decoded } from '../../../isa/decoded';
import type { Cpu } from '../cpu';
import { raise, Vector } from '../fault';
import { Gpr } from '../layout';
import {
  checkAlignment,
  checkWrite,
  linearAddress,
  lowAddress,
  memoryOperand,
  ownContext,
  read64,
  write64,
} from './access';

const ZF = 0x40;
const LOW_32 = 0xffffffffn;

/**
 * CMPXCHG8B. The destination is written in either case, with its old value where the comparison fails: what a write
 * would raise is raised first.
 */
export function compareExchange8(cpu: Cpu, instruction: Decoded): void {
  const { state } = cpu;
  const linear = linearAddress(cpu, instruction, memoryOperand(instruction, 0), 8, true);
  checkAlignment(linear, 8, ownContext(cpu));
  checkWrite(cpu, linear, 8);
  const found = read64(cpu, linear);
  const equal = found === ((BigInt(state.gpr32(Gpr.RDX)) << 32n) | BigInt(state.gpr32(Gpr.RAX)));
  if (equal) write64(cpu, linear, (BigInt(state.gpr32(Gpr.RCX)) << 32n) | BigInt(state.gpr32(Gpr.RBX)));
  else {
    state.setGpr32(Gpr.RAX, Number(found & LOW_32));
    state.setGpr32(Gpr.RDX, Number(found >> 32n));
  }
  state.rflags = equal ? state.rflags | ZF : state.rflags & ~ZF;
}

/** CMPXCHG16B: its operand must be aligned on 16 bytes, so that it lies in one page. */
export function compareExchange16(cpu: Cpu, instruction: Decoded): void {
  const { state } = cpu;
  const operand = memoryOperand(instruction, 0);
  // alignment is looked at before canonicality, which may be #SS
  if ((lowAddress(cpu, instruction, operand) & 15) !== 0)
    raise(Vector.GP, 0, 'the operand of CMPXCHG16B is not aligned on 16 bytes');
  const linear = linearAddress(cpu, instruction, operand, 16, true);
  checkWrite(cpu, linear, 16);
  const low = read64(cpu, linear);
  const high = read64(cpu, linear + 8);
  const equal = low === state.gpr64(Gpr.RAX) && high === state.gpr64(Gpr.RDX);
  if (equal) {
    write64(cpu, linear, state.gpr64(Gpr.RBX));
    write64(cpu, linear + 8, state.gpr64(Gpr.RCX));
  } else {
    state.setGpr64(Gpr.RAX, low);
    state.setGpr64(Gpr.RDX, high);
  }
  state.rflags = equal ? state.rflags | ZF : state.rflags & ~ZF;
}
