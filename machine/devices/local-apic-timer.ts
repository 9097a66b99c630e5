import type { Alarm, Clock } from '../clock';
import { LVT_MASKED } from './local-apic-registers';

const MODE_SHIFT = 17;
const PERIODIC = 1;
const TSC_DEADLINE = 2;

interface TimerState {
  divide: number;
  initialCount: number;
  /** Tick at which the timer stood at its initial count. */
  start: number;
  /** Tick of the TSC-deadline, 0 if disarmed. */
  deadline: number;
}

/** The timer of a local APIC (SDM 3A 11.5.4): counts ticks of the clock divided by the divide configuration. */
export class LocalApicTimer {
  #s: TimerState = { divide: 0, initialCount: 0, start: 0, deadline: 0 };
  #alarm: Alarm | undefined;

  constructor(
    private readonly clock: Clock,
    /** Its entry of the local vector table. */
    private readonly entry: () => number,
    private readonly expired: () => void,
  ) {}

  reset(): void {
    this.clock.cancel(this.#alarm);
    this.#alarm = undefined;
    this.#s = { divide: 0, initialCount: 0, start: 0, deadline: 0 };
  }

  get #mode(): number {
    return (this.entry() >> MODE_SHIFT) & 3;
  }

  get #divisor(): number {
    const code = (this.#s.divide & 3) | ((this.#s.divide >> 1) & 4);
    return code === 7 ? 1 : 2 << code;
  }

  /** Counts since the initial count was written. */
  get #elapsed(): number {
    return Math.floor((this.clock.now() - this.#s.start) / this.#divisor);
  }

  get initialCount(): number {
    return this.#s.initialCount;
  }

  set initialCount(value: number) {
    if (this.#mode === TSC_DEADLINE) return;
    this.#s.initialCount = value;
    this.#s.start = this.clock.now();
    this.schedule();
  }

  get currentCount(): number {
    const { initialCount } = this.#s;
    const mode = this.#mode;
    if (initialCount === 0 || mode === TSC_DEADLINE) return 0;
    const elapsed = this.#elapsed;
    return mode === PERIODIC ? initialCount - (elapsed % initialCount) : Math.max(0, initialCount - elapsed);
  }

  get divide(): number {
    return this.#s.divide;
  }

  set divide(value: number) {
    const elapsed = this.#elapsed;
    this.#s.divide = value & 0x0b;
    this.#s.start = this.clock.now() - elapsed * this.#divisor;
    this.schedule();
  }

  /** Tick of the armed TSC deadline, 0 if disarmed. */
  get deadline(): number {
    return this.#mode === TSC_DEADLINE ? this.#s.deadline : 0;
  }

  /**
   * IA32_TSC_DEADLINE, as a tick (the CPU takes off its TSC's offset); 0 disarms. Ignored unless the timer is in that
   * mode. A time that is past fires at once.
   */
  set deadline(tick: number) {
    if (this.#mode !== TSC_DEADLINE) return;
    this.#s.deadline = tick;
    this.schedule();
  }

  /** Its entry was `before`: going into or out of TSC-deadline mode disarms the timer (SDM 3A 11.5.4.1). */
  entryChanged(before: number): void {
    if ((((before >> MODE_SHIFT) & 3) === TSC_DEADLINE) !== (this.#mode === TSC_DEADLINE)) {
      this.#s.initialCount = 0;
      this.#s.deadline = 0;
    }
    this.schedule();
  }

  /** Asks for the alarm of the next timer interrupt; none while its entry is masked. */
  schedule(): void {
    const s = this.#s;
    let at: number | undefined;
    const now = this.clock.now();
    if ((this.entry() & LVT_MASKED) === 0) {
      if (this.#mode === TSC_DEADLINE) at = s.deadline > 0 ? s.deadline : undefined;
      else if (s.initialCount > 0) {
        const period = s.initialCount * this.#divisor;
        const periods = this.#mode === PERIODIC ? Math.floor((now - s.start) / period) + 1 : 1;
        at = s.start + periods * period;
        if (at <= now) at = undefined;
      }
    }
    if (this.#alarm?.at === at) return;
    this.clock.cancel(this.#alarm);
    this.#alarm = undefined;
    if (at !== undefined) this.#alarm = this.clock.schedule(at, () => this.#expire());
  }

  #expire(): void {
    this.#alarm = undefined;
    if (this.#mode === TSC_DEADLINE) this.#s.deadline = 0;
    this.expired();
    this.schedule();
  }

  save(): unknown {
    return { ...this.#s };
  }

  /** The clock's alarms were cleared before. */
  load(state: unknown): void {
    this.#s = { ...(state as TimerState) };
    this.#alarm = undefined;
    this.schedule();
  }
}
