/** Far JMP and CALL, call gates (SDM 2A CALL, JMP; 3A 5.8). */
import type { Decoded } from '../../../isa/decoded';
import type { Cpu } from '../cpu';
import { raise, Vector } from '../fault';
import { Gpr, Segment } from '../layout';
import { isCanonical, linearAddress, memoryOperand, read, readNumber, write, writeNumber } from './access';
import { innerStack, readInnerStack, readInnerStackDescriptor, slotFits, stackFromTss64 } from './inner-stack';
import {
  cacheDescriptor,
  cacheNull,
  codeSegmentChanged,
  Descriptor,
  DescriptorBit,
  hex,
  isLongMode,
  isProtected,
  isVirtual8086,
  loadReal,
  loadVirtual8086,
  readDescriptor,
  readUpperHalf,
  SystemType,
  segmentChanged,
  setAccessed,
  setSegment,
} from './segments';
import { readStack, setStackPointer, stackPointer, writeStack } from './stack';
import { switchTask, TaskSwitchSource } from './task-switch';

const code = new Descriptor();
const gate = new Descriptor();
const stack = new Descriptor();

interface FarPointer {
  selector: number;
  /** A signed number if it has 64 bits. */
  offset: number;
  /** Its lower 32 bits: code of 32 bits gets no more. */
  low: number;
}

/** A far pointer operand. */
function farPointer(cpu: Cpu, instruction: Decoded): FarPointer {
  const operand = instruction.operands[0];
  if (operand.kind === 'far') {
    const offset = operand.offset >>> 0;
    return { selector: operand.selector, offset, low: offset };
  }
  const memory = memoryOperand(instruction, 0);
  const bytes = instruction.operandSize / 8;
  const linear = linearAddress(cpu, instruction, memory, bytes + 2, false);
  const offset = bytes === 8 ? readNumber(cpu, linear) : read(cpu, linear, bytes as 2 | 4);
  const low = bytes === 8 ? read(cpu, linear, 4) : offset;
  return { selector: read(cpu, linear + bytes, 2), offset, low };
}

export function isReal(cpu: Cpu): boolean {
  return !isProtected(cpu.state) || isVirtual8086(cpu.state);
}

/** CS and IP in real-address and virtual-8086 mode. */
export function loadRealCode(cpu: Cpu, selector: number, offset: number): void {
  const { state } = cpu;
  if (isProtected(state)) loadVirtual8086(state, Segment.CS, selector);
  else loadReal(state, Segment.CS, selector);
  segmentChanged(cpu, Segment.CS);
  state.rip = offset;
}

export function checkRealOffset(cpu: Cpu, offset: number): void {
  if (offset > cpu.state.segmentLimit(Segment.CS)) raise(Vector.GP, 0, `offset ${hex(offset)} is beyond the CS limit`);
}

/** The offset lies in a code segment: its limit, or canonical if it is 64-bit code. */
export function checkTarget(cpu: Cpu, target: Descriptor, offset: number): void {
  if (is64Bit(cpu, target)) {
    if (!isCanonical(cpu, offset)) raise(Vector.GP, 0, 'the target is not canonical');
  } else if (offset < 0 || offset > target.limit) {
    raise(Vector.GP, 0, `offset ${hex(offset)} is beyond the code segment limit ${hex(target.limit)}`);
  }
}

/** The offset in a code segment that a far pointer means. */
function entryOf(cpu: Cpu, target: Descriptor, { offset, low }: FarPointer): number {
  return is64Bit(cpu, target) ? offset : low;
}

export function is64Bit(cpu: Cpu, descriptor: Descriptor): boolean {
  return (descriptor.high & DescriptorBit.long) !== 0 && isLongMode(cpu.state);
}

/** In IA-32e mode a code descriptor cannot have both L and D. */
export function checkLongAndBig(cpu: Cpu, target: Descriptor): void {
  const both = DescriptorBit.long | DescriptorBit.big;
  if ((target.high & both) === both && isLongMode(cpu.state)) {
    raise(Vector.GP, target.selector & 0xfffc, `code selector ${hex(target.selector)} has both L and D set`);
  }
}

/** Direct transfer to code of the same privilege level. */
function checkDirect(cpu: Cpu, target: Descriptor): void {
  const error = target.selector & 0xfffc;
  const { cpl } = cpu.state;
  checkLongAndBig(cpu, target);
  if (target.isConforming) {
    if (target.dpl > cpl)
      raise(Vector.GP, error, `conforming code ${hex(target.selector)}: DPL ${target.dpl} is above CPL ${cpl}`);
  } else if ((target.selector & 3) > cpl || target.dpl !== cpl) {
    raise(Vector.GP, error, `code ${hex(target.selector)}: DPL ${target.dpl} is not CPL ${cpl}, or RPL is above it`);
  }
  if (!target.present) raise(Vector.NP, error, `code selector ${hex(target.selector)} is not present`);
}

export function enterCode(cpu: Cpu, target: Descriptor, selector: number, offset: number): void {
  setAccessed(cpu, target);
  cacheDescriptor(cpu, Segment.CS, selector, target);
  codeSegmentChanged(cpu);
  cpu.state.rip = offset;
}

/** Reads the gate or segment that a far pointer names. */
function readTarget(cpu: Cpu, selector: number): Descriptor {
  if ((selector & 0xfffc) === 0) raise(Vector.GP, 0, 'the selector is null');
  return readDescriptor(cpu, selector, Vector.GP, code);
}

/** Checks of a call gate, TSS or task gate before it is used: DPL at least CPL and RPL (#GP), present (#NP). */
function checkGate(cpu: Cpu, descriptor: Descriptor): void {
  const { selector, dpl } = descriptor;
  const error = selector & 0xfffc;
  if (dpl < cpu.state.cpl || dpl < (selector & 3)) {
    raise(
      Vector.GP,
      error,
      `selector ${hex(selector)}: DPL ${dpl} is below CPL ${cpu.state.cpl} or RPL ${selector & 3}`,
    );
  }
  if (!descriptor.present) raise(Vector.NP, error, `selector ${hex(selector)} is not present`);
}

/** Reads the code segment behind a call gate in `gate`, and its offset. */
function readGateTarget(cpu: Cpu): number {
  const wide = isLongMode(cpu.state);
  if (wide) readUpperHalf(cpu, gate, Vector.GP);
  const selector = gate.low >>> 16;
  if ((selector & 0xfffc) === 0) raise(Vector.GP, 0, 'the call gate has a null code selector');
  readDescriptor(cpu, selector, Vector.GP, code);
  const error = selector & 0xfffc;
  if (!code.isCode || code.dpl > cpu.state.cpl) {
    raise(Vector.GP, error, `selector ${hex(selector)} in the call gate is not code at most at CPL`);
  }
  if (wide && (code.high & (DescriptorBit.long | DescriptorBit.big)) !== DescriptorBit.long) {
    raise(Vector.GP, error, `selector ${hex(selector)} in the call gate is not 64-bit code`);
  }
  if (wide) return (gate.upper | 0) * 4294967296 + (((gate.low & 0xffff) | (gate.high & 0xffff0000)) >>> 0);
  if ((gate.high & 0x800) === 0) return gate.low & 0xffff;
  return ((gate.low & 0xffff) | (gate.high & 0xffff0000)) >>> 0;
}

/** What a system descriptor in `code` is good for as the target of JMP or CALL. */
function systemTarget(cpu: Cpu): 'call gate' | 'task gate' | 'tss' {
  const { type, selector } = code;
  const long = isLongMode(cpu.state);
  if (type === SystemType.CallGate32 || (type === SystemType.CallGate16 && !long)) return 'call gate';
  if (!long && type === SystemType.TaskGate) return 'task gate';
  if (!long && (type === SystemType.Tss16Available || type === SystemType.Tss32Available)) return 'tss';
  return raise(
    Vector.GP,
    selector & 0xfffc,
    `selector ${hex(selector)} has type ${type}, no target for a far transfer`,
  );
}

/** JMP far. */
export function jumpFar(cpu: Cpu, instruction: Decoded): void {
  const pointer = farPointer(cpu, instruction);
  const { selector, offset } = pointer;
  const { state } = cpu;
  if (isReal(cpu)) {
    checkRealOffset(cpu, offset);
    loadRealCode(cpu, selector, offset);
    return;
  }
  const target = readTarget(cpu, selector);
  if (!target.isSystem) {
    if (!target.isCode) raise(Vector.GP, selector & 0xfffc, `selector ${hex(selector)} is not code`);
    checkDirect(cpu, target);
    const entry = entryOf(cpu, target, pointer);
    checkTarget(cpu, target, entry);
    enterCode(cpu, target, (selector & 0xfffc) | state.cpl, entry);
    return;
  }
  const kind = systemTarget(cpu);
  checkGate(cpu, target);
  if (kind !== 'call gate') {
    const tss = kind === 'tss' ? selector : target.low >>> 16;
    switchTask(
      cpu,
      tss,
      TaskSwitchSource.Jump,
      state.rip + instruction.length,
      instruction.length,
      0,
      undefined,
      false,
    );
    return;
  }
  gate.copy(target);
  const entry = readGateTarget(cpu);
  const error = code.selector & 0xfffc;
  if (!code.isConforming && code.dpl !== state.cpl) {
    raise(
      Vector.GP,
      error,
      `JMP through a call gate to ${hex(code.selector)}: DPL ${code.dpl} is not CPL ${state.cpl}`,
    );
  }
  if (!code.present) raise(Vector.NP, error, `code selector ${hex(code.selector)} is not present`);
  checkTarget(cpu, code, entry);
  enterCode(cpu, code, (code.selector & 0xfffc) | state.cpl, entry);
}

/** CALL far. */
export function callFar(cpu: Cpu, instruction: Decoded): void {
  const pointer = farPointer(cpu, instruction);
  const { selector, offset } = pointer;
  const { state } = cpu;
  const size = instruction.operandSize / 8;
  const next = state.rip + instruction.length;
  if (isReal(cpu)) {
    writeStack(cpu, -2 * size, size, next);
    writeStack(cpu, -size, size, state.selector(Segment.CS));
    checkRealOffset(cpu, offset);
    setStackPointer(cpu, stackPointer(cpu) - 2 * size);
    loadRealCode(cpu, selector, offset);
    return;
  }
  const target = readTarget(cpu, selector);
  if (!target.isSystem) {
    if (!target.isCode) raise(Vector.GP, selector & 0xfffc, `selector ${hex(selector)} is not code`);
    checkDirect(cpu, target);
    pushReturn(cpu, size, next);
    const entry = entryOf(cpu, target, pointer);
    checkTarget(cpu, target, entry);
    setStackPointer(cpu, stackPointer(cpu) - 2 * size);
    enterCode(cpu, target, (selector & 0xfffc) | state.cpl, entry);
    return;
  }
  const kind = systemTarget(cpu);
  checkGate(cpu, target);
  if (kind !== 'call gate') {
    const tss = kind === 'tss' ? selector : target.low >>> 16;
    switchTask(cpu, tss, TaskSwitchSource.Call, next, instruction.length, 0, undefined, false);
    return;
  }
  gate.copy(target);
  const entry = readGateTarget(cpu);
  if (!code.present) raise(Vector.NP, code.selector & 0xfffc, `code selector ${hex(code.selector)} is not present`);
  if (!code.isConforming && code.dpl < state.cpl) {
    if (isLongMode(state)) callInner64(cpu, entry, next);
    else callInner(cpu, entry, next);
    return;
  }
  const gateSize = isLongMode(state) ? 8 : (gate.high & 0x800) !== 0 ? 4 : 2;
  pushReturn(cpu, gateSize, next);
  checkTarget(cpu, code, entry);
  setStackPointer(cpu, stackPointer(cpu) - 2 * gateSize);
  enterCode(cpu, code, (code.selector & 0xfffc) | state.cpl, entry);
}

/** Writes CS and the return offset below the stack pointer, which stays. */
function pushReturn(cpu: Cpu, size: number, next: number): void {
  writeStack(cpu, -size, size, cpu.state.selector(Segment.CS));
  writeStack(cpu, -2 * size, size, next);
}

/** CALL through a 16- or 32-bit call gate to an inner level: stack switch and parameter copy (SDM 3A 5.8.5). */
function callInner(cpu: Cpu, entry: number, next: number): void {
  const { state } = cpu;
  const newCpl = code.dpl;
  readInnerStack(cpu, newCpl, 0);
  readInnerStackDescriptor(cpu, newCpl, 0, stack);
  const size = (gate.high & 0x800) !== 0 ? 4 : 2;
  const count = gate.high & 31;
  const mask = (stack.access & 0x4000) !== 0 ? 0xffffffff : 0xffff;
  const { access, base, limit } = stack;
  for (let i = 1; i <= 4 + count; i++) {
    if (!slotFits(access, limit, ((innerStack.pointer - i * size) & mask) >>> 0, size)) {
      raise(Vector.SS, innerStack.selector & 0xfffc, 'the inner stack has no room for the call frame');
    }
  }
  checkTarget(cpu, code, entry);
  const context = cpu.mmu.contextAt(newCpl);
  let sp = innerStack.pointer;
  const push = (value: number): void => {
    sp = ((sp - size) & mask) >>> 0;
    write(cpu, (base + sp) >>> 0, size, value, context);
  };
  const parameters: number[] = [];
  for (let i = 0; i < count; i++) parameters.push(readStack(cpu, i * size, size));
  push(state.selector(Segment.SS));
  push(state.gpr32(Gpr.RSP));
  for (let i = count - 1; i >= 0; i--) push(parameters[i]);
  push(state.selector(Segment.CS));
  push(next);
  setAccessed(cpu, stack);
  setAccessed(cpu, code);
  setSegment(state, Segment.SS, innerStack.selector, stack.access, base, limit);
  state.setGpr32(Gpr.RSP, mask === 0xffff ? ((innerStack.pointer & 0xffff0000) | sp) >>> 0 : sp);
  enterCode(cpu, code, (code.selector & 0xfffc) | newCpl, entry);
}

/** CALL through a 64-bit call gate to an inner level (SDM 3A 5.8.5.1). */
function callInner64(cpu: Cpu, entry: number, next: number): void {
  const { state } = cpu;
  const newCpl = code.dpl;
  const rsp = stackFromTss64(cpu, 4 + 8 * newCpl, 0);
  if (!isCanonical(cpu, rsp - 1) || !isCanonical(cpu, rsp - 32))
    raise(Vector.SS, 0, 'the inner stack is not canonical');
  checkTarget(cpu, code, entry);
  const context = cpu.mmu.contextAt(newCpl);
  const outside = state.codeBits !== 64;
  writeNumber(cpu, rsp - 8, state.selector(Segment.SS), context);
  writeNumber(cpu, rsp - 16, outside ? state.gpr32(Gpr.RSP) : state.gprNumber(Gpr.RSP), context);
  writeNumber(cpu, rsp - 24, state.selector(Segment.CS), context);
  writeNumber(cpu, rsp - 32, next, context);
  setAccessed(cpu, code);
  cacheNull(state, Segment.SS, newCpl, newCpl);
  state.setGprNumber(Gpr.RSP, rsp - 32);
  enterCode(cpu, code, (code.selector & 0xfffc) | newCpl, entry);
}
