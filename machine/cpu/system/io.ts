/** IN, OUT, INS, OUTS (SDM 1 chapter 19). */
import type { Decoded } from '../../../isa/decoded';
import type { Cpu } from '../cpu';
import { raise, Vector } from '../fault';
import { Gpr, Segment, State } from '../layout';
import { checkWrite, read, segmentAddress, write } from './access';
import { ioPrivilegeLevel } from './flags';
import { hex, isProtected, isVirtual8086 } from './segments';

/** CPL above IOPL, or virtual-8086 mode: the TSS's I/O permission bitmap decides (SDM 1 19.5.2). */
function checkPermission(cpu: Cpu, port: number, size: number): void {
  const { state } = cpu;
  if (!isProtected(state) || (state.cpl <= ioPrivilegeLevel(cpu) && !isVirtual8086(state))) return;
  const denied = `port ${hex(port)}: CPL is above IOPL and the I/O permission bitmap does not allow it`;
  // 16-bit task-state segments have no bitmap
  if ((state.access(Segment.TR) & 8) === 0) raise(Vector.GP, 0, denied);
  const limit = state.segmentLimit(Segment.TR);
  if (limit < 103) raise(Vector.GP, 0, denied);
  const base = state.segmentBase(Segment.TR);
  const system = cpu.mmu.systemContext;
  const at = read(cpu, base + 102, 2, system) + (port >>> 3);
  if (at + 1 > limit) raise(Vector.GP, 0, denied);
  const bits = read(cpu, base + at, 2, system) >>> (port & 7);
  if ((bits & ((1 << size) - 1)) !== 0) raise(Vector.GP, 0, denied);
}

function portOf(cpu: Cpu, instruction: Decoded, index: number): number {
  const operand = instruction.operands[index];
  return operand.kind === 'immediate' ? operand.low & 0xff : cpu.state.gpr16(Gpr.RDX);
}

function accumulatorSize(instruction: Decoded, index: number): 1 | 2 | 4 {
  const kind = instruction.form.operands[index];
  return kind === 'al' ? 1 : kind === 'ax' ? 2 : 4;
}

export function input(cpu: Cpu, instruction: Decoded): void {
  const { state } = cpu;
  const port = portOf(cpu, instruction, 1);
  const size = accumulatorSize(instruction, 0);
  checkPermission(cpu, port, size);
  cpu.intercepts?.io(port, size, true, instruction);
  cpu.debug?.noteIo(port, size);
  const value = cpu.ports.readPort(port, size);
  if (size === 4) state.setGpr32(Gpr.RAX, value);
  else if (size === 2) state.setGpr16(Gpr.RAX, value);
  else state.u8[State.gpr] = value;
}

export function output(cpu: Cpu, instruction: Decoded): void {
  const port = portOf(cpu, instruction, 0);
  const size = accumulatorSize(instruction, 1);
  checkPermission(cpu, port, size);
  cpu.intercepts?.io(port, size, false, instruction);
  cpu.debug?.noteIo(port, size);
  const value = cpu.state.gpr32(Gpr.RAX);
  cpu.ports.writePort(port, size, size === 4 ? value : size === 2 ? value & 0xffff : value & 0xff);
  cpu.endSlice();
}

function stringSize(instruction: Decoded): 1 | 2 | 4 {
  const { mnemonic } = instruction.form;
  return mnemonic.endsWith('b') ? 1 : mnemonic.endsWith('w') ? 2 : 4;
}

/** A register as wide as addresses are: a signed number if 64 bits. */
export function addressRegister(cpu: Cpu, gpr: number, bits: number): number {
  const { state } = cpu;
  return bits === 64 ? state.gprNumber(gpr) : bits === 32 ? state.gpr32(gpr) : state.gpr16(gpr);
}

export function setAddressRegister(cpu: Cpu, gpr: number, bits: number, value: number): void {
  const { state } = cpu;
  if (bits === 64) state.setGprNumber(gpr, value);
  else if (bits === 32) state.setGpr32(gpr, value);
  else state.setGpr16(gpr, value);
}

/** Moves the pointer and the count on; stays at the instruction while repetitions remain. */
function advance(cpu: Cpu, instruction: Decoded, pointer: number, size: number): void {
  const { state } = cpu;
  const bits = instruction.addressSize;
  const step = (state.u32[State.systemFlags >>> 2] & 0x400) !== 0 ? -size : size;
  setAddressRegister(cpu, pointer, bits, addressRegister(cpu, pointer, bits) + step);
  if (instruction.prefixes.repeat === 0) return;
  const count = addressRegister(cpu, Gpr.RCX, bits) - 1;
  setAddressRegister(cpu, Gpr.RCX, bits, count);
  if (count === 0) return;
  // counts as an assignment of RIP: the instruction is executed again
  state.ripAssigned = true;
  state.i32[State.iteration >>> 2] = state.i32[State.remaining >>> 2];
}

function isDone(cpu: Cpu, instruction: Decoded): boolean {
  return instruction.prefixes.repeat !== 0 && addressRegister(cpu, Gpr.RCX, instruction.addressSize) === 0;
}

export function inputString(cpu: Cpu, instruction: Decoded): void {
  const size = stringSize(instruction);
  const port = cpu.state.gpr16(Gpr.RDX);
  // also where nothing is repeated
  checkPermission(cpu, port, size);
  if (isDone(cpu, instruction)) return;
  const offset = addressRegister(cpu, Gpr.RDI, instruction.addressSize);
  const linear = segmentAddress(cpu, Segment.ES, offset, size, true);
  cpu.intercepts?.io(port, size, true, instruction, linear);
  checkWrite(cpu, linear, size);
  cpu.debug?.noteIo(port, size);
  write(cpu, linear, size, cpu.ports.readPort(port, size));
  advance(cpu, instruction, Gpr.RDI, size);
}

export function outputString(cpu: Cpu, instruction: Decoded): void {
  const size = stringSize(instruction);
  const port = cpu.state.gpr16(Gpr.RDX);
  checkPermission(cpu, port, size);
  if (isDone(cpu, instruction)) return;
  const segment = instruction.prefixes.segment < 0 ? Segment.DS : instruction.prefixes.segment;
  const offset = addressRegister(cpu, Gpr.RSI, instruction.addressSize);
  const linear = segmentAddress(cpu, segment, offset, size, false);
  cpu.intercepts?.io(port, size, false, instruction, linear);
  const value = read(cpu, linear, size);
  cpu.debug?.noteIo(port, size);
  cpu.ports.writePort(port, size, value);
  advance(cpu, instruction, Gpr.RSI, size);
  cpu.endSlice();
}
