/**
 * Near branches with a relative target that lies beyond the CS limit or is not canonical: the branch faults, if it is taken,
 * with nothing changed (SDM 2A CALL, Jcc, JMP, LOOP). Found when the instruction is decoded; all others are free of the check.
 */
import type { Decoded } from '../../../isa/decoded';
import type { Cpu } from '../cpu';
import { raise, Vector } from '../fault';
import { Gpr, Segment } from '../layout';
import { isCanonical } from './access';
import { addressRegister, setAddressRegister } from './io';

/** JMP, CALL, Jcc, LOOP or JCXZ with a relative operand. */
export const isNearBranch = (instruction: Decoded): boolean =>
  instruction.operands[0]?.kind === 'relative' && instruction.form.mnemonic !== 'xbegin';

/** The instruction at a linear address is a near branch to where execution cannot go. */
export function branchesOutside(cpu: Cpu, instruction: Decoded, linear: number): boolean {
  const [operand] = instruction.operands;
  if (operand?.kind !== 'relative' || !isNearBranch(instruction)) return false;
  const { state } = cpu;
  const next = linear + instruction.length + operand.displacement;
  if (state.codeBits === 64) return !isCanonical(cpu, next);
  const limit = state.segmentLimit(Segment.CS);
  if (limit === 0xffffffff) return false;
  const target = next - state.segmentBase(Segment.CS);
  return (instruction.operandSize === 16 ? target & 0xffff : target >>> 0) > limit;
}

/** Conditions by the low four bits of the opcode, of the flags (SDM 1 appendix B). */
function holds(code: number, flags: number): boolean {
  const bit = (mask: number): boolean => (flags & mask) !== 0;
  const less = bit(0x80) !== bit(0x800);
  const truth = [bit(0x800), bit(1), bit(0x40), bit(0x41), bit(0x80), bit(4), less, less || bit(0x40)][code >>> 1];
  return (code & 1) === 0 ? truth : !truth;
}

/** Executes a branch that {@link branchesOutside} found. */
export function branchOutside(cpu: Cpu, instruction: Decoded): void {
  const { state } = cpu;
  const { mnemonic, opcode } = instruction.form;
  const flags = state.arithmeticFlags();
  let taken = true;
  if (mnemonic.startsWith('loop')) {
    const bits = instruction.addressSize;
    const count = addressRegister(cpu, Gpr.RCX, bits) - 1;
    const zero = (flags & 0x40) !== 0;
    taken = count !== 0 && (mnemonic === 'loop' || zero === (mnemonic === 'loope' || mnemonic === 'loopz'));
    if (!taken) setAddressRegister(cpu, Gpr.RCX, bits, count);
  } else if (mnemonic.endsWith('cxz')) taken = addressRegister(cpu, Gpr.RCX, instruction.addressSize) === 0;
  else if (mnemonic !== 'jmp' && mnemonic !== 'call') taken = holds(opcode.byte & 15, flags);
  if (!taken) return;
  raise(
    Vector.GP,
    0,
    state.codeBits === 64
      ? 'the target of the branch is not canonical'
      : 'the target of the branch is beyond the CS limit',
  );
}
