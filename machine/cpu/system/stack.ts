/** The stack as instructions in TypeScript use it: slots relative to the stack pointer, which they move themselves. */
import type { Cpu } from '../cpu';
import { Gpr, Segment, State } from '../layout';
import { ownContext, read, read64, readNumber, segmentAddress, write, writeNumber } from './access';

const TWO_32 = 4294967296;

/** The stack pointer masked to the stack size: a signed number in 64-bit mode. */
export function stackPointer(cpu: Cpu): number {
  const { state } = cpu;
  if (state.u32[(State.stackMask >>> 2) + 1] !== 0) return state.gprNumber(Gpr.RSP);
  return (state.gpr32(Gpr.RSP) & state.u32[State.stackMask >>> 2]) >>> 0;
}

/** Sets RSP, ESP or SP, as the stack size says; the rest of the register stays (64-bit mode: all of it is written). */
export function setStackPointer(cpu: Cpu, value: number): void {
  const { state } = cpu;
  if (state.u32[(State.stackMask >>> 2) + 1] !== 0) state.setGprNumber(Gpr.RSP, value);
  else if (state.u32[State.stackMask >>> 2] === 0xffff) state.setGpr16(Gpr.RSP, value);
  else state.setGpr32(Gpr.RSP, value);
}

/** Linear address of `size` bytes at `offset` above the stack pointer (below, if negative), checked against SS. */
export function stackAddress(cpu: Cpu, offset: number, size: number, write: boolean): number {
  const { state } = cpu;
  let at = stackPointer(cpu) + offset;
  if (state.codeBits !== 64) at = (at & state.u32[State.stackMask >>> 2]) >>> 0;
  return segmentAddress(cpu, Segment.SS, at, size, write);
}

/** Reads a stack slot of 2, 4 or 8 bytes (a signed number if 8). */
export function readStack(cpu: Cpu, offset: number, size: number): number {
  const linear = stackAddress(cpu, offset, size, false);
  return size === 8 ? readNumber(cpu, linear) : read(cpu, linear, size as 2 | 4);
}

/** Reads a stack slot of 2, 4 or 8 bytes, exactly. */
export function readStackExact(cpu: Cpu, offset: number, size: number): bigint {
  const linear = stackAddress(cpu, offset, size, false);
  return size === 8 ? read64(cpu, linear) : BigInt(read(cpu, linear, size as 2 | 4));
}

/** Writes a stack slot of 2, 4 or 8 bytes. */
export function writeStack(cpu: Cpu, offset: number, size: number, value: number): void {
  const linear = stackAddress(cpu, offset, size, true);
  if (size === 8) writeNumber(cpu, linear, value);
  else write(cpu, linear, size as 2 | 4, value);
}

/**
 * Reads `count` stack slots of 2, 4 or 8 bytes from the stack pointer upwards into `into`, numbers as {@link readStack}
 * gives them.
 */
export function readFrame(cpu: Cpu, count: number, size: number, into: Float64Array): void {
  const { mmu } = cpu;
  const { view } = mmu;
  const pointer = stackPointer(cpu);
  const bytes = count * size;
  const top = pointer + bytes;
  const wraps = cpu.state.codeBits !== 64 && top > cpu.state.u32[State.stackMask >>> 2];
  const linear = wraps ? 0 : segmentAddress(cpu, Segment.SS, pointer, bytes, false);
  const at = wraps ? -1 : mmu.span(linear, bytes, false, ownContext(cpu));
  if (at < 0) {
    for (let i = 0; i < count; i++) into[i] = readStack(cpu, i * size, size);
  } else if (size === 8) {
    for (let i = 0; i < count; i++) {
      into[i] = view.getInt32(at + 8 * i + 4, true) * TWO_32 + view.getUint32(at + 8 * i, true);
    }
  } else if (size === 4) for (let i = 0; i < count; i++) into[i] = view.getUint32(at + 4 * i, true);
  else for (let i = 0; i < count; i++) into[i] = view.getUint16(at + 2 * i, true);
}
