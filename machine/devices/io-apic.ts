/**
 * Intel 82093AA I/O APIC (data sheet 290566): 24 inputs, each with a redirection entry; index at FEC00000h, data at
 * FEC00010h. In a PC inputs 0..15 are the ISA interrupt requests, except that IRQ 0 comes in at input 2, and the 8259A's INTR at
 * input 0. Wires here say whether they ask, not whether they are high, so the polarity bit of an entry has nothing to do.
 */
import type { ApicBus } from './apic-bus';
import type { AccessSize, MemoryDevice } from './device';
import type { InterruptSink } from './interrupt-wires';
import { DeliveryMode, modeOf } from './local-apic-registers';

export const IO_APIC_BASE = 0xfec00000;
export const IO_APIC_INPUTS = 24;
/** Where IRQ 0 comes in. */
export const TIMER_INPUT = 2;
/** Where INTR of the 8259A comes in. */
export const EXTERNAL_INPUT = 0;

const INDEX = 0x00;
const DATA = 0x10;
const EOI = 0x40;
// Indices
const ID = 0;
const VERSION = 1;
const ARBITRATION = 2;
const REDIRECTION = 0x10;
/** Version 20h: with an EOI register; 24 entries. */
const VERSION_VALUE = 0x0017_0020;

// Redirection entry, low half
const ENTRY_LOGICAL = 0x0800;
const ENTRY_REMOTE_IRR = 0x4000;
const ENTRY_LEVEL = 0x8000;
const ENTRY_MASKED = 0x10000;
const ENTRY_WRITABLE = 0x1afff;

const RESERVED_MODES: readonly number[] = [DeliveryMode.remoteRead, DeliveryMode.startup];

/** SMI, NMI, INIT and ExtINT are edges whatever the trigger mode says (data sheet 3.2.4, delivery mode). */
const byLevel = (low: number): boolean => (low & ENTRY_LEVEL) !== 0 && modeOf(low) <= DeliveryMode.lowest;

interface IoApicState {
  index: number;
  id: number;
  /** Low and high halves of the entries. */
  low: Uint32Array;
  high: Uint32Array;
  /** Inputs that ask, whatever their polarity is. */
  lines: number;
}

export class IoApic implements MemoryDevice, InterruptSink {
  readonly name = 'ioapic';
  readonly regions = [{ base: IO_APIC_BASE, size: 0x1000 }];
  beforeLook: () => void = () => {};
  afterMask: () => void = () => {};
  #s: IoApicState;

  /** `id` is the number that tables give it. */
  constructor(
    private readonly bus: ApicBus,
    private readonly id: number,
  ) {
    this.#s = this.#powerOn();
    bus.onEndOfInterrupt = (vector) => this.#endOfInterrupt(vector);
  }

  #powerOn(): IoApicState {
    return {
      index: 0,
      id: this.id,
      low: new Uint32Array(IO_APIC_INPUTS).fill(ENTRY_MASKED),
      high: new Uint32Array(IO_APIC_INPUTS),
      lines: 0,
    };
  }

  /** Input of an interrupt request wire; -1 if the wire does not come here. */
  static inputOf(irq: number): number {
    if (irq === 0) return TIMER_INPUT;
    return irq === TIMER_INPUT || irq >= IO_APIC_INPUTS ? -1 : irq;
  }

  hears(irq: number): boolean {
    const input = IoApic.inputOf(irq);
    return input >= 0 && (this.#s.low[input] & ENTRY_MASKED) === 0;
  }

  setLine(irq: number, level: boolean): void {
    const input = IoApic.inputOf(irq);
    if (input >= 0) this.setInput(input, level);
  }

  setInput(input: number, level: boolean): void {
    const s = this.#s;
    const bit = 1 << input;
    const rose = level && (s.lines & bit) === 0;
    s.lines = level ? s.lines | bit : s.lines & ~bit;
    if (byLevel(s.low[input])) this.#level(input);
    else if (rose && (s.low[input] & ENTRY_MASKED) === 0) this.#send(input);
  }

  /** A level input asks while it is active, unmasked, and not accepted already. */
  #level(input: number): void {
    const s = this.#s;
    if ((s.lines & (1 << input)) === 0 || s.low[input] & (ENTRY_MASKED | ENTRY_REMOTE_IRR)) return;
    s.low[input] |= ENTRY_REMOTE_IRR;
    this.#send(input);
  }

  #send(input: number): void {
    const low = this.#s.low[input];
    const mode = modeOf(low);
    if (RESERVED_MODES.includes(mode)) return;
    this.bus.send({
      destination: this.#s.high[input] >>> 24,
      logical: (low & ENTRY_LOGICAL) !== 0,
      mode,
      vector: low & 0xff,
      levelTriggered: byLevel(low),
    });
  }

  #endOfInterrupt(vector: number): void {
    const s = this.#s;
    for (let input = 0; input < IO_APIC_INPUTS; input++) {
      if ((s.low[input] & 0xff) !== vector || (s.low[input] & ENTRY_REMOTE_IRR) === 0) continue;
      s.low[input] &= ~ENTRY_REMOTE_IRR;
      this.#level(input);
    }
  }

  readMemory(address: number, _size: AccessSize): number {
    const offset = (address - IO_APIC_BASE) & 0xff;
    if (offset === INDEX) return this.#s.index;
    return offset === DATA ? this.#readIndexed(this.#s.index) : 0;
  }

  #readIndexed(index: number): number {
    const s = this.#s;
    if (index === ID || index === ARBITRATION) return s.id << 24;
    if (index === VERSION) return VERSION_VALUE;
    const input = (index - REDIRECTION) >> 1;
    if (input < 0 || input >= IO_APIC_INPUTS) return 0;
    return index & 1 ? s.high[input] : s.low[input];
  }

  writeMemory(address: number, _size: AccessSize, value: number): void {
    const offset = (address - IO_APIC_BASE) & 0xff;
    if (offset === INDEX) this.#s.index = value & 0xff;
    else if (offset === DATA) this.#writeIndexed(this.#s.index, value);
    else if (offset === EOI) this.#endOfInterrupt(value & 0xff);
  }

  #writeIndexed(index: number, value: number): void {
    const s = this.#s;
    if (index === ID) s.id = (value >>> 24) & 15;
    const input = (index - REDIRECTION) >> 1;
    if (input < 0 || input >= IO_APIC_INPUTS) return;
    this.beforeLook();
    if (index & 1) s.high[input] = (value & 0xff000000) >>> 0;
    else {
      s.low[input] = (value & ENTRY_WRITABLE) | (s.low[input] & ENTRY_REMOTE_IRR);
      if ((value & ENTRY_LEVEL) === 0) s.low[input] &= ~ENTRY_REMOTE_IRR;
      else if (byLevel(s.low[input])) this.#level(input);
    }
    this.afterMask();
  }

  reset(): void {
    const { lines } = this.#s;
    this.#s = { ...this.#powerOn(), lines };
  }

  save(): unknown {
    return { ...this.#s, low: this.#s.low.slice(), high: this.#s.high.slice() };
  }

  load(state: unknown): void {
    const s = state as IoApicState;
    this.#s = { ...s, low: s.low.slice(), high: s.high.slice() };
  }
}
