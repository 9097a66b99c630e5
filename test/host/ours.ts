/**
 * Runs test cases on our processor, in the interpreter or in a translated region, in the surroundings that the host's kernel
 * gives a program: 4-level paging, CPL 3, the same descriptors. Exceptions are delivered through an IDT, and the frame on
 * the stack says what happened.
 */
import { Clock } from '../../machine/clock';
import { CodeCache } from '../../machine/cpu/code-cache';
import { Segment, State } from '../../machine/cpu/layout';
import { CODE_RECORDS, CODE_TABLES, Processor } from '../../machine/cpu/processor';
import { resetCpu } from '../../machine/cpu/reset';
import { deliverFault } from '../../machine/cpu/system/exceptions';
import { setSegment, updateDerived } from '../../machine/cpu/system/segments';
import { Translator } from '../../machine/cpu/translator/translator';
import { PhysicalMemory } from '../../machine/memory';
import { loadImage, plainImage, storeImage } from './fx-image';
import { type Group, resultSize } from './host';
import type { Instance } from './instructions';
import {
  CODE,
  DATA,
  EDGE,
  EDGE_SIZE,
  FS_BASE,
  GS_BASE,
  MEMORY_SIZE,
  READ_ONLY,
  ResultField,
  START,
  STATE_SIZE,
  StateField,
  WINDOW,
  WINDOW_SIZE,
} from './layout';
import { stateSize } from './states';

const RAM = 8 << 20;
const CODE_BASE = 0x40000;

/** Physical, and mapped at the same linear addresses for the supervisor alone. */
const GDT = 0x600000;
const IDT = 0x601000;
const TSS = 0x602000;
const STACK = 0x604000;
const HANDLERS = 0x605000;
const TABLES = 0x500000;
const HANDLER_SIZE = 8;

const HLT = 0xf4;
const PRESENT = 1;
const WRITABLE = 2;
const USER = 4;
/** In the upper half of an entry. */
const NO_EXECUTE = 0x80000000;

/** Descriptors as Linux has them, and the three that harness.c makes. */
const descriptors: Readonly<Record<number, bigint>> = {
  1: 0x00cf9b000000ffffn,
  2: 0x00af9b000000ffffn,
  3: 0x00cf93000000ffffn,
  4: 0x00cffb000000ffffn,
  5: 0x00cff3000000ffffn,
  6: 0x00affb000000ffffn,
  12: 0x0050f34000007fffn,
  13: 0x00dff3001230ffffn,
  14: 0x0050f74000001fffn,
};

const pages: readonly [linear: number, bits: number][] = [
  [DATA, PRESENT | WRITABLE | USER],
  [DATA + 4096, PRESENT | WRITABLE | USER],
  [READ_ONLY, PRESENT | USER],
  [CODE, PRESENT | WRITABLE | USER],
];

export class OurProcessor {
  readonly processor: Processor;
  readonly #translator: Translator;
  readonly #plain = plainImage();

  constructor() {
    const ramBase = Math.ceil((CODE_BASE + CodeCache.bytes(CODE_TABLES, CODE_RECORDS)) / 65536) * 65536;
    const linear = new WebAssembly.Memory({ initial: (ramBase + RAM) / 65536 });
    const memory = new PhysicalMemory(linear.buffer, ramBase, RAM);
    this.processor = new Processor(linear, memory, new Clock(), CODE_BASE);
    this.#translator = new Translator(this.processor);
    this.processor.translator = this.#translator;
    resetCpu(this.processor);
    this.#makeTables();
    this.#makeControls();
    this.#setSegments(64);
    this.processor.mmu.updateContext();
    updateDerived(this.processor);
    this.processor.deliverFault = (fault) => {
      deliverFault(this.processor, fault);
      return true;
    };
  }

  #makeTables(): void {
    const { memory } = this.processor;
    const entry = (table: number, index: number, value: number): void => memory.write(table + 8 * index, 4, value);
    entry(TABLES, 0, (TABLES + 0x1000) | 7);
    entry(TABLES + 0x1000, 0, (TABLES + 0x2000) | 7);
    entry(TABLES + 0x2000, 2, (TABLES + 0x3000) | 7);
    entry(TABLES + 0x2000, 3, (TABLES + 0x4000) | 7);
    for (const [page, bits] of pages) {
      entry(TABLES + 0x3000, (page >>> 12) & 511, page | bits);
      if (page !== CODE) memory.write(TABLES + 0x3000 + 8 * ((page >>> 12) & 511) + 4, 4, NO_EXECUTE);
    }
    for (let page = GDT; page < GDT + 0x8000; page += 4096)
      entry(TABLES + 0x4000, (page >>> 12) & 511, page | PRESENT | WRITABLE);
    for (const [index, value] of Object.entries(descriptors)) {
      memory.write(GDT + 8 * Number(index), 4, Number(value & 0xffffffffn));
      memory.write(GDT + 8 * Number(index) + 4, 4, Number(value >> 32n));
    }
    for (let vector = 0; vector < 256; vector++) {
      const handler = HANDLERS + HANDLER_SIZE * vector;
      // interrupt gates; a program may only use those of INT3 and INTO
      const type = vector === 3 || vector === 4 ? 0xee00 : 0x8e00;
      memory.write(IDT + 16 * vector, 4, (0x10 << 16) | (handler & 0xffff));
      memory.write(IDT + 16 * vector + 4, 4, ((handler & 0xffff0000) | type) >>> 0);
    }
    memory.write(TSS + 4, 4, STACK);
    memory.write(TSS + 100, 4, 0x00680000); // no I/O bitmap
    memory.writeBytes(HANDLERS, new Uint8Array(4096).fill(HLT));
  }

  #makeControls(): void {
    const { state } = this.processor;
    state.setNumber(State.cr3, TABLES);
    state.setNumber(State.cr4, 0x50620); // PAE, OSFXSR, OSXMMEXCPT, FSGSBASE, OSXSAVE
    state.setNumber(State.efer, 0xd01);
    state.setNumber(State.cr0, 0x80050033);
    state.setNumber(State.gdtrBase, GDT);
    state.set32(State.gdtrLimit, 0x7f);
    state.setNumber(State.idtrBase, IDT);
    state.set32(State.idtrLimit, 0xfff);
    setSegment(state, Segment.TR, 0x40, 0x8b, TSS, 0x67);
    setSegment(state, Segment.LDTR, 0, 0x10000, 0, 0);
  }

  #setSegments(bits: 32 | 64): void {
    const { state } = this.processor;
    setSegment(state, Segment.SS, 0x2b, 0xc0f3, 0, 0xffffffff);
    if (bits === 64) {
      setSegment(state, Segment.CS, 0x33, 0xa0fb, 0, 0xffffffff);
      for (const s of [Segment.DS, Segment.ES]) setSegment(state, s, 0, 0x10000, 0, 0);
      setSegment(state, Segment.FS, 0, 0x10000, FS_BASE, 0);
      setSegment(state, Segment.GS, 0, 0x10000, GS_BASE, 0);
    } else {
      setSegment(state, Segment.CS, 0x23, 0xc0fb, 0, 0xffffffff);
      for (const s of [Segment.DS, Segment.ES]) setSegment(state, s, 0x2b, 0xc0f3, 0, 0xffffffff);
      setSegment(state, Segment.FS, 0x63, 0x50f3, FS_BASE, 0x7fff);
      setSegment(state, Segment.GS, 0x6b, 0xd0f3, GS_BASE, 0xffffffff);
    }
  }

  /** Puts an instruction into the code page; decoded and translated code of the one before is gone. */
  #load(instance: Instance): void {
    const { memory } = this.processor;
    const bytes = new Uint8Array(4096).fill(HLT);
    bytes.set(instance.code, START - CODE);
    memory.writeBytes(CODE, bytes);
  }

  /** Runs a group's cases on one of the tiers; the results as the harness gives them. */
  run(group: Group, translated: boolean): Uint8Array {
    const { instance, count, states } = group;
    const { processor } = this;
    this.#load(instance);
    const results = new Uint8Array(count * resultSize(instance));
    processor.mmu.updateContext();
    for (let i = 0; i < count; i++) {
      this.#enter(instance, states, i * stateSize(instance));
      if (translated && i === 0) this.#translate(instance);
      let steps = 0;
      do processor.slice(64, false);
      while (processor.state.cpl === 3 && ++steps < 64);
      this.#leave(instance, results, i * resultSize(instance));
    }
    return results;
  }

  #translate({ bits }: Instance): void {
    const { processor } = this;
    const { state } = processor;
    // so that the region's fast path is what runs
    for (const page of [DATA, DATA + 4096]) processor.mmu.fill(page, 0, true);
    const code = processor.code.pageFor(CODE / 4096, bits === 64 ? 8 : 4, true);
    state.set32(State.codeTable, 0);
    this.#translator.translate(code, START - CODE);
  }

  #enter(instance: Instance, states: Uint8Array, at: number): void {
    const { state, memory } = this.processor;
    const view = new DataView(states.buffer, states.byteOffset + at);
    this.#setSegments(instance.bits);
    state.u8.set(states.subarray(at + StateField.gpr, at + 128), State.gpr);
    const data = memory.bytes;
    data.fill(0, DATA, DATA + 8192);
    data.set(states.subarray(at + StateField.memory, at + StateField.memory + WINDOW_SIZE), WINDOW);
    data.set(states.subarray(at + StateField.memory + WINDOW_SIZE, at + StateField.memory + MEMORY_SIZE), EDGE);
    loadImage(this.processor, instance.float ? states.subarray(at + STATE_SIZE) : this.#plain);
    state.rflags = view.getUint32(StateField.rflags, true);
    state.rip = START;
    state.set64(State.cr2, 0n);
    state.set32(State.activity, 0);
    state.set32(State.interruptibility, 0);
    updateDerived(this.processor);
  }

  /** Reads the exception's frame. */
  #leave(instance: Instance, results: Uint8Array, at: number): void {
    const { state, memory } = this.processor;
    const view = new DataView(results.buffer, at);
    const vector = Math.floor((state.rip - HANDLERS) / HANDLER_SIZE);
    const stack = Number(state.gpr64(4) - BigInt(STACK));
    const hasError = stack === -48;
    view.setUint32(ResultField.vector, vector, true);
    view.setUint32(ResultField.error, hasError ? memory.read(STACK - 48, 4) : 0, true);
    view.setBigUint64(ResultField.cr2, state.get64(State.cr2), true);
    const frame = (slot: number): bigint =>
      BigInt(memory.read(STACK - 40 + 8 * slot, 4)) | (BigInt(memory.read(STACK - 36 + 8 * slot, 4)) << 32n);
    view.setBigUint64(ResultField.rip, BigInt.asUintN(64, frame(0) - BigInt(START)), true);
    results.set(state.u8.subarray(State.gpr, State.gpr + 128), at + ResultField.gpr);
    view.setBigUint64(ResultField.gpr + 32, frame(3), true);
    view.setBigUint64(ResultField.rflags, frame(2), true);
    for (const segment of [Segment.ES, Segment.DS, Segment.FS, Segment.GS])
      view.setUint16(ResultField.selectors + 2 * segment, state.selector(segment), true);
    view.setUint16(ResultField.selectors + 2, Number(frame(1) & 0xffffn), true);
    view.setUint16(ResultField.selectors + 4, Number(frame(4) & 0xffffn), true);
    if (instance.segments) {
      view.setBigUint64(ResultField.bases, BigInt.asUintN(64, BigInt(state.segmentBase(Segment.FS))), true);
      view.setBigUint64(ResultField.bases + 8, BigInt.asUintN(64, BigInt(state.segmentBase(Segment.GS))), true);
    }
    const data = memory.bytes;
    results.set(data.subarray(WINDOW, WINDOW + WINDOW_SIZE), at + ResultField.memory);
    results.set(data.subarray(EDGE, EDGE + EDGE_SIZE), at + ResultField.memory + WINDOW_SIZE);
    if (instance.float) results.set(storeImage(this.processor), at + ResultField.fx);
  }
}
