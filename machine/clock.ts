/**
 * Virtual time. One retired instruction is one tick; an access to an I/O port takes some more, and HLT lets time jump to
 * the next alarm. There is no other clock in the core: devices ask for alarms here, and the CPU's slices end exactly at the next one.
 */

/** Ticks in a second of guest time; the TSC counts ticks one to one. */
export const TICKS_PER_SECOND = 1_000_000_000;

export interface Alarm {
  /** Absolute time in ticks. */
  readonly at: number;
  readonly callback: () => void;
}

export class Clock {
  /** Ticks since power-on. Set by the CPU's owner only, between and inside slices. */
  #now: () => number = () => 0;
  #alarms: Alarm[] = [];
  /** Called when the earliest alarm changed, so that a running slice can be cut short. */
  onReschedule: () => void = () => {};

  /** Called when something takes time besides the instructions: the owner lets so many ticks pass. */
  onPass: (ticks: number) => void = () => {};

  /** Who counts: a function giving the ticks at this moment, exact inside a slice too. */
  setSource(now: () => number): void {
    this.#now = now;
  }

  /** Ticks since power-on. */
  now(): number {
    return this.#now();
  }

  /** Calls `callback` when time reaches `at` (ticks; a time not in the future fires at the next instruction boundary). */
  schedule(at: number, callback: () => void): Alarm {
    const alarm = { at, callback };
    let i = this.#alarms.length;
    while (i > 0 && this.#alarms[i - 1].at > at) i--;
    this.#alarms.splice(i, 0, alarm);
    if (i === 0) this.onReschedule();
    return alarm;
  }

  cancel(alarm: Alarm | undefined): void {
    const i = alarm ? this.#alarms.indexOf(alarm) : -1;
    if (i >= 0) this.#alarms.splice(i, 1);
  }

  /** Time of the earliest alarm, Infinity if none. */
  next(): number {
    return this.#alarms.length > 0 ? this.#alarms[0].at : Number.POSITIVE_INFINITY;
  }

  /** Fires every alarm that is due at `now`. */
  fireDue(now: number): void {
    while (this.#alarms.length > 0 && this.#alarms[0].at <= now) this.#alarms.shift()!.callback();
  }

  /** Drops every alarm: what loading a state does first; devices then ask for theirs again. */
  clear(): void {
    this.#alarms = [];
  }
}
