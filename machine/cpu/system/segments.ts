/** Segment registers: descriptor checks and loads (SDM 3A 3.4, 5.2 to 5.8), and what is derived from them. */

import type { Cpu } from '../cpu';
import { Access, type CpuState } from '../cpu-state';
import { raise, Vector } from '../fault';
import { Segment, SegmentField, State } from '../layout';
import { read, write } from './access';

/** Type field of system descriptors (SDM 3A table 3-2). */
export const SystemType = {
  Tss16Available: 1,
  Ldt: 2,
  Tss16Busy: 3,
  CallGate16: 4,
  TaskGate: 5,
  InterruptGate16: 6,
  TrapGate16: 7,
  Tss32Available: 9,
  Tss32Busy: 11,
  CallGate32: 12,
  InterruptGate32: 14,
  TrapGate32: 15,
} as const;

/** Bits of the second word of a descriptor. */
export const DescriptorBit = {
  typeShift: 8,
  accessed: 1 << 8,
  /** Writable data, readable code. */
  writable: 1 << 9,
  /** Expand-down data, conforming code. */
  conforming: 1 << 10,
  code: 1 << 11,
  /** S: code or data. */
  user: 1 << 12,
  dplShift: 13,
  present: 1 << 15,
  long: 1 << 21,
  big: 1 << 22,
  granularity: 1 << 23,
} as const;

/** A descriptor as read from a table: 8 bytes, and for system descriptors in long mode the upper half of the base. */
export class Descriptor {
  selector = 0;
  low = 0;
  high = 0;
  /** Upper 32 bits of a 16-byte descriptor's base or offset. */
  upper = 0;
  /** Linear address where it stands. */
  address = 0;

  /** Type field with S: 0..15 system, 16..31 code and data. */
  get type(): number {
    return (this.high >>> 8) & 31;
  }

  get dpl(): number {
    return (this.high >>> 13) & 3;
  }

  get present(): boolean {
    return (this.high & DescriptorBit.present) !== 0;
  }

  get isSystem(): boolean {
    return (this.high & DescriptorBit.user) === 0;
  }

  get isCode(): boolean {
    return (this.high & 0x1800) === 0x1800;
  }

  get isConforming(): boolean {
    return (this.high & DescriptorBit.conforming) !== 0;
  }

  get isWritableData(): boolean {
    return (this.high & 0x1a00) === 0x1200;
  }

  get isReadable(): boolean {
    return (this.high & DescriptorBit.code) === 0 || (this.high & DescriptorBit.writable) !== 0;
  }

  /** Base, unsigned 32 bits. */
  get base(): number {
    return ((this.low >>> 16) | ((this.high & 0xff) << 16) | (this.high & 0xff000000)) >>> 0;
  }

  /** Limit in bytes, granularity applied. */
  get limit(): number {
    const limit = (this.low & 0xffff) | (this.high & 0xf0000);
    return (this.high & DescriptorBit.granularity) !== 0 ? ((limit << 12) | 0xfff) >>> 0 : limit;
  }

  /** Access rights as cached. */
  get access(): number {
    return (this.high >>> 8) & 0xf0ff;
  }

  copy(from: Descriptor): this {
    this.selector = from.selector;
    this.low = from.low;
    this.high = from.high;
    this.upper = from.upper;
    this.address = from.address;
    return this;
  }
}

/** Bits of RFLAGS and control registers that this room asks for again and again. */
export function isProtected(state: CpuState): boolean {
  return (state.u32[State.cr0 >>> 2] & 1) !== 0;
}

export function isVirtual8086(state: CpuState): boolean {
  return (state.u32[State.systemFlags >>> 2] & 0x20000) !== 0;
}

export function isLongMode(state: CpuState): boolean {
  return (state.u32[State.efer >>> 2] & 0x400) !== 0;
}

export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/**
 * Linear address of the descriptor that a selector names; raises `vector` with the selector if it lies outside its table.
 * @param size bytes of the descriptor, 8 or 16
 */
export function descriptorAddress(cpu: Cpu, selector: number, vector: number, size = 8): number {
  const { state } = cpu;
  const offset = selector & 0xfff8;
  if ((selector & 4) !== 0) {
    if ((state.access(Segment.LDTR) & Access.unusable) !== 0) {
      raise(vector, selector & 0xfffc, `selector ${hex(selector)} is in the LDT and there is none`);
    }
    const limit = state.segmentLimit(Segment.LDTR);
    if (offset + size - 1 > limit) {
      raise(vector, selector & 0xfffc, `selector ${hex(selector)} is beyond the LDT limit ${hex(limit)}`);
    }
    return state.segmentBase(Segment.LDTR) + offset;
  }
  const limit = state.u32[State.gdtrLimit >>> 2] & 0xffff;
  if (offset + size - 1 > limit) {
    raise(vector, selector & 0xfffc, `selector ${hex(selector)} is beyond the GDT limit ${hex(limit)}`);
  }
  return state.getNumber(State.gdtrBase) + offset;
}

/** Reads the descriptor that a selector names into `into`; raises `vector` with the selector if outside its table. */
export function readDescriptor(cpu: Cpu, selector: number, vector: number, into: Descriptor): Descriptor {
  const address = descriptorAddress(cpu, selector, vector);
  const context = cpu.mmu.systemContext;
  into.selector = selector;
  into.address = address;
  const { mmu } = cpu;
  const at = mmu.span(address, 8, false, context);
  if (at >= 0) {
    into.low = mmu.view.getUint32(at, true);
    into.high = mmu.view.getUint32(at + 4, true);
  } else {
    into.low = read(cpu, address, 4, context);
    into.high = read(cpu, address + 4, 4, context);
  }
  into.upper = 0;
  return into;
}

/** Reads the upper half of a 16-byte system descriptor; raises #GP(selector) unless its type field is 0. */
export function readUpperHalf(cpu: Cpu, descriptor: Descriptor, vector: number): void {
  const { selector } = descriptor;
  descriptorAddress(cpu, selector, vector, 16);
  const context = cpu.mmu.systemContext;
  descriptor.upper = read(cpu, descriptor.address + 8, 4, context);
  if ((read(cpu, descriptor.address + 12, 4, context) & 0x1f00) !== 0) {
    raise(vector, selector & 0xfffc, 'the upper half of the descriptor has a non-zero type');
  }
}

/** Sets the accessed bit in the table, if it is clear. */
export function setAccessed(cpu: Cpu, descriptor: Descriptor): void {
  if ((descriptor.high & DescriptorBit.accessed) !== 0) return;
  descriptor.high |= DescriptorBit.accessed;
  write(cpu, descriptor.address + 5, 1, (descriptor.high >>> 8) & 0xff, cpu.mmu.systemContext);
}

/** Fills the cached part of a segment register. Nothing derived is recomputed. */
export function setSegment(
  state: CpuState,
  segment: number,
  selector: number,
  access: number,
  base: number,
  limit: number,
): void {
  const at = State.segments + SegmentField.size * segment;
  state.u32[at >>> 2] = selector;
  state.u32[(at + SegmentField.access) >>> 2] = access;
  state.setNumber(at + SegmentField.base, base);
  state.u32[(at + SegmentField.limit) >>> 2] = limit;
}

/** Caches a code or data descriptor in a segment register; the base of 64-bit code is 0 (SDM 3A 3.2.4). */
export function cacheDescriptor(cpu: Cpu, segment: number, selector: number, descriptor: Descriptor): void {
  const { state } = cpu;
  const long = segment === Segment.CS && (descriptor.high & DescriptorBit.long) !== 0 && isLongMode(state);
  setSegment(state, segment, selector, descriptor.access, long ? 0 : descriptor.base, descriptor.limit);
}

/** A null selector in a data-segment register: unusable, base and limit 0, DPL kept for SS in 64-bit mode. */
export function cacheNull(state: CpuState, segment: number, selector: number, dpl = 0): void {
  setSegment(state, segment, selector, Access.unusable | (dpl << Access.dplShift), 0, 0);
}

/** Loads a segment register as real-address mode does: base from the selector; limit and size stay ("unreal mode"). */
export function loadReal(state: CpuState, segment: number, selector: number): void {
  const kept = state.access(segment) & (Access.big | Access.granularity | Access.available);
  const unusable = (state.access(segment) & Access.unusable) !== 0;
  setSegment(
    state,
    segment,
    selector,
    0x93 | (unusable ? 0 : kept),
    selector << 4,
    unusable ? 0xffff : state.segmentLimit(segment),
  );
}

/** Loads a segment register as virtual-8086 mode does (SDM 3B 20.1.1). */
export function loadVirtual8086(state: CpuState, segment: number, selector: number): void {
  setSegment(state, segment, selector, 0xf3, selector << 4, 0xffff);
}

const loading = new Descriptor();

/**
 * MOV, POP, LDS.. to DS ES FS GS SS in any mode (SDM 2B MOV): all checks, then the load. The caller has done what may
 * fault after it. Does not touch the interrupt shadow.
 */
export function loadSegment(cpu: Cpu, segment: number, selector: number): void {
  const { state } = cpu;
  if (!isProtected(state)) loadReal(state, segment, selector);
  else if (isVirtual8086(state)) loadVirtual8086(state, segment, selector);
  else if (segment === Segment.SS) loadStackSegment(cpu, selector, state.cpl, Vector.GP);
  else if ((selector & 0xfffc) === 0) cacheNull(state, segment, selector);
  else {
    const descriptor = readDescriptor(cpu, selector, Vector.GP, loading);
    checkDataSegment(cpu, descriptor, Vector.GP);
    setAccessed(cpu, descriptor);
    cacheDescriptor(cpu, segment, selector, descriptor);
  }
  segmentChanged(cpu, segment);
}

/** DS, ES, FS, GS: data or readable code; DPL >= CPL and RPL unless conforming code; present (#NP). */
export function checkDataSegment(cpu: Cpu, descriptor: Descriptor, vector: number): void {
  const { selector } = descriptor;
  const error = selector & 0xfffc;
  if (descriptor.isSystem || !descriptor.isReadable) {
    raise(vector, error, `selector ${hex(selector)} names neither data nor readable code`);
  }
  if (!(descriptor.isCode && descriptor.isConforming)) {
    const { dpl } = descriptor;
    if (dpl < cpu.state.cpl || dpl < (selector & 3)) {
      raise(
        vector,
        error,
        `selector ${hex(selector)}: DPL ${dpl} is below CPL ${cpu.state.cpl} or RPL ${selector & 3}`,
      );
    }
  }
  if (!descriptor.present) raise(Vector.NP, error, `selector ${hex(selector)}: the segment is not present`);
}

/**
 * Loads SS for privilege level `cpl`: writable data, RPL = DPL = `cpl`, present (#SS). A null selector is allowed in
 * 64-bit code below CPL 3.
 * @param vector #GP, or #TS when the stack comes from a task-state segment
 */
export function loadStackSegment(cpu: Cpu, selector: number, cpl: number, vector: number): void {
  const { state } = cpu;
  if ((selector & 0xfffc) === 0) {
    if (state.codeBits !== 64 || cpl === 3 || (selector & 3) !== cpl) raise(vector, 0, 'SS would be null');
    cacheNull(state, Segment.SS, selector, cpl);
    return;
  }
  const descriptor = readDescriptor(cpu, selector, vector, loading);
  checkStackSegment(descriptor, cpl, vector);
  setAccessed(cpu, descriptor);
  cacheDescriptor(cpu, Segment.SS, selector, descriptor);
}

/** The checks of {@link loadStackSegment} on a descriptor that was read. */
export function checkStackSegment(descriptor: Descriptor, cpl: number, vector: number): void {
  const { selector } = descriptor;
  const error = selector & 0xfffc;
  if ((selector & 3) !== cpl) raise(vector, error, `stack selector ${hex(selector)}: RPL is not ${cpl}`);
  if (!descriptor.isWritableData) raise(vector, error, `stack selector ${hex(selector)} is not writable data`);
  if (descriptor.dpl !== cpl) {
    raise(vector, error, `stack selector ${hex(selector)}: DPL ${descriptor.dpl} is not ${cpl}`);
  }
  if (!descriptor.present) raise(Vector.SS, error, `stack selector ${hex(selector)}: the segment is not present`);
}

/** Recomputes what is derived from one segment register; CS and SS also change modes and contexts. */
export function segmentChanged(cpu: Cpu, segment: number): void {
  const { state } = cpu;
  if (segment === Segment.CS) {
    codeSegmentChanged(cpu);
    return;
  }
  if (segment > Segment.GS) return;
  deriveLimits(state, segment, state.codeBits === 64);
  if (segment === Segment.SS) {
    deriveStack(state);
    cpu.mmu.updatePrivilege();
  }
}

/** After CS, and perhaps SS, were loaded. */
export function codeSegmentChanged(cpu: Cpu): void {
  const { state } = cpu;
  if (state.codeBits === 64 && (state.access(Segment.CS) & Access.long) !== 0 && isLongMode(state)) {
    // 64-bit code before and after: only the privilege level can differ
    state.u32[State.cpl >>> 2] = (state.access(Segment.SS) >>> Access.dplShift) & 3;
    cpu.mmu.updatePrivilege();
  } else updateDerived(cpu);
}

/**
 * Recomputes everything that is derived from segment registers, control registers and flags: code and stack size, CPL
 * (the DPL of SS), segment bases and limits as the engine uses them, and the contexts of the TLBs' tags.
 */
export function updateDerived(cpu: Cpu): void {
  const { state } = cpu;
  const { u32 } = state;
  const code = state.access(Segment.CS);
  const long = (code & Access.long) !== 0 && isLongMode(state);
  const bits = long ? 64 : (code & Access.big) !== 0 ? 32 : 16;
  u32[State.codeBits >>> 2] = bits;
  u32[State.cpl >>> 2] = (state.access(Segment.SS) >>> Access.dplShift) & 3;
  for (let segment = Segment.ES as number; segment <= Segment.GS; segment++) deriveLimits(state, segment, long);
  const wide = bits === 32 || state.segmentLimit(Segment.CS) > 0xffff;
  u32[State.ipMask >>> 2] = long || wide ? 0xffffffff : 0xffff;
  u32[(State.ipMask >>> 2) + 1] = long ? 0xffffffff : 0;
  deriveStack(state);
  cpu.mmu.updatePrivilege();
}

function deriveStack(state: CpuState): void {
  const long = state.codeBits === 64;
  const big = (state.access(Segment.SS) & Access.big) !== 0;
  state.u32[State.stackMask >>> 2] = long || big ? 0xffffffff : 0xffff;
  state.u32[(State.stackMask >>> 2) + 1] = long ? 0xffffffff : 0;
}

function setLimit(state: CpuState, offset: number, low: number, high: number): void {
  state.i32[offset >>> 2] = low;
  state.i32[(offset >>> 2) + 1] = high;
}

/** Base and limits of one segment in the form that compiled code uses. */
function deriveLimits(state: CpuState, segment: number, long: boolean): void {
  const read = State.segmentReadLimit + 8 * segment;
  const write = State.segmentWriteLimit + 8 * segment;
  const base = (State.segmentBase + 8 * segment) >>> 2;
  const cached = (State.segments + SegmentField.size * segment + SegmentField.base) >>> 2;
  if (long) {
    const zero = segment < Segment.FS;
    state.u32[base] = zero ? 0 : state.u32[cached];
    state.u32[base + 1] = zero ? 0 : state.u32[cached + 1];
    setLimit(state, read, -1, 0x7fffffff);
    setLimit(state, write, -1, 0x7fffffff);
    return;
  }
  state.u32[base] = state.u32[cached];
  state.u32[base + 1] = 0;
  const access = state.access(segment);
  const limit = state.segmentLimit(segment);
  const type = access & Access.typeMask;
  const code = (type & 8) !== 0;
  const expandDown = !code && (type & 4) !== 0;
  const real = !isProtected(state);
  if ((access & Access.unusable) !== 0 || expandDown) {
    setLimit(state, read, -1, -1);
    setLimit(state, write, -1, -1);
    return;
  }
  const readable = real || !code || (type & 2) !== 0;
  const writable = real || (!code && (type & 2) !== 0);
  setLimit(state, read, readable ? limit : -1, readable ? 0 : -1);
  setLimit(state, write, writable ? limit : -1, writable ? 0 : -1);
}
