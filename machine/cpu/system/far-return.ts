/** Far RET, and what it shares with IRET (SDM 2B RET; 3A 5.8.6). */
import type { Decoded } from '../../../isa/decoded';
import type { Cpu } from '../cpu';
import { raise, Vector } from '../fault';
import { Gpr, Segment, State } from '../layout';
import { read } from './access';
import {
  checkLongAndBig,
  checkRealOffset,
  checkTarget,
  enterCode,
  is64Bit,
  isReal,
  loadRealCode,
} from './far-transfer';
import {
  cacheDescriptor,
  cacheNull,
  checkStackSegment,
  codeSegmentChanged,
  Descriptor,
  hex,
  readDescriptor,
  segmentChanged,
  setAccessed,
  setSegment,
} from './segments';
import { readStack, readStackExact, setStackPointer, stackAddress, stackPointer } from './stack';

const code = new Descriptor();

/** Reads and checks the code segment that RET or IRET goes back to; its RPL becomes CPL. */
export function readReturnCode(cpu: Cpu, selector: number): Descriptor {
  if ((selector & 0xfffc) === 0) raise(Vector.GP, 0, 'the return selector is null');
  const target = readDescriptor(cpu, selector, Vector.GP, code);
  const error = selector & 0xfffc;
  const rpl = selector & 3;
  if (!target.isCode) raise(Vector.GP, error, `return selector ${hex(selector)} is not code`);
  if (rpl < cpu.state.cpl)
    raise(Vector.GP, error, `return selector ${hex(selector)}: RPL is below CPL ${cpu.state.cpl}`);
  checkLongAndBig(cpu, target);
  if (target.isConforming ? target.dpl > rpl : target.dpl !== rpl) {
    raise(Vector.GP, error, `return selector ${hex(selector)}: DPL ${target.dpl} does not fit RPL ${rpl}`);
  }
  if (!target.present) raise(Vector.NP, error, `return selector ${hex(selector)} is not present`);
  return target;
}

/** A stack segment checked by {@link readReturnStack} and not loaded yet. */
export const returnStack = new Descriptor();

/** Reads and checks the SS that RET or IRET goes back to; null is allowed for 64-bit code below level 3. */
export function readReturnStack(cpu: Cpu, selector: number, target: Descriptor, rpl: number): void {
  returnStack.selector = selector;
  if ((selector & 0xfffc) === 0) {
    if (!is64Bit(cpu, target) || rpl === 3 || (selector & 3) !== rpl) raise(Vector.GP, 0, 'the return SS is null');
    return;
  }
  readDescriptor(cpu, selector, Vector.GP, returnStack);
  checkStackSegment(returnStack, rpl, Vector.GP);
}

/** Loads CS and SS that were checked, then drops data segments that the outer level may not use. */
export function enterOuter(cpu: Cpu, target: Descriptor, selector: number, offset: number): void {
  const { state } = cpu;
  const rpl = selector & 3;
  const outer = rpl > state.cpl;
  if ((returnStack.selector & 0xfffc) === 0) cacheNull(state, Segment.SS, returnStack.selector, rpl);
  else {
    setAccessed(cpu, returnStack);
    cacheDescriptor(cpu, Segment.SS, returnStack.selector, returnStack);
  }
  setAccessed(cpu, target);
  cacheDescriptor(cpu, Segment.CS, selector, target);
  if (outer) dropInnerSegments(cpu, rpl);
  // SS may have changed while 64-bit code stays
  codeSegmentChanged(cpu);
  state.rip = offset;
}

/** ES, DS, FS, GS that hold data or non-conforming code of an inner level become null (SDM 2B RET). */
export function dropInnerSegments(cpu: Cpu, cpl: number): void {
  const { state } = cpu;
  for (const segment of [Segment.ES, Segment.DS, Segment.FS, Segment.GS]) {
    const access = state.access(segment);
    if ((access & 0x10000) !== 0) continue;
    const conforming = (access & 0xc) === 0xc;
    if (!conforming && ((access >>> 5) & 3) < cpl) {
      // the hidden base stays, which 64-bit code sees through FS and GS
      setSegment(state, segment, 0, 0x10000, state.segmentBase(segment), 0);
      segmentChanged(cpu, segment);
    }
  }
}

/** RET far, with `release` more bytes taken off the stack. */
export function returnFar(cpu: Cpu, instruction: Decoded): void {
  const { state } = cpu;
  const size = instruction.operandSize / 8;
  const operand = instruction.operands[0];
  const release = operand?.kind === 'immediate' ? operand.low & 0xffff : 0;
  // processors read the selector first
  const selector = read(cpu, stackAddress(cpu, size, 2, false), 2);
  const slot = readStackExact(cpu, 0, size);
  let offset = Number(size === 8 ? BigInt.asIntN(64, slot) : slot);
  if (isReal(cpu)) {
    checkRealOffset(cpu, offset);
    setStackPointer(cpu, stackPointer(cpu) + 2 * size + release);
    loadRealCode(cpu, selector, offset);
    return;
  }
  const target = readReturnCode(cpu, selector);
  // of 64 bits code of 32 bits gets the lower half
  if (size === 8 && !is64Bit(cpu, target)) offset = Number(slot & 0xffffffffn);
  const rpl = selector & 3;
  if (rpl === state.cpl) {
    checkTarget(cpu, target, offset);
    setStackPointer(cpu, stackPointer(cpu) + 2 * size + release);
    enterCode(cpu, target, selector, offset);
    return;
  }
  const pointer = readStack(cpu, 2 * size + release, size);
  const stackSelector = Number(readStackExact(cpu, 3 * size + release, size) & 0xffffn);
  readReturnStack(cpu, stackSelector, target, rpl);
  checkTarget(cpu, target, offset);
  enterOuter(cpu, target, selector, offset);
  restorePointer(cpu, size, pointer, release);
}

/** The stack pointer that RET or IRET found in the outer frame, by the size of the new stack. */
export function restorePointer(cpu: Cpu, size: number, pointer: number, release: number): void {
  const { state } = cpu;
  if (state.codeBits === 64) state.setGprNumber(Gpr.RSP, pointer + release);
  else if (state.u32[State.stackMask >>> 2] === 0xffff) state.setGpr16(Gpr.RSP, pointer + release);
  else state.setGpr32(Gpr.RSP, (size === 2 ? pointer & 0xffff : pointer) + release);
}
