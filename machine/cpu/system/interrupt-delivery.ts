/** Calling an interrupt or exception handler through the IVT or IDT (SDM 2A INT n, 3A 6.12 and 6.14). */
import type { Cpu } from '../cpu';
import { raise, Vector } from '../fault';
import { Gpr, Segment, State } from '../layout';
import { isCanonical, ownContext, read, write, writeNumber } from './access';
import { lookAnew, noteGate, noteTarget } from './delivery-notes';
import { type CpuEvent, isSoftware } from './event';
import { addExt, innerStack, readInnerStack, readInnerStackDescriptor, slotFits, stackFromTss64 } from './inner-stack';
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
  readDescriptor,
  SystemType,
  segmentChanged,
  setAccessed,
  setSegment,
} from './segments';
import { switchTask, TaskSwitchSource } from './task-switch';

const IF = 0x200;
const TF = 0x100;
const NT = 0x4000;
const RF = 0x10000;
const VM = 0x20000;
const AC = 0x40000;

const code = new Descriptor();
const stack = new Descriptor();

/** Calls the handler of an event. Raises what the delivery itself raises, with nothing but memory changed. */
export function dispatch(cpu: Cpu, event: CpuEvent): void {
  const { state } = cpu;
  lookAnew();
  if (!isProtected(state)) dispatchReal(cpu, event);
  else if (isLongMode(state)) dispatchLong(cpu, event);
  else dispatchProtected(cpu, event);
}

/** Error code that names the IDT entry. */
function idtError(event: CpuEvent, ext: number): number {
  return (event.vector << 3) | 2 | ext;
}

/** RFLAGS as the handler's frame holds them. */
function pushedFlags(cpu: Cpu, event: CpuEvent): number {
  const flags = cpu.state.rflags;
  return event.resume ? flags | RF : flags;
}

/** Flags after the call: `clear` and the lazy arithmetic flags stay. */
function clearFlags(cpu: Cpu, clear: number): void {
  cpu.state.u32[State.systemFlags >>> 2] &= ~clear;
}

/** Real-address mode: IVT of 4-byte entries at the base in IDTR, 16-bit frame (SDM 3B 20.1.4). */
function dispatchReal(cpu: Cpu, event: CpuEvent): void {
  const { state } = cpu;
  const limit = state.u32[State.idtrLimit >>> 2] & 0xffff;
  if (4 * event.vector + 3 > limit) {
    raise(
      Vector.GP,
      idtError(event, isSoftware(event.type) ? 0 : 1),
      `vector ${hex(event.vector)} is beyond the IDT limit`,
    );
  }
  const at = state.getNumber(State.idtrBase) + 4 * event.vector;
  const entry = read(cpu, at, 4);
  noteGate(at, 4, entry, 0, 0);
  const flags = pushedFlags(cpu, event);
  const big = state.u32[State.stackMask >>> 2] !== 0xffff;
  const mask = big ? 0xffffffff : 0xffff;
  const base = state.segmentBase(Segment.SS);
  const stackLimit = state.segmentLimit(Segment.SS);
  let sp = state.gpr32(Gpr.RSP);
  for (let i = 0; i < 3; i++) {
    sp = (sp - 2) & mask;
    if ((sp >>> 0) + 1 > stackLimit) raise(Vector.SS, 0, 'the stack has no room for the interrupt frame');
    const value = i === 0 ? flags : i === 1 ? state.selector(Segment.CS) : event.returnRip;
    write(cpu, (base + (sp >>> 0)) >>> 0, 2, value & 0xffff);
  }
  if (big) state.setGpr32(Gpr.RSP, sp);
  else state.setGpr16(Gpr.RSP, sp);
  clearFlags(cpu, IF | TF | AC | RF);
  loadReal(state, Segment.CS, entry >>> 16);
  segmentChanged(cpu, Segment.CS);
  state.rip = entry & 0xffff;
}

/** IA-32e mode: 16-byte gates, 64-bit handlers, IST (SDM 3A 6.14). */
function dispatchLong(cpu: Cpu, event: CpuEvent): void {
  const { state } = cpu;
  const software = isSoftware(event.type);
  const ext = software ? 0 : 1;
  const limit = state.u32[State.idtrLimit >>> 2] & 0xffff;
  if (16 * event.vector + 15 > limit) {
    raise(Vector.GP, idtError(event, ext), `vector ${hex(event.vector)} is beyond the IDT limit`);
  }
  const system = cpu.mmu.systemContext;
  const { mmu } = cpu;
  const { view } = mmu;
  const at = state.getNumber(State.idtrBase) + 16 * event.vector;
  const entry = mmu.span(at, 16, false, system);
  const low = entry < 0 ? read(cpu, at, 4, system) : view.getUint32(entry, true);
  const high = entry < 0 ? read(cpu, at + 4, 4, system) : view.getUint32(entry + 4, true);
  const upper = entry < 0 ? read(cpu, at + 8, 4, system) : view.getUint32(entry + 8, true);
  noteGate(at, 16, low, high, upper);
  const type = (high >>> 8) & 0x1f;
  if (type !== SystemType.InterruptGate32 && type !== SystemType.TrapGate32) {
    raise(Vector.GP, idtError(event, ext), `IDT entry ${hex(event.vector)} has type ${type}, not a 64-bit gate`);
  }
  const cpl = state.cpl;
  if (software && ((high >>> 13) & 3) < cpl) {
    raise(Vector.GP, idtError(event, 0), `IDT entry ${hex(event.vector)}: gate DPL is below CPL ${cpl}`);
  }
  if ((high & 0x8000) === 0) {
    raise(Vector.NP, idtError(event, ext), `IDT entry ${hex(event.vector)} is not present`);
  }
  const selector = low >>> 16;
  if ((selector & 0xfffc) === 0) raise(Vector.GP, ext, 'the gate has a null code selector');
  const target = readCode(cpu, selector, ext);
  if ((target.high & (DescriptorBit.long | DescriptorBit.big)) !== DescriptorBit.long) {
    raise(Vector.GP, (selector & 0xfffc) | ext, `code selector ${hex(selector)} is not 64-bit code`);
  }
  checkHandlerCode(target, cpl, ext);
  const inner = !target.isConforming && target.dpl < cpl;
  const newCpl = inner ? target.dpl : cpl;
  const ist = high & 7;
  const offset = (upper | 0) * 4294967296 + (((low & 0xffff) | (high & 0xffff0000)) >>> 0);
  let rsp = state.gprNumber(Gpr.RSP);
  if (ist !== 0 || inner) rsp = stackFromTss64(cpu, ist !== 0 ? 0x24 + 8 * (ist - 1) : 4 + 8 * newCpl, ext);
  rsp -= rsp & 15;
  const bytes = event.errorCode === undefined ? 40 : 48;
  if (!isCanonical(cpu, rsp - 1) || !isCanonical(cpu, rsp - bytes)) {
    raise(Vector.SS, ext, 'the stack pointer for the handler is not canonical');
  }
  if (!isCanonical(cpu, offset)) raise(Vector.GP, ext, "the gate's offset is not canonical");
  pushFrame64(cpu, event, rsp, bytes, mmu.contextAt(newCpl));
  setAccessed(cpu, target);

  if (inner) cacheNull(state, Segment.SS, newCpl, newCpl);
  state.setGprNumber(Gpr.RSP, rsp - bytes);
  clearFlags(cpu, TF | NT | RF | VM | (type === SystemType.InterruptGate32 ? IF : 0));
  cacheDescriptor(cpu, Segment.CS, (selector & 0xfffc) | newCpl, target);
  codeSegmentChanged(cpu);
  state.rip = offset;
}

/** SS, RSP, RFLAGS, CS, RIP and the error code below `rsp`. */
function pushFrame64(cpu: Cpu, event: CpuEvent, rsp: number, bytes: number, context: number): void {
  const { mmu, state } = cpu;
  const { u32 } = state;
  const flags = pushedFlags(cpu, event);
  const old = (State.gpr + 8 * Gpr.RSP) >>> 2;
  const oldHigh = state.codeBits === 64 ? u32[old + 1] : 0;
  const { errorCode, returnRip } = event;
  const at = mmu.span(rsp - bytes, bytes, true, context);
  if (at < 0) {
    writeNumber(cpu, rsp - 8, state.selector(Segment.SS), context);
    writeNumber(cpu, rsp - 16, (oldHigh | 0) * 4294967296 + u32[old], context);
    writeNumber(cpu, rsp - 24, flags, context);
    writeNumber(cpu, rsp - 32, state.selector(Segment.CS), context);
    writeNumber(cpu, rsp - 40, returnRip, context);
    if (errorCode !== undefined) writeNumber(cpu, rsp - 48, errorCode, context);
    return;
  }
  const { view } = mmu;
  const top = at + bytes;
  view.setInt32(top - 4, 0, true);
  view.setInt32(top - 8, state.selector(Segment.SS), true);
  view.setInt32(top - 12, oldHigh, true);
  view.setInt32(top - 16, u32[old], true);
  view.setInt32(top - 20, 0, true);
  view.setInt32(top - 24, flags, true);
  view.setInt32(top - 28, 0, true);
  view.setInt32(top - 32, state.selector(Segment.CS), true);
  view.setInt32(top - 36, Math.floor(returnRip / 4294967296), true);
  view.setInt32(top - 40, returnRip, true);
  if (errorCode === undefined) return;
  view.setInt32(at + 4, 0, true);
  view.setInt32(at, errorCode, true);
}

/** Reads the handler's code descriptor; outside its table #GP(selector + EXT). */
function readCode(cpu: Cpu, selector: number, ext: number): Descriptor {
  try {
    readDescriptor(cpu, selector, Vector.GP, code);
    noteTarget(code);
    return code;
  } catch (fault) {
    addExt(fault, ext);
    throw fault;
  }
}

/** The handler's segment: code, DPL at most CPL (#GP), present (#NP). */
function checkHandlerCode(target: Descriptor, cpl: number, ext: number): void {
  const error = (target.selector & 0xfffc) | ext;
  if (!target.isCode) raise(Vector.GP, error, `selector ${hex(target.selector)} in the gate is not code`);
  if (target.dpl > cpl) {
    raise(Vector.GP, error, `selector ${hex(target.selector)} in the gate: DPL ${target.dpl} is above CPL ${cpl}`);
  }
  if (!target.present) raise(Vector.NP, error, `selector ${hex(target.selector)} in the gate is not present`);
}

/** Protected mode outside IA-32e mode: interrupt, trap and task gates, from virtual-8086 mode too. */
function dispatchProtected(cpu: Cpu, event: CpuEvent): void {
  const { state } = cpu;
  const software = isSoftware(event.type);
  const ext = software ? 0 : 1;
  const limit = state.u32[State.idtrLimit >>> 2] & 0xffff;
  if (8 * event.vector + 7 > limit) {
    raise(Vector.GP, idtError(event, ext), `vector ${hex(event.vector)} is beyond the IDT limit`);
  }
  const system = cpu.mmu.systemContext;
  const at = (state.getNumber(State.idtrBase) + 8 * event.vector) >>> 0;
  const low = read(cpu, at, 4, system);
  const high = read(cpu, at + 4, 4, system);
  noteGate(at, 8, low, high, 0);
  const type = (high >>> 8) & 0x1f;
  const task = type === SystemType.TaskGate;
  if (!task && (type & 0x16) !== 6) {
    raise(Vector.GP, idtError(event, ext), `IDT entry ${hex(event.vector)} has type ${type}, no gate for interrupts`);
  }
  const cpl = state.cpl;
  if (software && ((high >>> 13) & 3) < cpl) {
    raise(Vector.GP, idtError(event, 0), `IDT entry ${hex(event.vector)}: gate DPL is below CPL ${cpl}`);
  }
  if ((high & 0x8000) === 0) {
    raise(Vector.NP, idtError(event, ext), `IDT entry ${hex(event.vector)} is not present`);
  }
  const selector = low >>> 16;
  if (task) {
    const { errorCode } = event;
    switchTask(cpu, selector, TaskSwitchSource.Gate, event.returnRip, event.length, ext, errorCode, event.resume);
    return;
  }
  if ((selector & 0xfffc) === 0) raise(Vector.GP, ext, 'the gate has a null code selector');
  const target = readCode(cpu, selector, ext);
  checkHandlerCode(target, cpl, ext);
  const wide = type >= SystemType.InterruptGate32;
  const size = wide ? 4 : 2;
  const offset = wide ? ((low & 0xffff) | (high & 0xffff0000)) >>> 0 : low & 0xffff;
  const virtual = isVirtual8086(state);
  const inner = !target.isConforming && target.dpl < cpl;
  if (virtual && (!inner || target.dpl !== 0)) {
    raise(Vector.GP, (selector & 0xfffc) | ext, 'the handler of an interrupt from virtual-8086 mode is not at level 0');
  }
  const newCpl = inner ? target.dpl : cpl;
  const slots = (inner ? (virtual ? 9 : 5) : 3) + (event.errorCode === undefined ? 0 : 1);

  let access = state.access(Segment.SS);
  let base = state.segmentBase(Segment.SS);
  let stackLimit = state.segmentLimit(Segment.SS);
  let pointer = state.gpr32(Gpr.RSP);
  let stackError = ext;
  let context = ownContext(cpu);
  if (inner) {
    readInnerStack(cpu, newCpl, ext);
    readInnerStackDescriptor(cpu, newCpl, ext, stack);
    access = stack.access;
    base = stack.base;
    stackLimit = stack.limit;
    pointer = innerStack.pointer;
    stackError = (innerStack.selector & 0xfffc) | ext;
    context = cpu.mmu.contextAt(newCpl);
  }
  const mask = (access & 0x4000) !== 0 ? 0xffffffff : 0xffff;
  for (let i = 1; i <= slots; i++) {
    if (!slotFits(access, stackLimit, ((pointer - i * size) & mask) >>> 0, size)) {
      raise(Vector.SS, stackError, 'the stack has no room for the interrupt frame');
    }
  }
  if (offset > target.limit) raise(Vector.GP, ext, "the gate's offset is beyond the code segment limit");
  let sp = pointer;
  const push = (value: number): void => {
    sp = ((sp - size) & mask) >>> 0;
    write(cpu, (base + sp) >>> 0, size, value, context);
  };
  if (inner) {
    if (virtual) {
      push(state.selector(Segment.GS));
      push(state.selector(Segment.FS));
      push(state.selector(Segment.DS));
      push(state.selector(Segment.ES));
    }
    push(state.selector(Segment.SS));
    push(state.gpr32(Gpr.RSP));
  }
  push(pushedFlags(cpu, event));
  push(state.selector(Segment.CS));
  push(event.returnRip);
  if (event.errorCode !== undefined) push(event.errorCode);
  if (inner) setAccessed(cpu, stack);
  setAccessed(cpu, target);

  if (virtual) for (const segment of [Segment.GS, Segment.FS, Segment.DS, Segment.ES]) cacheNull(state, segment, 0);
  if (inner) setSegment(state, Segment.SS, innerStack.selector, access, base, stackLimit);
  if (mask === 0xffff) {
    // SP only is written; across a switch ESP's upper half comes from the TSS
    state.setGpr32(Gpr.RSP, ((pointer & 0xffff0000) | (sp & 0xffff)) >>> 0);
  } else state.setGpr32(Gpr.RSP, sp);
  clearFlags(cpu, TF | NT | RF | VM | ((type & 1) === 0 ? IF : 0));
  cacheDescriptor(cpu, Segment.CS, (selector & 0xfffc) | newCpl, target);
  codeSegmentChanged(cpu);
  state.rip = offset;
}
