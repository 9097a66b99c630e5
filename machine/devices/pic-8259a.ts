/**
 * Intel 8259A Programmable Interrupt Controller (data sheet 231468), two of them cascaded as in the PC/AT: the slave's
 * INT drives IR2 of the master. Edge or level per input by the ELCR registers (82371AB data sheet, 4.2.6), 8086 mode,
 * rotation, special mask, special fully nested, automatic EOI, poll.
 *
 * Differs from the chip in one point, as most chipsets do: an edge once latched stays latched when its line falls before
 * the acknowledge cycle (the 8259A would answer with a default IR7). Level inputs do give the default IR7.
 */
import type { AccessSize, InterruptController, PortDevice } from './device';
import type { InterruptSink } from './interrupt-wires';

export const MASTER_COMMAND = 0x20;
export const MASTER_DATA = 0x21;
export const SLAVE_COMMAND = 0xa0;
export const SLAVE_DATA = 0xa1;
/** Edge/level control registers: a 1 makes the input level-triggered. */
export const ELCR_MASTER = 0x4d0;
export const ELCR_SLAVE = 0x4d1;
/** IRQ 0, 1, 2 of the master, 8 and 13 of the whole are always edge-triggered. */
const ELCR_WRITABLE = [0xf8, 0xde];

const CASCADE_INPUT = 2;

// Initialization command word 1
const ICW1_IC4 = 0x01;
const ICW1_SINGLE = 0x02;
const ICW1_LEVEL = 0x08;
const ICW1 = 0x10;
// Initialization command word 4
const ICW4_AEOI = 0x02;
const ICW4_SFNM = 0x10;
// Operation command word 3
const OCW3 = 0x08;
const OCW3_READ_ISR = 0x01;
const OCW3_READ = 0x02;
const OCW3_POLL = 0x04;
const OCW3_SMM = 0x20;
const OCW3_ESMM = 0x40;

/** The state of one 8259A. */
interface ChipState {
  /** Levels of the inputs. */
  lines: number;
  irr: number;
  isr: number;
  imr: number;
  /** Vector of IR0. */
  base: number;
  /** The input of the lowest priority. */
  lowest: number;
  elcr: number;
  /** Which initialization word is expected next at the data port: 0 none, 2, 3, 4. */
  initStep: number;
  needsIcw4: boolean;
  single: boolean;
  levelMode: boolean;
  autoEoi: boolean;
  rotateOnAeoi: boolean;
  specialFullyNested: boolean;
  specialMask: boolean;
  readIsr: boolean;
  poll: boolean;
}

function powerOn(): ChipState {
  return {
    lines: 0,
    irr: 0,
    isr: 0,
    imr: 0xff,
    base: 0,
    lowest: 7,
    elcr: 0,
    initStep: 0,
    needsIcw4: false,
    single: false,
    levelMode: false,
    autoEoi: false,
    rotateOnAeoi: false,
    specialFullyNested: false,
    specialMask: false,
    readIsr: false,
    poll: false,
  };
}

/** One 8259A. */
class Chip {
  s: ChipState = powerOn();

  constructor(private readonly master: boolean) {}

  setLine(input: number, level: boolean): void {
    const bit = 1 << input;
    const s = this.s;
    if (level) {
      if ((s.lines & bit) === 0 || this.#levels() & bit) s.irr |= bit;
      s.lines |= bit;
    } else {
      s.lines &= ~bit;
      // A level request lives as long as its level; so does the slave's INT.
      if (this.#levels() & bit || (this.master && input === CASCADE_INPUT)) s.irr &= ~bit;
    }
  }

  #levels(): number {
    return this.s.levelMode ? 0xff : this.s.elcr;
  }

  /** Rank of an input, 0 the highest priority. */
  #rank(input: number): number {
    return (input - this.s.lowest - 1) & 7;
  }

  /** The input of the best rank among those set in `bits`, -1 if none. */
  #best(bits: number): number {
    for (let rank = 0; rank < 8; rank++) {
      const input = (this.s.lowest + 1 + rank) & 7;
      if (bits & (1 << input)) return input;
    }
    return -1;
  }

  /** The input whose request INT now stands for, -1 if INT is low. */
  request(): number {
    const s = this.s;
    const input = this.#best(s.irr & ~s.imr & ~(s.specialMask ? s.isr : 0));
    if (input < 0) return -1;
    // Special mask mode: only the same input in service inhibits (removed above).
    if (s.specialMask) return input;
    const inService = this.#best(s.isr);
    if (inService < 0 || this.#rank(input) < this.#rank(inService)) return input;
    // Special fully nested mode: further requests of the slave in service come through.
    if (s.specialFullyNested && this.master && input === CASCADE_INPUT && inService === CASCADE_INPUT) return input;
    return -1;
  }

  /** The chip's part of the INTA cycle: takes `input` into service. */
  accept(input: number): void {
    const s = this.s;
    const bit = 1 << input;
    if ((this.#levels() & bit) === 0 && !(this.master && input === CASCADE_INPUT)) s.irr &= ~bit;
    if (!s.autoEoi) s.isr |= bit;
    else if (s.rotateOnAeoi) s.lowest = input;
  }

  writeCommand(value: number): void {
    const s = this.s;
    if (value & ICW1) {
      // The edge sense circuit is reset: an input must rise anew. Mask and modes are cleared.
      const { lines, elcr } = s;
      this.s = { ...powerOn(), lines, elcr, imr: 0, base: s.base };
      this.s.irr = lines & (this.master ? 1 << CASCADE_INPUT : 0);
      this.s.initStep = 2;
      this.s.needsIcw4 = (value & ICW1_IC4) !== 0;
      this.s.single = (value & ICW1_SINGLE) !== 0;
      this.s.levelMode = (value & ICW1_LEVEL) !== 0;
      this.s.irr |= this.#levels() & lines;
    } else if (value & OCW3) {
      if (value & OCW3_POLL) s.poll = true;
      if (value & OCW3_READ) s.readIsr = (value & OCW3_READ_ISR) !== 0;
      if (value & OCW3_ESMM) s.specialMask = (value & OCW3_SMM) !== 0;
    } else {
      this.#writeOcw2(value >> 5, value & 7);
    }
  }

  /** OCW2: end of interrupt and rotation, by its bits R, SL, EOI. */
  #writeOcw2(command: number, level: number): void {
    const s = this.s;
    switch (command) {
      case 0: // rotate in automatic EOI mode (clear)
      case 4: // rotate in automatic EOI mode (set)
        s.rotateOnAeoi = command === 4;
        break;
      case 1: // non-specific EOI
      case 5: {
        // rotate on non-specific EOI; in special mask mode an input that is masked is not the one to end
        const input = this.#best(s.isr & ~(s.specialMask ? s.imr : 0));
        if (input >= 0) {
          s.isr &= ~(1 << input);
          if (command === 5) s.lowest = input;
        }
        break;
      }
      case 3: // specific EOI
      case 7: // rotate on specific EOI
        s.isr &= ~(1 << level);
        if (command === 7) s.lowest = level;
        break;
      case 6: // set priority
        s.lowest = level;
        break;
    }
  }

  writeData(value: number): void {
    const s = this.s;
    switch (s.initStep) {
      case 2:
        s.base = value & 0xf8;
        s.initStep = s.single ? (s.needsIcw4 ? 4 : 0) : 3;
        break;
      case 3: // the cascade is wired: ICW3 says nothing new
        s.initStep = s.needsIcw4 ? 4 : 0;
        break;
      case 4:
        s.autoEoi = (value & ICW4_AEOI) !== 0;
        s.specialFullyNested = (value & ICW4_SFNM) !== 0;
        s.initStep = 0;
        break;
      default:
        s.imr = value;
    }
  }

  /** Reads command (`data` false) or data port; a pending poll command makes the read an acknowledge. */
  read(data: boolean): number {
    const s = this.s;
    if (s.poll) {
      s.poll = false;
      const input = this.request();
      if (input < 0) return 0;
      this.accept(input);
      return 0x80 | input;
    }
    return data ? s.imr : s.readIsr ? s.isr : s.irr;
  }
}

/** The pair of 8259A of a PC, inputs IRQ 0..15. */
export class Pic8259a implements PortDevice, InterruptController, InterruptSink {
  readonly name = 'pic';
  readonly ports = [
    { first: MASTER_COMMAND, last: MASTER_DATA },
    { first: SLAVE_COMMAND, last: SLAVE_DATA },
    { first: ELCR_MASTER, last: ELCR_SLAVE },
  ];
  onChange: () => void = () => {};
  beforeLook: () => void = () => {};
  afterMask: () => void = () => {};
  readonly #master = new Chip(true);
  readonly #slave = new Chip(false);
  #int = false;

  reset(): void {
    for (const chip of [this.#master, this.#slave]) {
      const lines = chip.s.lines;
      chip.s = powerOn();
      chip.s.lines = lines;
    }
    this.#update();
    this.afterMask();
  }

  save(): unknown {
    return { master: { ...this.#master.s }, slave: { ...this.#slave.s } };
  }

  load(state: unknown): void {
    const { master, slave } = state as { master: ChipState; slave: ChipState };
    this.#master.s = { ...master };
    this.#slave.s = { ...slave };
    this.#update();
  }

  setLine(irq: number, level: boolean): void {
    if (irq >= 16 || irq === CASCADE_INPUT) return;
    const chip = irq < 8 ? this.#master : this.#slave;
    chip.setLine(irq & 7, level);
    this.#update();
  }

  hears(irq: number): boolean {
    if (irq < 8) return (this.#master.s.imr & (1 << irq)) === 0;
    return (
      irq < 16 && ((this.#slave.s.imr >> (irq & 7)) & 1) === 0 && (this.#master.s.imr & (1 << CASCADE_INPUT)) === 0
    );
  }

  pending(): boolean {
    return this.#int;
  }

  acknowledge(): number {
    const master = this.#master;
    const input = master.request();
    let vector = master.s.base + 7; // default IR7: nothing asks any more
    if (input >= 0) {
      vector = master.s.base + input;
      master.accept(input);
      if (input === CASCADE_INPUT) {
        const slave = this.#slave;
        const second = slave.request();
        if (second >= 0) slave.accept(second);
        vector = slave.s.base + (second >= 0 ? second : 7);
      }
    }
    this.#update();
    return vector;
  }

  readPort(port: number, _size: AccessSize): number {
    this.beforeLook();
    switch (port) {
      case ELCR_MASTER:
        return this.#master.s.elcr;
      case ELCR_SLAVE:
        return this.#slave.s.elcr;
      default: {
        const value = (port < SLAVE_COMMAND ? this.#master : this.#slave).read((port & 1) !== 0);
        this.#update();
        return value;
      }
    }
  }

  writePort(port: number, _size: AccessSize, value: number): void {
    // Edges up to now must be latched by the rules that held up to now.
    this.beforeLook();
    switch (port) {
      case ELCR_MASTER:
      case ELCR_SLAVE:
        this.#writeElcr(port === ELCR_MASTER ? this.#master : this.#slave, value & ELCR_WRITABLE[port - ELCR_MASTER]);
        break;
      case MASTER_DATA:
        this.#master.writeData(value);
        break;
      case SLAVE_DATA:
        this.#slave.writeData(value);
        break;
      default:
        (port === MASTER_COMMAND ? this.#master : this.#slave).writeCommand(value);
    }
    this.#update();
    this.afterMask();
  }

  #writeElcr(chip: Chip, value: number): void {
    chip.s.elcr = value;
    // A level input's request is its level.
    chip.s.irr = (chip.s.irr & ~value) | (chip.s.lines & value);
  }

  /** Carries the slave's INT to the master and the master's to the CPU. */
  #update(): void {
    this.#master.setLine(CASCADE_INPUT, this.#slave.request() >= 0);
    const int = this.#master.request() >= 0;
    if (int !== this.#int) {
      this.#int = int;
      this.onChange();
    }
  }
}
