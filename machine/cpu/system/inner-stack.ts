/** Stacks of inner privilege levels out of the task-state segment (SDM 3A 5.8.5, 6.12.1, 6.14.4). */
import type { Cpu } from '../cpu';
import { raise, Vector } from '../fault';
import { Segment } from '../layout';
import { read, readNumber } from './access';
import { noteStack } from './delivery-notes';
import { checkStackSegment, type Descriptor, hex, readDescriptor } from './segments';

/** Sets EXT in the error code of a fault on a selector (#PF keeps its own). */
export function addExt(fault: unknown, ext: number): void {
  const f = fault as { vector?: number; errorCode?: number };
  if (f.errorCode !== undefined && f.vector !== Vector.PF) f.errorCode |= ext;
}

/** RSPn or ISTn out of the 64-bit TSS. */
export function stackFromTss64(cpu: Cpu, offset: number, ext: number): number {
  const { state } = cpu;
  if (offset + 7 > state.segmentLimit(Segment.TR)) {
    raise(Vector.TS, (state.selector(Segment.TR) & 0xfffc) | ext, `TSS offset ${hex(offset)} is beyond the TSS limit`);
  }
  const at = state.segmentBase(Segment.TR) + offset;
  const pointer = readNumber(cpu, at, cpu.mmu.systemContext);
  const name = offset < 0x24 ? `RSP${(offset - 4) / 8}` : `IST${(offset - 0x1c) / 8}`;
  noteStack(name, at, 8, pointer, Math.floor(pointer / 4294967296));
  return pointer;
}

/** Where a stack for an inner privilege level begins, by the 16- or 32-bit TSS. */
export const innerStack = { selector: 0, pointer: 0 };

/** Reads SSn:ESPn out of the TSS into {@link innerStack}; #TS(TSS selector) where the TSS is too short. */
export function readInnerStack(cpu: Cpu, cpl: number, ext: number): void {
  const { state } = cpu;
  const wide = (state.access(Segment.TR) & 8) !== 0;
  const offset = wide ? 4 + 8 * cpl : 2 + 4 * cpl;
  if (offset + (wide ? 5 : 3) > state.segmentLimit(Segment.TR)) {
    raise(Vector.TS, (state.selector(Segment.TR) & 0xfffc) | ext, `TSS offset ${hex(offset)} is beyond the TSS limit`);
  }
  const at = (state.segmentBase(Segment.TR) + offset) >>> 0;
  const system = cpu.mmu.systemContext;
  innerStack.pointer = read(cpu, at, wide ? 4 : 2, system);
  innerStack.selector = read(cpu, at + (wide ? 4 : 2), 2, system);
  const { selector, pointer } = innerStack;
  if (wide) noteStack(`ESP${cpl} and SS${cpl}`, at, 6, pointer, selector);
  else noteStack(`SP${cpl} and SS${cpl}`, at, 4, pointer | (selector << 16), 0);
}

/** Reads and checks the descriptor of an inner stack: #TS(selector), #SS if not present. */
export function readInnerStackDescriptor(cpu: Cpu, cpl: number, ext: number, into: Descriptor): Descriptor {
  const { selector } = innerStack;
  if ((selector & 0xfffc) === 0) raise(Vector.TS, ext, 'the stack selector in the TSS is null');
  try {
    readDescriptor(cpu, selector, Vector.TS, into);
    checkStackSegment(into, cpl, Vector.TS);
  } catch (fault) {
    addExt(fault, ext);
    throw fault;
  }
  return into;
}

/** A slot of `size` bytes at `offset` lies inside a stack segment. */
export function slotFits(access: number, limit: number, offset: number, size: number): boolean {
  const last = offset + size - 1;
  if ((access & 0xc) === 4) return offset > limit && last <= ((access & 0x4000) !== 0 ? 0xffffffff : 0xffff);
  return last <= limit;
}
