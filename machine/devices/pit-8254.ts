/**
 * Intel 8254 Programmable Interval Timer (data sheet 231164): three counters at 1.193182 MHz. Counter 0 drives IRQ 0,
 * counter 1 is the refresh timer of old, counter 2 the speaker (its gate and output are at port 61h).
 * Nothing counts: a counter is a start time and a count, from which value and output follow at any moment.
 */
import type { Alarm, Clock } from '../clock';
import type { AccessSize, InterruptLine, PortDevice } from './device';
import { Oscillator } from './frequency';
import type { LazyDriver } from './interrupt-wires';

export const PIT_HERTZ = 1_193_182;
export const COUNTER0 = 0x40;
export const CONTROL = 0x43;

// Control word
const READ_BACK = 3;
const RB_NOT_COUNT = 0x20;
const RB_NOT_STATUS = 0x10;
// RW field of the control word
const RW_LATCH = 0;
const RW_LSB = 1;
const RW_MSB = 2;
const RW_BOTH = 3;

interface CounterState {
  mode: number;
  /** The mode's three bits as written: 6 and 7 are other names of 2 and 3. */
  writtenMode: number;
  rw: number;
  bcd: boolean;
  gate: boolean;
  /** Initial count in force, 1..65536; 0 while none was written since the control word. */
  count: number;
  /** Oscillator cycle at which {@link count} was loaded into the counting element. */
  start: number;
  /** Modes 1 and 5: a trigger came. Modes 0, 2, 3, 4: a count was loaded. */
  running: boolean;
  /** Value at which counting stands while the gate is low (modes 0 and 4), else -1. */
  paused: number;
  /** A count written during a period, and the cycle at which it takes force. */
  nextCount: number;
  nextStart: number;
  /** First byte of a two-byte write, -1 if none. */
  writeLow: number;
  readHigh: boolean;
  /** Latched count bytes and status, -1 if none. */
  latch: number;
  latchedStatus: number;
}

function powerOn(gate: boolean): CounterState {
  return {
    mode: 3,
    writtenMode: 3,
    rw: RW_BOTH,
    bcd: false,
    gate,
    count: 0,
    start: 0,
    running: false,
    paused: -1,
    nextCount: 0,
    nextStart: 0,
    writeLow: -1,
    readHigh: false,
    latch: -1,
    latchedStatus: -1,
  };
}

/** One counter, all of its times in oscillator cycles. */
export class Counter {
  s: CounterState;

  constructor(private readonly gateAtPowerOn: boolean) {
    this.s = powerOn(gateAtPowerOn);
  }

  reset(): void {
    this.s = powerOn(this.gateAtPowerOn);
  }

  setMode(rw: number, mode: number, bcd: boolean): void {
    const { gate } = this.s;
    this.s = { ...powerOn(gate), rw, bcd, mode: mode > 5 ? mode & 3 : mode, writtenMode: mode };
  }

  /** A count written during a period takes force when the period ends. */
  #settle(now: number): void {
    const s = this.s;
    if (s.nextCount !== 0 && now >= s.nextStart) {
      // Mode 3 between its halves: the new count begins with its low half.
      const middle = s.mode === 3 && (s.nextStart - s.start) % s.count !== 0;
      s.start = s.nextStart - (middle ? (s.nextCount + 1) >> 1 : 0);
      s.count = s.nextCount;
      s.nextCount = 0;
    }
  }

  #period(): number {
    return this.s.mode === 2 || this.s.mode === 3 ? this.s.count : 0;
  }

  /** The OUT pin. */
  output(now: number): boolean {
    this.#settle(now);
    const s = this.s;
    const d = now - s.start;
    switch (s.mode) {
      case 0:
        return s.running && s.count !== 0 && (s.paused >= 0 ? false : d >= s.count);
      case 1:
        return !s.running || d < 0 || d >= s.count;
      case 2:
        return !s.running || d < 0 || d % s.count !== s.count - 1;
      case 3:
        return !s.running || d < 0 || d % s.count < (s.count + 1) >> 1;
      default: // 4, 5: low for the one cycle in which the count is 0
        return !s.running || s.paused >= 0 || d !== s.count;
    }
  }

  /** The counting element, 16 bits (BCD digits in BCD mode). */
  value(now: number): number {
    this.#settle(now);
    const s = this.s;
    const modulus = s.bcd ? 10000 : 0x10000;
    const d = Math.max(0, now - s.start);
    let value: number;
    if (!s.running) value = s.count;
    else if (s.paused >= 0) value = s.paused;
    else if (s.mode === 2) value = s.count - (d % s.count);
    else if (s.mode === 3) {
      const high = (s.count + 1) >> 1;
      const phase = d % s.count;
      value = (s.count & ~1) - 2 * (phase < high ? phase : phase - high);
    } else value = s.count - d;
    value = ((value % modulus) + modulus) % modulus;
    return s.bcd ? toBcd(value) : value;
  }

  /** The first cycle after `now` at which OUT rises, Infinity if it will not by itself. */
  nextRise(now: number): number {
    this.#settle(now);
    const s = this.s;
    if (!s.running || s.paused >= 0) return Number.POSITIVE_INFINITY;
    const period = this.#period();
    if (period > 0) {
      const end = now < s.start ? s.start + period : s.start + (Math.floor((now - s.start) / period) + 1) * period;
      return s.nextCount !== 0 && s.nextStart < end ? s.nextStart + (s.nextCount >> 1) : end;
    }
    const rise = s.start + s.count + (s.mode >= 4 ? 1 : 0);
    return rise > now ? rise : Number.POSITIVE_INFINITY;
  }

  setGate(now: number, gate: boolean): void {
    const s = this.s;
    if (gate === s.gate) return;
    const value = this.value(now);
    this.#settle(now);
    s.gate = gate;
    switch (s.mode) {
      case 0:
      case 4:
        if (s.count === 0) break;
        if (!gate) {
          if (now - s.start < s.count) s.paused = (s.bcd ? fromBcd(value) : value) || s.count;
        } else if (s.paused >= 0) {
          s.start = now - (s.count - s.paused);
          s.paused = -1;
        }
        break;
      case 1:
      case 5:
        if (gate && s.count !== 0) {
          s.running = true;
          s.start = now + 1;
          if (s.nextCount !== 0) s.count = s.nextCount;
          s.nextCount = 0;
        }
        break;
      default: // 2, 3: a low gate holds OUT high, its rise starts a period
        if (s.nextCount !== 0) s.count = s.nextCount;
        s.nextCount = 0;
        s.running = gate && s.count !== 0;
        s.start = now + 1;
    }
  }

  write(now: number, byte: number): void {
    const s = this.s;
    if (s.rw === RW_BOTH) {
      if (s.writeLow < 0) {
        s.writeLow = byte;
        // Data sheet, mode 0: the first byte disables counting and sets OUT low.
        if (s.mode === 0) s.running = false;
        return;
      }
      this.#loadCount(now, s.writeLow | (byte << 8));
      s.writeLow = -1;
    } else {
      this.#loadCount(now, s.rw === RW_MSB ? byte << 8 : byte);
    }
  }

  #loadCount(now: number, written: number): void {
    const s = this.s;
    this.#settle(now);
    const count = (s.bcd ? fromBcd(written) : written) || (s.bcd ? 10000 : 0x10000);
    switch (s.mode) {
      case 1:
      case 5: // waits for the trigger
        if (s.running && now - s.start < s.count) {
          s.nextCount = count;
          s.nextStart = Number.MAX_SAFE_INTEGER;
        } else s.count = count;
        return;
      case 2:
      case 3:
        if (s.running) {
          // Mode 2: at the end of the period. Mode 3: at the end of the half period.
          s.nextCount = count;
          const d = Math.max(0, now - s.start) % s.count;
          const high = (s.count + 1) >> 1;
          const rest = s.mode === 3 && d < high ? high - d : s.count - d;
          s.nextStart = now + rest;
          return;
        }
        break;
    }
    s.count = count;
    s.start = now + 1;
    s.running = s.gate || s.mode === 0 || s.mode === 4;
    s.paused = s.running && !s.gate ? count : -1;
  }

  #status(now: number): number {
    const s = this.s;
    const nullCount = s.count === 0 || s.nextCount !== 0 || now < s.start;
    return (
      (this.output(now) ? 0x80 : 0) | (nullCount ? 0x40 : 0) | (s.rw << 4) | (s.writtenMode << 1) | (s.bcd ? 1 : 0)
    );
  }

  latchCount(now: number): void {
    if (this.s.latch < 0) this.s.latch = this.value(now);
  }

  latchStatus(now: number): void {
    if (this.s.latchedStatus < 0) this.s.latchedStatus = this.#status(now);
  }

  read(now: number): number {
    const s = this.s;
    if (s.latchedStatus >= 0) {
      const status = s.latchedStatus;
      s.latchedStatus = -1;
      return status;
    }
    const value = s.latch >= 0 ? s.latch : this.value(now);
    if (s.rw === RW_BOTH) {
      s.readHigh = !s.readHigh;
      if (s.readHigh) return value & 0xff;
      s.latch = -1;
      return value >> 8;
    }
    s.latch = -1;
    return s.rw === RW_LSB ? value & 0xff : value >> 8;
  }
}

function toBcd(value: number): number {
  return (
    (Math.floor(value / 1000) << 12) |
    (Math.floor((value / 100) % 10) << 8) |
    (Math.floor((value / 10) % 10) << 4) |
    (value % 10)
  );
}

function fromBcd(value: number): number {
  return (value >> 12) * 1000 + ((value >> 8) & 15) * 100 + ((value >> 4) & 15) * 10 + (value & 15);
}

/** The 8254 of a PC; its interrupt output is counter 0's. */
export class Pit8254 implements PortDevice, LazyDriver {
  readonly name = 'pit';
  readonly ports = [{ first: COUNTER0, last: CONTROL }];
  readonly counters = [new Counter(true), new Counter(true), new Counter(false)];
  readonly #oscillator = new Oscillator(PIT_HERTZ);
  #alarm: Alarm | undefined;
  /** Cycle up to which rises of counter 0 were sent on the wire. */
  #sent = 0;

  /** `heard` tells whether an edge on the wire could interrupt now. */
  constructor(
    private readonly clock: Clock,
    private readonly irq: InterruptLine,
    private readonly heard: () => boolean,
  ) {}

  /** Oscillator cycles since power-on. */
  cycles(): number {
    return this.#oscillator.cyclesAt(this.clock.now());
  }

  catchUp(): void {
    const now = this.cycles();
    const counter = this.counters[0];
    if (counter.nextRise(this.#sent) <= now) {
      this.irq.set(false);
      this.irq.set(true);
    }
    this.#sent = now;
    this.irq.set(counter.output(now));
  }

  heardChanged(): void {
    const rise = this.heard() ? this.counters[0].nextRise(this.#sent) : Number.POSITIVE_INFINITY;
    const at = rise === Number.POSITIVE_INFINITY ? undefined : this.#oscillator.timeOf(rise);
    if (this.#alarm?.at === at) return;
    this.clock.cancel(this.#alarm);
    this.#alarm = undefined;
    if (at === undefined) return;
    this.#alarm = this.clock.schedule(at, () => {
      this.#alarm = undefined;
      this.catchUp();
      this.heardChanged();
    });
  }

  readPort(port: number, _size: AccessSize): number {
    return port === CONTROL ? 0xff : this.counters[port - COUNTER0].read(this.cycles());
  }

  writePort(port: number, _size: AccessSize, value: number): void {
    this.catchUp();
    const now = this.cycles();
    if (port !== CONTROL) this.counters[port - COUNTER0].write(now, value);
    else this.#control(now, value);
    this.irq.set(this.counters[0].output(now));
    this.heardChanged();
  }

  #control(now: number, value: number): void {
    const select = value >> 6;
    if (select === READ_BACK) {
      for (let i = 0; i < 3; i++) {
        if ((value & (2 << i)) === 0) continue;
        if ((value & RB_NOT_COUNT) === 0) this.counters[i].latchCount(now);
        if ((value & RB_NOT_STATUS) === 0) this.counters[i].latchStatus(now);
      }
      return;
    }
    const rw = (value >> 4) & 3;
    if (rw === RW_LATCH) this.counters[select].latchCount(now);
    else this.counters[select].setMode(rw, (value >> 1) & 7, (value & 1) !== 0);
  }

  reset(): void {
    for (const counter of this.counters) counter.reset();
    this.#sent = this.cycles();
    this.irq.set(this.counters[0].output(this.#sent));
    this.heardChanged();
  }

  save(): unknown {
    return { counters: this.counters.map((counter) => ({ ...counter.s })), sent: this.#sent };
  }

  load(state: unknown): void {
    const { counters, sent } = state as { counters: CounterState[]; sent: number };
    counters.forEach((s, i) => {
      this.counters[i].s = { ...s };
    });
    this.#sent = sent;
    this.irq.set(this.counters[0].output(sent));
    this.#alarm = undefined;
    this.heardChanged();
  }
}
