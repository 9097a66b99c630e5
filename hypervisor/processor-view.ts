import { Access } from '../machine/cpu/cpu-state';
import { FetchTlb, PAGE_SIZE, SegmentField, State, Tlb } from '../machine/cpu/layout';
import type { Processor } from '../machine/cpu/processor';
import { segmentChanged, updateDerived } from '../machine/cpu/system/segments';
import type { Machine } from '../machine/machine';
import { marked, tableBytes } from '../machine/memory-snapshot';
import type { Registers } from './target';

const SEGMENT_NAMES = ['es', 'cs', 'ss', 'ds', 'fs', 'gs', 'ldtr', 'tr'];
const GPR_NAMES = [
  'rax',
  'rcx',
  'rdx',
  'rbx',
  'rsp',
  'rbp',
  'rsi',
  'rdi',
  'r8',
  'r9',
  'r10',
  'r11',
  'r12',
  'r13',
  'r14',
  'r15',
];
const CONTROL: Readonly<Record<string, number>> = {
  cr0: State.cr0,
  cr2: State.cr2,
  cr3: State.cr3,
  cr4: State.cr4,
  cr8: State.cr8,
  efer: State.efer,
};
const LMA = 0x400n;

/** The CPU's mode in words. */
function modeOf(cr0: bigint, efer: bigint, rflags: number, codeBits: number): string {
  if ((cr0 & 1n) === 0n) return 'real';
  if ((efer & LMA) !== 0n) return codeBits === 64 ? 'long' : 'compatibility';
  return rflags & 0x20000 ? 'virtual-8086' : 'protected';
}

/** The registers of a processor at an instruction boundary. */
export function readRegisters(processor: Processor): Registers {
  const { state } = processor;
  const at = (offset: number): bigint => state.get64(offset);
  const rflags = state.rflags;
  return {
    gpr: GPR_NAMES.map((_, i) => state.gpr64(i)),
    rip: BigInt.asUintN(64, BigInt(state.rip)),
    rflags: BigInt(rflags),
    segments: SEGMENT_NAMES.map((name, i) => ({
      name,
      selector: state.selector(i),
      base: at(State.segments + SegmentField.size * i + SegmentField.base),
      limit: state.segmentLimit(i),
      access: state.access(i),
    })),
    cr0: at(State.cr0),
    cr2: at(State.cr2),
    cr3: at(State.cr3),
    cr4: at(State.cr4),
    cr8: processor.localApic ? BigInt(processor.localApic.taskPriority) : at(State.cr8),
    efer: at(State.efer),
    gdtr: { base: at(State.gdtrBase), limit: state.get32(State.gdtrLimit) },
    idtr: { base: at(State.idtrBase), limit: state.get32(State.idtrLimit) },
    dr: [0, 1, 2, 3, 4, 5].map((i) => at(State.dr + 8 * i)),
    cpl: state.cpl,
    codeBits: state.codeBits,
    mode: modeOf(at(State.cr0), at(State.efer), rflags, state.codeBits),
    halted: state.get32(State.activity) === 1,
  };
}

/**
 * Sets a register by name: general ones in all their sizes (`rax`, `eax`, `ax`, `al`, `ah`), `rip`, `rflags`, segment
 * selectors (the cached descriptor stays, save in real mode), control registers.
 */
export function writeRegister(processor: Processor, name: string, value: bigint): boolean {
  const { state } = processor;
  const part = partOf(name);
  if (part) {
    const old = state.gpr64(part.index);
    const mask = ((1n << BigInt(part.bits)) - 1n) << BigInt(part.shift);
    const kept = part.bits === 32 ? 0n : old & ~mask;
    state.setGpr64(part.index, BigInt.asUintN(64, kept | ((value << BigInt(part.shift)) & mask)));
    return true;
  }
  if (name === 'rip' || name === 'eip' || name === 'ip') state.rip = Number(BigInt.asIntN(64, value));
  else if (name === 'rflags' || name === 'eflags' || name === 'flags') state.rflags = Number(value & 0x3f7fd7n) | 2;
  else if (name === 'cr8' && processor.localApic) processor.localApic.taskPriority = Number(value & 15n);
  else if (Object.hasOwn(CONTROL, name)) {
    state.set64(CONTROL[name], BigInt.asUintN(64, value));
    // what was translated under the old value must not be found
    processor.mmu.flushAll();
    processor.mmu.updateContext();
  } else {
    const segment = SEGMENT_NAMES.indexOf(name);
    if (segment < 0) return false;
    const base = State.segments + SegmentField.size * segment;
    const { rip } = state;
    state.u16[(base + SegmentField.selector) >>> 1] = Number(value & 0xffffn);
    if ((state.get64(State.cr0) & 1n) === 0n) state.setNumber(base + SegmentField.base, Number(value & 0xffffn) * 16);
    segmentChanged(processor, segment);
    state.rip = rip;
    return true;
  }
  updateDerived(processor);
  return true;
}

interface RegisterPart {
  index: number;
  bits: number;
  shift: number;
}

/** Which bits of which general register a name means. */
function partOf(name: string): RegisterPart | undefined {
  const whole = GPR_NAMES.indexOf(name);
  if (whole >= 0) return { index: whole, bits: 64, shift: 0 };
  const numbered = /^r(\d+)([dwb])$/.exec(name);
  if (numbered) {
    const index = Number(numbered[1]);
    if (index < 8 || index > 15) return undefined;
    return { index, bits: { d: 32, w: 16, b: 8 }[numbered[2] as 'd'], shift: 0 };
  }
  if (/^e..$/.test(name)) {
    const index = GPR_NAMES.indexOf(`r${name.slice(1)}`);
    return index >= 0 ? { index, bits: 32, shift: 0 } : undefined;
  }
  const word = GPR_NAMES.indexOf(`r${name}`);
  if (word >= 0 && word < 8) return { index: word, bits: 16, shift: 0 };
  const low = ['al', 'cl', 'dl', 'bl', 'spl', 'bpl', 'sil', 'dil'].indexOf(name);
  if (low >= 0) return { index: low, bits: 8, shift: 0 };
  const high = ['ah', 'ch', 'dh', 'bh'].indexOf(name);
  return high >= 0 ? { index: high, bits: 8, shift: 8 } : undefined;
}

/** Splits a linear address into signed halves. */
export const halves = (address: bigint): [number, number] => [
  Number(BigInt.asIntN(32, address)),
  Number(BigInt.asIntN(32, address >> 32n)),
];

/** Host-physical address behind a guest-virtual one, without side effects. */
export function probe(processor: Processor, address: bigint): number | undefined {
  const [low, high] = halves(address);
  return processor.mmu.probe(low, high);
}

/** Reads guest-virtual memory by pages up to the first that is not mapped. */
export function readVirtual(processor: Processor, address: bigint, length: number): Uint8Array {
  const out = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const at = BigInt.asUintN(64, address + BigInt(done));
    const physical = probe(processor, at);
    if (physical === undefined) return out.subarray(0, done);
    const run = Math.min(length - done, 4096 - Number(at & 0xfffn));
    out.set(processor.memory.readBytes(physical, run), done);
    done += run;
  }
  return out;
}

/** Writes guest-virtual memory up to the first page that is not mapped; gives the bytes written. */
export function writeVirtual(processor: Processor, address: bigint, bytes: Uint8Array): number {
  let done = 0;
  while (done < bytes.length) {
    const at = BigInt.asUintN(64, address + BigInt(done));
    const physical = probe(processor, at);
    if (physical === undefined) break;
    const run = Math.min(bytes.length - done, 4096 - Number(at & 0xfffn));
    processor.memory.writeBytes(physical, bytes.subarray(done, done + run));
    done += run;
  }
  return done;
}

/** Bytes of a CPU's translations. */
const TRANSLATION = 28;

/** Bytes that a snapshot of a machine holds alone; to be asked before it is taken. */
export function snapshotCost(machine: Machine): number {
  const { dirty } = machine.memory;
  let pages = 0;
  for (const _ of marked(dirty)) pages++;
  const cpu = State.end - State.first + (Tlb.entries + FetchTlb.entries) * TRANSLATION;
  return pages * PAGE_SIZE + tableBytes(dirty.length) + machine.cpus.count * cpu;
}

/** A hash over what a guest program can see of the CPU: general registers, RIP, RFLAGS, segments, control registers. */
export function hashValues(r: Registers, hash: Hash): void {
  for (const value of [...r.gpr, r.rip, r.rflags, r.cr0, r.cr2, r.cr3, r.cr4, r.efer, r.gdtr.base, r.idtr.base])
    hash.add64(value);
  for (const s of r.segments) {
    hash.add32(s.selector);
    hash.add64(s.base);
    hash.add32(s.limit);
    hash.add32(s.access & ~Access.unusable ? s.access : Access.unusable);
  }
}

/** Two independent 32-bit multiplicative hashes, printed as 16 hex digits. Not cryptographic. */
export class Hash {
  #a = 0x811c9dc5;
  #b = 0x9e3779b9;

  add32(value: number): void {
    this.#a = Math.imul(this.#a ^ value, 0x01000193);
    this.#a ^= this.#a >>> 15;
    this.#b = Math.imul(this.#b + value, 0x85ebca6b);
    this.#b ^= this.#b >>> 13;
  }

  add64(value: bigint): void {
    this.add32(Number(value & 0xffffffffn));
    this.add32(Number((value >> 32n) & 0xffffffffn));
  }

  /**
   * Adds memory by words; the length is a multiple of 4. Zero words are skipped but for their place.
   * @param firstWord number of the first word in the whole
   */
  addBytes(bytes: Uint8Array, firstWord = 0): void {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
    for (let i = 0; i < words.length; i++) {
      const word = words[i];
      if (word === 0) continue;
      this.add32(firstWord + i);
      this.add32(word);
    }
  }

  toString(): string {
    const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
    return hex(this.#a) + hex(this.#b);
  }
}
