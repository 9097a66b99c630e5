import type { LocalApic } from './devices/local-apic';

/** What arrived at a CPU's pins and was not taken yet. */
export interface Pins {
  nmi: boolean;
  init: boolean;
  /** Vector of a start-up IPI, -1 if none. */
  startup: number;
}

const noPins = (): Pins => ({ nmi: false, init: false, startup: -1 });

/** The pins of several CPUs besides INTR, driven by their local APICs; virtual ones too. */
export class CpuPins {
  readonly #pins: Pins[];
  /** INIT or a start-up IPI has arrived somewhere: to be taken at the next instruction boundary. */
  resetsArrived = false;

  /**
   * @param waits the CPU waits for a start-up IPI
   * @param arrived something is to be looked at, by the present CPU or whoever runs it
   */
  constructor(
    apics: readonly LocalApic[],
    private readonly waits: (cpu: number) => boolean,
    private readonly arrived: () => void,
  ) {
    this.#pins = apics.map(noPins);
    apics.forEach((apic, cpu) => {
      apic.pins = {
        nmi: () => this.#nmi(cpu),
        // there is no system-management mode to enter
        smi: () => {},
        init: () => this.#init(cpu),
        startup: (vector) => this.#startup(cpu, vector),
      };
    });
  }

  of(cpu: number): Pins {
    return this.#pins[cpu];
  }

  #nmi(cpu: number): void {
    this.#pins[cpu].nmi = true;
    this.arrived();
  }

  #init(cpu: number): void {
    this.#pins[cpu].init = true;
    this.#pins[cpu].startup = -1;
    this.resetsArrived = true;
    this.arrived();
  }

  #startup(cpu: number, vector: number): void {
    const pins = this.#pins[cpu];
    // SDM 3A 8.4.3: ignored unless the CPU waits for it
    if (!pins.init && !this.waits(cpu)) return;
    if (pins.startup < 0) pins.startup = vector;
    this.resetsArrived = true;
    this.arrived();
  }

  /**
   * Hands out the resets that arrived, CPU by CPU.
   * @param init does an INIT, or says that it is blocked (false) and stays pending
   */
  takeResets(init: (cpu: number) => boolean, start: (cpu: number, vector: number) => void): void {
    this.resetsArrived = false;
    this.#pins.forEach((pins, cpu) => {
      if (pins.init) {
        if (init(cpu)) pins.init = false;
        else this.resetsArrived = true;
      }
      if (pins.startup < 0 || pins.init) return;
      const vector = pins.startup;
      pins.startup = -1;
      if (this.waits(cpu)) start(cpu, vector);
    });
  }

  reset(): void {
    for (const pins of this.#pins) Object.assign(pins, noPins());
    this.resetsArrived = false;
  }

  save(): readonly Pins[] {
    return this.#pins.map((pins) => ({ ...pins }));
  }

  load(saved: readonly Pins[]): void {
    saved.forEach((pins, cpu) => {
      Object.assign(this.#pins[cpu], pins);
    });
    this.resetsArrived = saved.some(({ init, startup }) => init || startup >= 0);
  }
}
