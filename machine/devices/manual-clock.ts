import { Clock } from '../clock';

/** A clock moved by hand, for tests of devices: alarms fire in order, each at its own time. */
export class ManualClock extends Clock {
  #time = 0;

  constructor() {
    super();
    this.setSource(() => this.#time);
  }

  /** Moves time forward to `ticks`. */
  advanceTo(ticks: number): void {
    while (this.next() <= ticks) {
      this.#time = Math.max(this.#time, this.next());
      this.fireDue(this.#time);
    }
    this.#time = ticks;
  }

  /** Sets the time without firing anything: before loading a state. */
  set(ticks: number): void {
    this.#time = ticks;
  }
}
