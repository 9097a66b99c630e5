/**
 * The chipset on PCI bus 0: Intel 440FX host bridge (82441FX, data sheet 290549) at 0:0.0 and PIIX3 ISA bridge (82371SB,
 * data sheet 290550) at 0:1.0, whose PIRQ registers route INTA#..INTD# to interrupt requests.
 */
import type { Device, InterruptLine } from './device';
import type { InterruptWires } from './interrupt-wires';
import { PciFunction } from './pci-bus';

const INTEL = 0x8086;
const PIRQ_ROUTE = 0x60;
const PIRQ_DISABLED = 0x80;
/** As firmware sets them up: PIRQA, PIRQB, PIRQC, PIRQD. */
export const PIRQ_DEFAULT = [10, 10, 11, 11] as const;

export function hostBridge(): PciFunction {
  return new PciFunction(0x00, { vendor: INTEL, device: 0x1237, classCode: 0x060000, revision: 2 });
}

/** First physical address for memory of PCI devices: RAM ends at or below it. */
export const PCI_MEMORY = 0xc0000000;

/** Which of PIRQA..PIRQD (0..3) a slot's pin (1 INTA# .. 4 INTD#) is wired to on this board. */
export function pirqOf(slot: number, pin: number): number {
  return (slot + pin - 2 + 4) & 3;
}

/** The PIIX3's interrupt router. Wires are shared: a request is asserted while any pin routed to it is. */
export class Piix3 implements Device {
  readonly name = 'piix3';
  readonly pci: PciFunction;
  /** Pins asserted, by PIRQ: a bit for each slot and pin. */
  readonly #asserted = [new Set<number>(), new Set<number>(), new Set<number>(), new Set<number>()];

  /** Interrupt requests held asserted now. */
  #driven = new Set<number>();

  constructor(private readonly wires: InterruptWires) {
    const identity = { vendor: INTEL, device: 0x7000, classCode: 0x060100, multifunction: true };
    this.pci = new PciFunction(0x08, identity);
    this.pci.config.set(PIRQ_DEFAULT, PIRQ_ROUTE);
    this.pci.writable(PIRQ_ROUTE, 0x8f, 0x8f, 0x8f, 0x8f);
    this.pci.onWrite = () => this.#update();
  }

  /** The line of a slot's pin. */
  line(slot: number, pin: number): InterruptLine {
    const pirq = this.#asserted[pirqOf(slot, pin)];
    const key = slot * 4 + pin - 1;
    return {
      set: (level) => {
        if (pirq.has(key) === level) return;
        if (level) pirq.add(key);
        else pirq.delete(key);
        this.#update();
      },
    };
  }

  #update(): void {
    const driven = new Set<number>();
    for (let pirq = 0; pirq < 4; pirq++) {
      const route = this.pci.config[PIRQ_ROUTE + pirq];
      if ((route & PIRQ_DISABLED) === 0 && this.#asserted[pirq].size > 0) driven.add(route & 15);
    }
    for (const irq of this.#driven) if (!driven.has(irq)) this.wires.wire(irq).set(false);
    for (const irq of driven) this.wires.wire(irq).set(true);
    this.#driven = driven;
  }

  reset(): void {
    this.#update();
  }

  save(): unknown {
    return this.#asserted.map((set) => [...set]);
  }

  load(state: unknown): void {
    (state as number[][]).forEach((keys, i) => {
      this.#asserted[i].clear();
      for (const key of keys) this.#asserted[i].add(key);
    });
    this.#update();
  }
}
