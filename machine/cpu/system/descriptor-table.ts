/** LGDT LIDT SGDT SIDT LLDT LTR SLDT STR LAR LSL VERR VERW ARPL (SDM 2A, 2B). */
import type { Decoded } from '../../../isa/decoded';
import type { Cpu } from '../cpu';
import { Access } from '../cpu-state';
import { GuestFault, raise, Vector } from '../fault';
import { Segment, State } from '../layout';
import {
  checkWrite,
  isCanonical,
  linearAddress,
  memoryOperand,
  read,
  readNumber,
  readOperand,
  write,
  writeNumber,
  writeOperand,
} from './access';
import { checkUserModePrevention, requirePrivilege } from './control';
import {
  Descriptor,
  DescriptorBit,
  hex,
  isLongMode,
  isProtected,
  isVirtual8086,
  readDescriptor,
  readUpperHalf,
  SystemType,
  setSegment,
} from './segments';

const ZF = 0x40;
const descriptor = new Descriptor();

function slots(mnemonic: string): { base: number; limit: number } {
  return mnemonic.endsWith('gdt')
    ? { base: State.gdtrBase, limit: State.gdtrLimit }
    : { base: State.idtrBase, limit: State.idtrLimit };
}

/** LGDT, LIDT: 16-bit limit, base of 24 bits (operand size 16), 32 or 64 bits. */
export function loadTableRegister(cpu: Cpu, instruction: Decoded): void {
  const { state } = cpu;
  const { mnemonic } = instruction.form;
  requirePrivilege(cpu, mnemonic.toUpperCase());
  const long = state.codeBits === 64;
  const operand = memoryOperand(instruction, 0);
  const linear = linearAddress(cpu, instruction, operand, long ? 10 : 6, false);
  cpu.intercepts?.descriptorTable(mnemonic, instruction, linear);
  const limit = read(cpu, linear, 2);
  let base = long ? readNumber(cpu, linear + 2) : read(cpu, linear + 2, 4);
  if (long && !isCanonical(cpu, base)) raise(Vector.GP, 0, 'the base is not canonical');
  if (!long && instruction.operandSize === 16) base &= 0xffffff;
  const at = slots(mnemonic);
  state.setNumber(at.base, base);
  state.set32(at.limit, limit);
}

/** SGDT, SIDT. */
export function storeTableRegister(cpu: Cpu, instruction: Decoded): void {
  const { state } = cpu;
  const { mnemonic } = instruction.form;
  checkUserModePrevention(cpu);
  const long = state.codeBits === 64;
  const operand = memoryOperand(instruction, 0);
  const bytes = long ? 10 : 6;
  const linear = linearAddress(cpu, instruction, operand, bytes, true);
  cpu.intercepts?.descriptorTable(mnemonic, instruction, linear);
  const at = slots(mnemonic);
  checkWrite(cpu, linear, bytes);
  write(cpu, linear, 2, state.get32(at.limit) & 0xffff);
  if (long) writeNumber(cpu, linear + 2, state.getNumber(at.base));
  else write(cpu, linear + 2, 4, state.get32(at.base));
}

/** These exist in protected mode only. */
function requireProtected(cpu: Cpu, instruction: Decoded): void {
  const { state } = cpu;
  if (!isProtected(state) || isVirtual8086(state)) {
    raise(Vector.UD, undefined, `${instruction.form.mnemonic.toUpperCase()} outside protected mode`);
  }
}

function interceptedLinear(cpu: Cpu, instruction: Decoded, isWrite: boolean): number | undefined {
  const operand = instruction.operands[0];
  return operand.kind === 'memory' ? linearAddress(cpu, instruction, operand, 2, isWrite) : undefined;
}

function intercept(cpu: Cpu, instruction: Decoded, isWrite: boolean): void {
  if (cpu.intercepts === undefined) return;
  const linear = interceptedLinear(cpu, instruction, isWrite);
  cpu.intercepts.descriptorTable(instruction.form.mnemonic, instruction, linear);
}

/** LLDT. */
export function loadLdt(cpu: Cpu, instruction: Decoded): void {
  const { state } = cpu;
  requireProtected(cpu, instruction);
  requirePrivilege(cpu, 'LLDT');
  intercept(cpu, instruction, false);
  const selector = readOperand(cpu, instruction, 0) & 0xffff;
  if ((selector & 0xfffc) === 0) {
    setSegment(state, Segment.LDTR, selector, Access.unusable, 0, 0);
    return;
  }
  if ((selector & 4) !== 0) raise(Vector.GP, selector & 0xfffc, `selector ${hex(selector)} is not in the GDT`);
  readDescriptor(cpu, selector, Vector.GP, descriptor);
  if (descriptor.type !== SystemType.Ldt) raise(Vector.GP, selector & 0xfffc, `selector ${hex(selector)} is no LDT`);
  if (isLongMode(state)) readUpperHalf(cpu, descriptor, Vector.GP);
  if (!descriptor.present) raise(Vector.NP, selector & 0xfffc, `the LDT ${hex(selector)} is not present`);
  const base = systemBase(cpu, descriptor);
  setSegment(state, Segment.LDTR, selector, descriptor.access, base, descriptor.limit);
}

/** Base of a system descriptor, 64 bits in IA-32e mode; non-canonical raises #GP(selector). */
function systemBase(cpu: Cpu, from: Descriptor): number {
  if (!isLongMode(cpu.state)) return from.base;
  const base = (from.upper | 0) * 4294967296 + from.base;
  if (!isCanonical(cpu, base)) raise(Vector.GP, from.selector & 0xfffc, 'the base is not canonical');
  return base;
}

/** LTR: loads the task register and marks the TSS busy. */
export function loadTaskRegister(cpu: Cpu, instruction: Decoded): void {
  const { state } = cpu;
  requireProtected(cpu, instruction);
  requirePrivilege(cpu, 'LTR');
  intercept(cpu, instruction, false);
  const selector = readOperand(cpu, instruction, 0) & 0xffff;
  const error = selector & 0xfffc;
  if (error === 0) raise(Vector.GP, 0, 'the task-state segment selector is null');
  if ((selector & 4) !== 0) raise(Vector.GP, error, `selector ${hex(selector)} is not in the GDT`);
  readDescriptor(cpu, selector, Vector.GP, descriptor);
  const { type } = descriptor;
  const long = isLongMode(state);
  if (type !== SystemType.Tss32Available && (long || type !== SystemType.Tss16Available)) {
    raise(Vector.GP, error, `selector ${hex(selector)} has type ${type}, no available TSS`);
  }
  if (long) readUpperHalf(cpu, descriptor, Vector.GP);
  if (!descriptor.present) raise(Vector.NP, error, `the TSS ${hex(selector)} is not present`);
  const base = systemBase(cpu, descriptor);
  write(cpu, descriptor.address + 5, 1, ((descriptor.high >>> 8) & 0xff) | 2, cpu.mmu.systemContext);
  setSegment(state, Segment.TR, selector, descriptor.access | 2, base, descriptor.limit);
}

/** SLDT, STR. */
export function storeSelector(cpu: Cpu, instruction: Decoded): void {
  requireProtected(cpu, instruction);
  checkUserModePrevention(cpu);
  intercept(cpu, instruction, true);
  const segment = instruction.form.mnemonic === 'str' ? Segment.TR : Segment.LDTR;
  writeSelector(cpu, instruction, cpu.state.selector(segment));
}

/** A selector to memory is 16 bits whatever the operand size; to a register, zero-extended. */
export function writeSelector(cpu: Cpu, instruction: Decoded, selector: number): void {
  const operand = instruction.operands[0];
  if (operand.kind === 'memory') write(cpu, linearAddress(cpu, instruction, operand, 2, true), 2, selector);
  else writeOperand(cpu, instruction, 0, selector);
}

function setZero(cpu: Cpu, set: boolean): void {
  const { state } = cpu;
  const flags = state.arithmeticFlags();
  state.setArithmeticFlags(set ? flags | ZF : flags & ~ZF);
}

/** The 16-bit selector operand of VERR, LAR and their like; memory is 16 bits wide whatever the operand size. */
function selectorOperand(cpu: Cpu, instruction: Decoded, index: number): number {
  const operand = instruction.operands[index];
  if (operand.kind === 'memory') return read(cpu, linearAddress(cpu, instruction, operand, 2, false), 2);
  return readOperand(cpu, instruction, index) & 0xffff;
}

/** The descriptor that a selector names, undefined if it is null or outside its table. Page faults go through. */
function lookUp(cpu: Cpu, selector: number): Descriptor | undefined {
  if ((selector & 0xfffc) === 0) return undefined;
  try {
    return readDescriptor(cpu, selector, Vector.GP, descriptor);
  } catch (fault) {
    if (fault instanceof GuestFault && fault.vector === Vector.GP) return undefined;
    throw fault;
  }
}

function isVisible(cpu: Cpu, found: Descriptor, selector: number): boolean {
  if (found.isCode && found.isConforming) return true;
  return found.dpl >= cpu.state.cpl && found.dpl >= (selector & 3);
}

const lslTypes = new Set<number>([1, 2, 3, 9, 11]);
const larTypes = new Set<number>([1, 2, 3, 4, 5, 9, 11, 12]);
const lslTypesLong = new Set<number>([2, 9, 11]);
const larTypesLong = new Set<number>([2, 9, 11, 12]);

/** LAR. */
export function loadAccessRights(cpu: Cpu, instruction: Decoded): void {
  requireProtected(cpu, instruction);
  const selector = selectorOperand(cpu, instruction, 1);
  const found = lookUp(cpu, selector);
  const types = isLongMode(cpu.state) ? larTypesLong : larTypes;
  const valid = found !== undefined && isVisible(cpu, found, selector) && (!found.isSystem || types.has(found.type));
  setZero(cpu, valid);
  if (valid) writeOperand(cpu, instruction, 0, found.high & (instruction.operandSize === 16 ? 0xff00 : 0xffff00));
}

/** LSL. */
export function loadSegmentLimit(cpu: Cpu, instruction: Decoded): void {
  requireProtected(cpu, instruction);
  const selector = selectorOperand(cpu, instruction, 1);
  const found = lookUp(cpu, selector);
  const types = isLongMode(cpu.state) ? lslTypesLong : lslTypes;
  const valid = found !== undefined && isVisible(cpu, found, selector) && (!found.isSystem || types.has(found.type));
  setZero(cpu, valid);
  if (valid) writeOperand(cpu, instruction, 0, found.limit);
}

/** VERR, VERW. */
export function verifySegment(cpu: Cpu, instruction: Decoded): void {
  requireProtected(cpu, instruction);
  const selector = selectorOperand(cpu, instruction, 0);
  const found = lookUp(cpu, selector);
  const write = instruction.form.mnemonic === 'verw';
  let valid = found !== undefined && !found.isSystem && isVisible(cpu, found, selector);
  if (valid && found !== undefined)
    valid = write ? !found.isCode && (found.high & DescriptorBit.writable) !== 0 : found.isReadable;
  setZero(cpu, valid);
}

/** ARPL. */
export function adjustPrivilege(cpu: Cpu, instruction: Decoded): void {
  requireProtected(cpu, instruction);
  const destination = readOperand(cpu, instruction, 0);
  const rpl = readOperand(cpu, instruction, 1) & 3;
  const adjust = (destination & 3) < rpl;
  if (adjust) writeOperand(cpu, instruction, 0, (destination & ~3) | rpl);
  setZero(cpu, adjust);
}
