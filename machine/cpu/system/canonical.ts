import { decode, isDecoded } from '../../../isa/decoder';
import type { Cpu } from '../cpu';
import { raise, Vector } from '../fault';
import { Gpr, Segment } from '../layout';
import { effectiveAddress } from './access';

const TWO_32 = 4294967296;

/**
 * Raises what an access of the instruction at RIP to a non-canonical address raises: #SS(0) through SS, else #GP(0) (SDM 1
 * 3.3.7.1). Emitted code does not say which segment it used, so the instruction is looked at again; this is the end of its
 * execution anyway. An access that is not that of the memory operand is one to the stack (PUSH, CALL, RET, ENTER, LEAVE) or
 * of a string instruction.
 * @param linear address of the access, signed
 */
export function raiseNonCanonical(cpu: Cpu, linear: number): never {
  const { state, mmu, memory } = cpu;
  const bytes = new Uint8Array(15);
  const ip = state.linearIp;
  for (let i = 0; i < bytes.length; i++) {
    const physical = mmu.probe((ip + i) | 0, Math.floor((ip + i) / TWO_32) | 0);
    if (physical !== undefined) bytes[i] = memory.read(physical, 1);
  }
  const instruction = decode(bytes, 0, 64);
  let stack = false;
  if (isDecoded(instruction)) {
    const operand = instruction.operands.find((o) => o.kind === 'memory');
    const base = operand === undefined || operand.segment < Segment.FS ? 0 : state.segmentBase(operand.segment);
    // the operand's last bytes may be what is not canonical
    const own = operand !== undefined && Math.abs(effectiveAddress(cpu, instruction, operand) + base - linear) < 64;
    if (own) stack = operand.segment === Segment.SS;
    else stack = usesStack(instruction.form.mnemonic);
  }
  raise(
    stack ? Vector.SS : Vector.GP,
    0,
    `the address 0x${hex64(linear)} is not canonical (RSP 0x${hex64(state.gprNumber(Gpr.RSP))})`,
  );
}

function hex64(value: number): string {
  return BigInt.asUintN(64, BigInt(value)).toString(16);
}

function usesStack(mnemonic: string): boolean {
  return /^(push|pop|call|ret|enter|leave)/.test(mnemonic);
}
