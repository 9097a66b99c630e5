/**
 * System control ports of the PC/AT: port B at 61h (speaker, refresh toggle; IBM PC/AT Technical Reference, "I/O port
 * 61h") and port A at 92h (fast A20, fast reset; PS/2 Model 50 Technical Reference, "System Control Port A").
 */
import type { AccessSize, PortDevice } from './device';
import type { Pit8254 } from './pit-8254';

export const PORT_B = 0x61;
export const PORT_A = 0x92;

const B_GATE2 = 0x01;
const B_SPEAKER = 0x02;
const B_WRITABLE = 0x0f;
const B_REFRESH = 0x10;
const B_OUT2 = 0x20;
/** The refresh request toggles every 18 timer cycles (15.085 us). */
const REFRESH_CYCLES = 18;

export class SystemControlB implements PortDevice {
  readonly name = 'port61';
  readonly ports = [{ first: PORT_B, last: PORT_B }];
  #latch = 0;

  constructor(private readonly pit: Pit8254) {}

  readPort(_port: number, _size: AccessSize): number {
    const cycles = this.pit.cycles();
    const refresh = Math.floor(cycles / REFRESH_CYCLES) % 2 === 1 ? B_REFRESH : 0;
    return this.#latch | refresh | (this.pit.counters[2].output(cycles) ? B_OUT2 : 0);
  }

  writePort(_port: number, _size: AccessSize, value: number): void {
    this.#latch = value & B_WRITABLE;
    this.pit.counters[2].setGate(this.pit.cycles(), (value & B_GATE2) !== 0);
  }

  /** The speaker is driven: its data gate and the timer's gate are open. */
  get speakerOn(): boolean {
    return (this.#latch & (B_GATE2 | B_SPEAKER)) === (B_GATE2 | B_SPEAKER);
  }

  reset(): void {
    this.#latch = 0;
  }

  save(): unknown {
    return { latch: this.#latch };
  }

  load(state: unknown): void {
    this.#latch = (state as { latch: number }).latch;
  }
}

/** The A20 gate: one state, driven by port 92h and by the keyboard controller; the last writer wins. */
export class A20Gate {
  #enabled = true;
  /** Called when the gate changed; the CPU then masks physical address bit 20, or no longer. */
  onChange: (enabled: boolean) => void = () => {};

  get enabled(): boolean {
    return this.#enabled;
  }

  set(enabled: boolean): void {
    if (enabled === this.#enabled) return;
    this.#enabled = enabled;
    this.onChange(enabled);
  }
}

const A_RESET = 0x01;
const A_A20 = 0x02;

export class SystemControlA implements PortDevice {
  readonly name = 'port92';
  readonly ports = [{ first: PORT_A, last: PORT_A }];
  #latch = 0;

  constructor(
    private readonly a20: A20Gate,
    private readonly onReset: () => void,
  ) {}

  readPort(_port: number, _size: AccessSize): number {
    return (this.#latch & ~A_A20) | (this.a20.enabled ? A_A20 : 0);
  }

  writePort(_port: number, _size: AccessSize, value: number): void {
    const rise = (value & ~this.#latch & A_RESET) !== 0;
    this.#latch = value;
    this.a20.set((value & A_A20) !== 0);
    if (rise) this.onReset();
  }

  /** The gate is open after reset, as PC firmware leaves it. */
  reset(): void {
    this.#latch = 0;
    this.a20.set(true);
  }

  save(): unknown {
    return { latch: this.#latch, a20: this.a20.enabled };
  }

  load(state: unknown): void {
    const { latch, a20 } = state as { latch: number; a20: boolean };
    this.#latch = latch;
    this.a20.set(a20);
  }
}
