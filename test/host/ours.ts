/** Runs test cases on our processor, in the interpreter or in a translated region. */
import { Clock } from '../../machine/clock';
import { CodeCache } from '../../machine/cpu/code-cache';
import type { GuestFault } from '../../machine/cpu/fault';
import { Segment, State } from '../../machine/cpu/layout';
import { CODE_RECORDS, CODE_TABLES, Processor } from '../../machine/cpu/processor';
import { resetCpu } from '../../machine/cpu/reset';
import { setSegment, updateDerived } from '../../machine/cpu/system/segments';
import { Translator } from '../../machine/cpu/translator/translator';
import { PhysicalMemory } from '../../machine/memory';
import { CODE, MEMORY, MEMORY_SIZE, type TestCase } from './cases';
import { loadImage, storeImage } from './fx-image';

export interface OurResult {
  /** Exception vector, or -1. */
  vector: number;
  gpr: bigint[];
  flags: number;
  fx: Uint8Array;
  memory: Uint8Array;
  /** RIP after the instruction, relative to its start. */
  advance: number;
}

const RAM = 8 << 20;
const CODE_BASE = 0x40000;

/** Flat 64-bit code at CPL 3 in a machine without paging: linear addresses are physical. */
export class OurProcessor {
  readonly processor: Processor;
  readonly #translator: Translator;
  #vector = -1;

  constructor() {
    const ramBase = Math.ceil((CODE_BASE + CodeCache.bytes(CODE_TABLES, CODE_RECORDS)) / 65536) * 65536;
    const linear = new WebAssembly.Memory({ initial: (ramBase + RAM) / 65536 });
    const memory = new PhysicalMemory(linear.buffer, ramBase, RAM);
    this.processor = new Processor(linear, memory, new Clock(), CODE_BASE);
    this.#translator = new Translator(this.processor);
    this.processor.translator = this.#translator;
    const { processor } = this;
    const { state } = processor;
    resetCpu(processor);
    state.setNumber(State.cr0, 0x31);
    state.setNumber(State.cr4, 0x620);
    state.setNumber(State.efer, 0x500);
    setSegment(state, Segment.CS, 0x33, 0xa0fb, 0, 0xffffffff);
    for (const s of [Segment.SS, Segment.DS, Segment.ES, Segment.FS, Segment.GS])
      setSegment(state, s, 0x2b, 0xc0f3, 0, 0xffffffff);
    updateDerived(processor);
    processor.deliverFault = (fault: GuestFault) => {
      this.#vector = fault.vector;
      return true;
    };
  }

  run(test: TestCase, translated: boolean): OurResult {
    const { processor } = this;
    const { state, memory } = processor;
    memory.writeBytes(MEMORY - 0x700, new Uint8Array(4096));
    memory.writeBytes(MEMORY, test.memory);
    memory.writeBytes(CODE, new Uint8Array([...test.code, 0x0f, 0x0b]));
    test.gpr.forEach((value, i) => {
      state.setGpr64(i, value);
    });
    loadImage(processor, test.fx);
    state.rflags = test.flags;
    state.rip = CODE;
    this.#vector = -1;
    // the first access fills the TLB, so that the region's fast path is what runs
    if (translated) {
      processor.mmu.fill(MEMORY | 0, 0, true);
      state.set32(State.codeTable, 0);
      processor.slice(0, false);
      const code = processor.code.pageFor(CODE / 4096, 8, true);
      this.#translator.translate(code, CODE % 4096);
    }
    let steps = 0;
    do processor.slice(1, false);
    while (this.#vector < 0 && state.rip === CODE && ++steps < 16);
    return {
      vector: this.#vector,
      gpr: test.gpr.map((_, i) => state.gpr64(i)),
      flags: state.rflags,
      fx: storeImage(processor),
      memory: memory.readBytes(MEMORY, MEMORY_SIZE),
      advance: state.rip - CODE,
    };
  }
}
