/**
 * Memory accesses of instructions written in TypeScript. Linear addresses are signed numbers; `context` says on whose
 * behalf (Mmu.contextAt, Mmu.systemContext; default: the CPU as it stands). An access that crosses a page is checked on
 * both pages before the first byte is written.
 */
import type { Decoded, DecodedOperand } from '../../../isa/decoded';
import type { Cpu } from '../cpu';
import { Access } from '../cpu-state';
import { raise, Vector } from '../fault';
import { Segment, State } from '../layout';
import { ContextBit } from './tag-contexts';

const TWO_32 = 4294967296;
/** Multiplying by it is exact, and faster than dividing. */
const INVERSE_TWO_32 = 1 / TWO_32;

export type MemoryOperand = Extract<DecodedOperand, { kind: 'memory' }>;

/** The tags' context of the CPU's own data accesses. */
export function ownContext(cpu: Cpu): number {
  return cpu.state.u32[State.tlbContext >>> 2];
}

/**
 * Raises #AC(0) where alignment is checked and `linear` is no multiple of `size`, a power of two (SDM 3A 6.15, interrupt 17).
 * To be called when nothing else is wrong with the access.
 */
export function checkAlignment(linear: number, size: number, context: number): void {
  if ((context & ContextBit.Valid) === 0 && (linear & (size - 1)) !== 0) {
    raise(Vector.AC, 0, `the address is not a multiple of ${size}`);
  }
}

/** The CPU's own accesses without {@link checkAlignment}: for the parts of an operand whose alignment is looked at as a whole. */
export function uncheckedContext(cpu: Cpu): number {
  return ownContext(cpu) | ContextBit.Valid;
}

/** Linear addresses wrap at 4 GiB outside long mode. */
function wrap(cpu: Cpu, linear: number): number {
  if (linear >= TWO_32 && (cpu.state.u32[State.efer >>> 2] & 0x400) === 0) return linear - TWO_32;
  return linear;
}

/** Reads 1, 2 or 4 bytes, zero-extended. */
export function read(cpu: Cpu, linear: number, size: 1 | 2 | 4, context = ownContext(cpu)): number {
  const { mmu } = cpu;
  checkAlignment(linear, size, context);
  if ((linear & 0xfff) + size > 4096) {
    let value = 0;
    for (let i = 0; i < size; i++) value |= read(cpu, wrap(cpu, linear + i), 1, context) << (8 * i);
    return value >>> 0;
  }
  const at = mmu.pointer(linear, false, context);
  if (mmu.debug?.watching === true) mmu.debug.note(linear, size, false);
  if (at < 0) return cpu.memory.read(mmu.physical, size);
  if (size === 4) return mmu.view.getUint32(at, true);
  return size === 2 ? mmu.view.getUint16(at, true) : mmu.state.u8[at];
}

/** Writes the low 1, 2 or 4 bytes of `value`. */
export function write(cpu: Cpu, linear: number, size: 1 | 2 | 4, value: number, context = ownContext(cpu)): void {
  const { mmu } = cpu;
  checkAlignment(linear, size, context);
  if ((linear & 0xfff) + size > 4096) {
    checkWrite(cpu, linear, size, context);
    for (let i = 0; i < size; i++) write(cpu, wrap(cpu, linear + i), 1, (value >>> (8 * i)) & 0xff, context);
    return;
  }
  const at = mmu.pointer(linear, true, context);
  if (mmu.debug?.watching === true) mmu.debug.note(linear, size, true);
  if (at < 0) {
    cpu.memory.write(mmu.physical, size, value);
    return;
  }
  if (mmu.hasCode) cpu.memory.onForeignWrite(mmu.physical, size);
  if (size === 4) mmu.view.setUint32(at, value, true);
  else if (size === 2) mmu.view.setUint16(at, value, true);
  else mmu.state.u8[at] = value;
}

/** Raises what writing these bytes would raise; the range is at most a page. */
export function checkWrite(cpu: Cpu, linear: number, length: number, context = ownContext(cpu)): void {
  cpu.mmu.pointer(linear, true, context);
  // a fault on the second page is reported at its first byte
  if ((linear & 0xfff) + length > 4096) cpu.mmu.pointer(wrap(cpu, linear - (linear & 0xfff) + 4096), true, context);
}

/** Raises what reading these bytes would raise; the range is at most a page. */
export function checkRead(cpu: Cpu, linear: number, length: number, context = ownContext(cpu)): void {
  cpu.mmu.pointer(linear, false, context);
  if ((linear & 0xfff) + length > 4096) cpu.mmu.pointer(wrap(cpu, linear - (linear & 0xfff) + 4096), false, context);
}

/** Reads 64 bits as a signed number; exact to 53 bits (a non-canonical address stays non-canonical). */
export function readNumber(cpu: Cpu, linear: number, context = ownContext(cpu)): number {
  checkAlignment(linear, 8, context);
  const low = read(cpu, linear, 4, context);
  return (read(cpu, wrap(cpu, linear + 4), 4, context) | 0) * TWO_32 + low;
}

/** Writes a signed number as 64 bits. */
export function writeNumber(cpu: Cpu, linear: number, value: number, context = ownContext(cpu)): void {
  checkAlignment(linear, 8, context);
  if ((linear & 0xfff) > 4088) checkWrite(cpu, linear, 8, context);
  write(cpu, linear, 4, value >>> 0, context);
  write(cpu, wrap(cpu, linear + 4), 4, Math.floor(value * INVERSE_TWO_32) | 0, context);
}

export function read64(cpu: Cpu, linear: number, context = ownContext(cpu)): bigint {
  checkAlignment(linear, 8, context);
  const low = read(cpu, linear, 4, context);
  return (BigInt(read(cpu, wrap(cpu, linear + 4), 4, context)) << 32n) | BigInt(low);
}

export function write64(cpu: Cpu, linear: number, value: bigint, context = ownContext(cpu)): void {
  checkAlignment(linear, 8, context);
  if ((linear & 0xfff) > 4088) checkWrite(cpu, linear, 8, context);
  write(cpu, linear, 4, Number(value & 0xffffffffn), context);
  write(cpu, wrap(cpu, linear + 4), 4, Number((value >> 32n) & 0xffffffffn), context);
}

/** A canonical linear address, given as signed number. */
export function isCanonical(cpu: Cpu, linear: number): boolean {
  return cpu.mmu.isCanonical(linear | 0, Math.floor(linear * INVERSE_TWO_32));
}

/**
 * The offset that a memory operand names, masked to the address size: a signed number in 64-bit mode (exact where it is
 * canonical), unsigned else.
 */
export function effectiveAddress(cpu: Cpu, instruction: Decoded, operand: MemoryOperand): number {
  const { state } = cpu;
  const { i32, u32 } = state;
  let low = operand.displacement >>> 0;
  let high: number = operand.displacementHigh;
  if (operand.base === 16) {
    const next = state.rip + instruction.length;
    low += next >>> 0;
    high += Math.floor(next * INVERSE_TWO_32);
  } else if (operand.base >= 0) {
    const at = (State.gpr + 8 * operand.base) >>> 2;
    low += u32[at];
    high += i32[at + 1];
  }
  if (operand.index >= 0) {
    const at = (State.gpr + 8 * operand.index) >>> 2;
    low += u32[at] * operand.scale;
    high += i32[at + 1] * operand.scale;
  }
  if (instruction.addressSize === 16) return low & 0xffff;
  if (instruction.addressSize === 32) return low >>> 0;
  return ((high + Math.floor(low * INVERSE_TWO_32)) | 0) * TWO_32 + (low >>> 0);
}

/**
 * Checks a segment's use for `size` bytes at `offset` and gives the linear address. Raises #SS(0) for SS, else #GP(0),
 * on a null or unusable segment, a forbidden type, a limit or a non-canonical address (SDM 3A 5.3, 5.5; 1 3.3.7.1).
 */
export function segmentAddress(cpu: Cpu, segment: number, offset: number, size: number, write: boolean): number {
  const { state } = cpu;
  if (state.codeBits === 64) {
    let linear = offset;
    if (segment >= Segment.FS) {
      // modulo 2^64 by halves: both may be far from zero
      const base = state.segmentBase(segment);
      const low = (base >>> 0) + (offset >>> 0);
      const high = Math.floor(base * INVERSE_TWO_32) + Math.floor(offset * INVERSE_TWO_32) + (low >= TWO_32 ? 1 : 0);
      linear = (high | 0) * TWO_32 + (low >>> 0);
    }
    if (!isCanonical(cpu, linear) || (size > 1 && !isCanonical(cpu, linear + size - 1))) {
      raise(segment === Segment.SS ? Vector.SS : Vector.GP, 0, 'the address is not canonical');
    }
    return linear;
  }
  const problem = segmentProblem(cpu, segment, offset, size, write);
  if (problem !== '') raise(segment === Segment.SS ? Vector.SS : Vector.GP, 0, problem);
  return (state.segmentBase(segment) + offset) >>> 0;
}

/** Why a segment cannot be used so outside 64-bit mode; empty if it can. */
function segmentProblem(cpu: Cpu, segment: number, offset: number, size: number, write: boolean): string {
  const { state } = cpu;
  const access = state.access(segment);
  if ((access & Access.unusable) !== 0) return 'the segment is null';
  const real = (state.u32[State.cr0 >>> 2] & 1) === 0;
  const type = access & Access.typeMask;
  const code = (type & 8) !== 0;
  if (!real) {
    if (write ? code || (type & 2) === 0 : code && (type & 2) === 0) {
      return write ? 'the segment is not writable' : 'the segment is execute-only';
    }
  }
  const limit = state.segmentLimit(segment);
  const last = offset + size - 1;
  if (!code && (type & 4) !== 0) {
    const top = (access & Access.big) !== 0 ? 0xffffffff : 0xffff;
    return offset <= limit || last > top ? 'the offset is outside the expand-down segment' : '';
  }
  // SDM 3A 5.3: with a limit of 4 GiB processors let accesses wrap
  if (limit === 0xffffffff) return '';
  return last > limit ? 'the offset is beyond the segment limit' : '';
}

/** Linear address of a memory operand of `size` bytes, all segment checks made. */
export function linearAddress(
  cpu: Cpu,
  instruction: Decoded,
  operand: MemoryOperand,
  size: number,
  write: boolean,
): number {
  return segmentAddress(cpu, operand.segment, effectiveAddress(cpu, instruction, operand), size, write);
}

/** Low 32 bits of a linear address in 64-bit mode, exact whatever the rest of it is; nothing checked. */
export function lowAddress({ state }: Cpu, { length }: Decoded, operand: MemoryOperand): number {
  let low = operand.displacement + (operand.segment >= Segment.FS ? state.segmentBase(operand.segment) | 0 : 0);
  if (operand.base === 16) low += (state.rip | 0) + length;
  else if (operand.base >= 0) low += state.gpr32(operand.base);
  return operand.index < 0 ? low | 0 : (low + Math.imul(state.gpr32(operand.index), operand.scale)) | 0;
}

/** An operand that must be memory; a register raises #UD. */
export function memoryOperand(instruction: Decoded, index: number): MemoryOperand {
  const operand = instruction.operands[index];
  if (operand?.kind !== 'memory') raise(Vector.UD, undefined, 'the operand must be memory');
  return operand;
}

/** Reads operand `index` of 8, 16 or 32 bits, zero-extended; of a 64-bit register, the low 32 bits. */
export function readOperand(cpu: Cpu, instruction: Decoded, index: number): number {
  const operand = instruction.operands[index];
  const { state } = cpu;
  switch (operand.kind) {
    case 'immediate':
      return operand.low >>> 0;
    case 'register':
      if (operand.file === 'gpr8') return state.u8[State.gpr + 8 * operand.index];
      if (operand.file === 'gpr8high') return state.u8[State.gpr + 8 * operand.index + 1];
      if (operand.file === 'segment') return state.selector(operand.index);
      return operand.file === 'gpr16' ? state.gpr16(operand.index) : state.gpr32(operand.index);
    case 'memory': {
      const size = operandBytes(operand, instruction);
      return read(cpu, linearAddress(cpu, instruction, operand, size, false), size);
    }
    default:
      throw new Error(`operand kind ${operand.kind} has no value`);
  }
}

function operandBytes(operand: MemoryOperand, instruction: Decoded): 1 | 2 | 4 {
  const bits = operand.size || instruction.operandSize;
  return bits === 8 ? 1 : bits === 16 ? 2 : 4;
}

/** Writes operand `index`; a 32-bit register clears its upper half, a 64-bit one is zero-extended. */
export function writeOperand(cpu: Cpu, instruction: Decoded, index: number, value: number): void {
  const operand = instruction.operands[index];
  const { state } = cpu;
  if (operand.kind === 'register') {
    if (operand.file === 'gpr8') state.u8[State.gpr + 8 * operand.index] = value;
    else if (operand.file === 'gpr8high') state.u8[State.gpr + 8 * operand.index + 1] = value;
    else if (operand.file === 'gpr16') state.setGpr16(operand.index, value);
    else state.setGpr32(operand.index, value);
  } else if (operand.kind === 'memory') {
    const size = operandBytes(operand, instruction);
    write(cpu, linearAddress(cpu, instruction, operand, size, true), size, value);
  } else throw new Error(`operand kind ${operand.kind} cannot be written`);
}

/** Reads a 64-bit operand, or a narrower one zero-extended. */
export function readOperand64(cpu: Cpu, instruction: Decoded, index: number): bigint {
  const operand = instruction.operands[index];
  if (operand.kind === 'register' && operand.file === 'gpr64') return cpu.state.gpr64(operand.index);
  if (operand.kind === 'memory' && (operand.size || instruction.operandSize) === 64) {
    return read64(cpu, linearAddress(cpu, instruction, operand, 8, false));
  }
  return BigInt(readOperand(cpu, instruction, index));
}

/** Writes a 64-bit operand, or the low part of `value` to a narrower one. */
export function writeOperand64(cpu: Cpu, instruction: Decoded, index: number, value: bigint): void {
  const operand = instruction.operands[index];
  if (operand.kind === 'register' && operand.file === 'gpr64')
    cpu.state.setGpr64(operand.index, BigInt.asUintN(64, value));
  else if (operand.kind === 'memory' && (operand.size || instruction.operandSize) === 64) {
    write64(cpu, linearAddress(cpu, instruction, operand, 8, true), value);
  } else writeOperand(cpu, instruction, index, Number(value & 0xffffffffn));
}
