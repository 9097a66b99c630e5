/**
 * The wires between devices and interrupt controllers: one wire per interrupt request, any number of controllers at
 * its end (8259A and I/O APIC hear the same wire), one driver at its start.
 */
import type { InterruptLine } from './device';

/** What hears wires: a pair of 8259A, an I/O APIC. */
export interface InterruptSink {
  /** The level of wire `irq` is now this. */
  setLine(irq: number, level: boolean): void;
  /** An edge on this wire could reach a CPU: it is not masked. */
  hears(irq: number): boolean;
  /** Set by the wires: masks are about to be changed or requests read, so lazy drivers must state their level. */
  beforeLook: () => void;
  /** Set by the wires: masks were changed. */
  afterMask: () => void;
}

/** A driver that computes its edges only when someone looks, so that time slices stay long while nobody does. */
export interface LazyDriver {
  /** Sends the edges since the last call, and the level of now. */
  catchUp(): void;
  /** Whether anybody hears the wire may have changed: alarms are to be asked for or dropped. */
  heardChanged(): void;
}

/** One interrupt request wire. */
export class Wire implements InterruptLine {
  #level = false;

  constructor(
    readonly irq: number,
    private readonly sinks: readonly InterruptSink[],
  ) {}

  set(level: boolean): void {
    if (level === this.#level) return;
    this.#level = level;
    for (const sink of this.sinks) sink.setLine(this.irq, level);
  }

  get level(): boolean {
    return this.#level;
  }

  /** Some controller lets this wire through. */
  heard(): boolean {
    return this.sinks.some((sink) => sink.hears(this.irq));
  }
}

/** All wires of a PC. Wires carry no state of their own to save: drivers drive them again when they are loaded. */
export class InterruptWires {
  readonly #wires: Wire[];
  readonly #sinks: InterruptSink[] = [];
  readonly #lazy: LazyDriver[] = [];

  constructor(count: number) {
    this.#wires = Array.from({ length: count }, (_, irq) => new Wire(irq, this.#sinks));
  }

  wire(irq: number): Wire {
    return this.#wires[irq];
  }

  addSink(sink: InterruptSink): void {
    this.#sinks.push(sink);
    sink.beforeLook = () => {
      for (const driver of this.#lazy) driver.catchUp();
    };
    sink.afterMask = () => {
      for (const driver of this.#lazy) driver.heardChanged();
    };
  }

  addLazy(driver: LazyDriver): void {
    this.#lazy.push(driver);
  }
}

/** Several drivers on one wire (level-triggered, as PCI's INTx): the wire is high while any of them is. */
export class SharedLine {
  #asserted = 0;

  constructor(private readonly line: InterruptLine) {}

  /** The input of driver `index` (0..31). */
  input(index: number): InterruptLine {
    return {
      set: (level) => {
        this.#asserted = level ? this.#asserted | (1 << index) : this.#asserted & ~(1 << index);
        this.line.set(this.#asserted !== 0);
      },
    };
  }
}
