/**
 * ACPI fixed hardware (ACPI Specification 6.4, chapter 4.8): PM1 event and control registers and the power management
 * timer, at ports 600h..60Bh; the system control interrupt is IRQ 9. The machine is always in ACPI mode. Writing SLP_EN
 * with the sleep type of S5 (0, as the DSDT says) switches it off.
 */
import type { Alarm, Clock } from '../clock';
import type { AccessSize, InterruptLine, PortDevice } from './device';
import { Oscillator } from './frequency';

export const PM_BASE = 0x600;
export const PM1_STATUS = 0x0;
export const PM1_ENABLE = 0x2;
export const PM1_CONTROL = 0x4;
export const PM_TIMER = 0x8;
export const PM_LENGTH = 0xc;
export const PM_TIMER_HERTZ = 3_579_545;
export const SLEEP_TYPE_S5 = 0;

const TIMER_STATUS = 0x0001;
const POWER_BUTTON = 0x0100;
/** Timer, global lock, power button, sleep button, RTC: all may be enabled, whether they ever come or not. */
const ENABLE_WRITABLE = 0x0721;
const SCI_ENABLED = 0x0001;
const SLEEP_TYPE_SHIFT = 10;
const SLEEP_ENABLE = 0x2000;
/** The timer has 32 bits; its status bit is set when the highest bit changes. */
const HALF_RANGE = 2 ** 31;

const oscillator = new Oscillator(PM_TIMER_HERTZ);

interface PmState {
  status: number;
  enable: number;
  control: number;
  /** Half ranges of the timer that were accounted for in the status. */
  halves: number;
}

export class AcpiPm implements PortDevice {
  readonly name = 'acpi-pm';
  readonly ports = [{ first: PM_BASE, last: PM_BASE + PM_LENGTH - 1 }];
  readonly widePorts = true;
  #s: PmState = { status: 0, enable: 0, control: SCI_ENABLED, halves: 0 };
  #alarm: Alarm | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly sci: InterruptLine,
    private readonly onPowerOff: () => void,
  ) {}

  /** Somebody pushed the power button. */
  pressPowerButton(): void {
    this.#s.status |= POWER_BUTTON;
    this.#update();
  }

  #timer(): number {
    return oscillator.cyclesAt(this.clock.now());
  }

  #update(): void {
    const s = this.#s;
    const halves = Math.floor(this.#timer() / HALF_RANGE);
    if (halves !== s.halves) s.status |= TIMER_STATUS;
    s.halves = halves;
    this.sci.set((s.status & s.enable) !== 0);
    const at = s.enable & TIMER_STATUS ? oscillator.timeOf((halves + 1) * HALF_RANGE) : undefined;
    if (this.#alarm?.at === at) return;
    this.clock.cancel(this.#alarm);
    this.#alarm = undefined;
    if (at === undefined) return;
    this.#alarm = this.clock.schedule(at, () => {
      this.#alarm = undefined;
      this.#update();
    });
  }

  /** The 32-bit word at an offset that is a multiple of 4. */
  #word(offset: number): number {
    const s = this.#s;
    if (offset === PM1_STATUS) return s.status | (s.enable << 16);
    return offset === PM1_CONTROL ? s.control : this.#timer() % 2 ** 32;
  }

  readPort(port: number, size: AccessSize): number {
    this.#update();
    const offset = port - PM_BASE;
    let value = 0;
    for (let at = offset + size - 1; at >= offset; at--) {
      value = value * 256 + (Math.floor(this.#word(at & ~3) / 2 ** (8 * (at & 3))) % 256);
    }
    return value;
  }

  writePort(port: number, size: AccessSize, value: number): void {
    this.#update();
    if (size === 4) {
      this.#writeByte(port - PM_BASE, value & 0xff);
      for (let i = 1; i < 4; i++) this.#writeByte(port - PM_BASE + i, (value >>> (8 * i)) & 0xff);
    } else for (let i = 0; i < size; i++) this.#writeByte(port - PM_BASE + i, (value >>> (8 * i)) & 0xff);
    this.#update();
  }

  #writeByte(offset: number, value: number): void {
    const s = this.#s;
    const shift = 8 * (offset & 1);
    const mask = 0xff << shift;
    switch (offset & ~1) {
      case PM1_STATUS: // ones clear
        s.status &= ~(value << shift);
        break;
      case PM1_ENABLE:
        s.enable = ((s.enable & ~mask) | (value << shift)) & ENABLE_WRITABLE;
        break;
      case PM1_CONTROL: {
        const control = (s.control & ~mask) | (value << shift);
        s.control = (control & ~SLEEP_ENABLE) | SCI_ENABLED;
        if (control & SLEEP_ENABLE && ((control >> SLEEP_TYPE_SHIFT) & 7) === SLEEP_TYPE_S5) this.onPowerOff();
        break;
      }
    }
  }

  reset(): void {
    const halves = Math.floor(this.#timer() / HALF_RANGE);
    this.#s = { status: 0, enable: 0, control: SCI_ENABLED, halves };
    this.#update();
  }

  save(): unknown {
    return { ...this.#s };
  }

  load(state: unknown): void {
    this.#s = { ...(state as PmState) };
    this.#alarm = undefined;
    this.#update();
  }
}
