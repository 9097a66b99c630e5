import { decode, isDecoded } from '../../../isa/decoder';
import type { Cpu } from '../cpu';
import { Segment } from '../layout';
import { effectiveAddress } from './access';

const TWO_32 = 4294967296;

/**
 * The instruction at RIP reached a non-canonical address through SS: the exception is #SS(0), else #GP(0) (SDM 1 3.3.7.1).
 * Emitted code does not say which segment it used, so the instruction is looked at again. An access that is not that of the
 * memory operand is one to the stack (PUSH, CALL, RET, ENTER, LEAVE) or of a string instruction.
 * @param linear address of the access, signed
 */
export function wentThroughStack(cpu: Cpu, linear: number): boolean {
  const { state, mmu, memory } = cpu;
  const bytes = new Uint8Array(15);
  const ip = state.linearIp;
  for (let i = 0; i < bytes.length; i++) {
    const physical = mmu.probe((ip + i) | 0, Math.floor((ip + i) / TWO_32) | 0);
    if (physical !== undefined) bytes[i] = memory.read(physical, 1);
  }
  const instruction = decode(bytes, 0, 64);
  if (!isDecoded(instruction)) return false;
  const operand = instruction.operands.find((o) => o.kind === 'memory');
  const base = operand === undefined || operand.segment < Segment.FS ? 0 : state.segmentBase(operand.segment);
  // the operand's last bytes may be what is not canonical
  const away = operand === undefined ? Infinity : Math.abs(effectiveAddress(cpu, instruction, operand) + base - linear);
  // modulo 2^64, where numbers stand apart by up to 2048
  const own = operand !== undefined && (away <= 4096 || Math.abs(away - 2 ** 64) <= 4096);
  return own ? operand.segment === Segment.SS : usesStack(instruction.form.mnemonic);
}

function usesStack(mnemonic: string): boolean {
  return /^(push|pop(?!cnt)|call|ret|enter|leave)/.test(mnemonic);
}
