/**
 * Motorola MC146818A real-time clock with RAM (data sheet ADI-1018), as wired in the PC/AT: index at port 70h (bit 7
 * masks NMI), data at 71h, IRQ 8; RAM layout of the AT (IBM PC/AT Technical Reference) with the century at 32h.
 * The time is a base date plus guest time; nothing is taken from the host.
 */
import type { Alarm, Clock } from '../clock';
import { TICKS_PER_SECOND } from '../clock';
import { type CivilTime, daysInMonth, fromUnixSeconds, toUnixSeconds } from './civil-time';
import type { AccessSize, InterruptLine, PortDevice } from './device';
import { Oscillator } from './frequency';
import type { LazyDriver } from './interrupt-wires';

export const RTC_INDEX = 0x70;
export const RTC_DATA = 0x71;

// Registers
const SECONDS = 0x00;
const SECONDS_ALARM = 0x01;
const MINUTES = 0x02;
const MINUTES_ALARM = 0x03;
const HOURS = 0x04;
const HOURS_ALARM = 0x05;
const DAY_OF_WEEK = 0x06;
const DAY = 0x07;
const MONTH = 0x08;
const YEAR = 0x09;
const REGISTER_A = 0x0a;
const REGISTER_B = 0x0b;
const REGISTER_C = 0x0c;
const REGISTER_D = 0x0d;
export const CMOS_CENTURY = 0x32;

const A_UIP = 0x80;
const A_DIVIDER = 0x70;
const A_DIVIDER_RUN = 0x20;
const A_RATE = 0x0f;
const B_24H = 0x02;
const B_BINARY = 0x04;
const B_SET = 0x80;
const C_IRQF = 0x80;
const C_PF = 0x40;
const C_AF = 0x20;
const C_UF = 0x10;
const D_VALID = 0x80;
/** Alarm bytes C0h..FFh match any value. */
const DONT_CARE = 0xc0;
/** UIP is high from 244 us before the update until its end, 1984 us later. */
const UIP_TICKS = 2_228_000;

const crystal = new Oscillator(32_768);

interface RtcState {
  index: number;
  ram: Uint8Array;
  /** Unix second the clock shows at tick {@link since}; while SET is on or the divider held, it stands. */
  seconds: number;
  since: number;
  flags: number;
  /** Tick up to which flags of periodic, alarm and update events were set. */
  seen: number;
}

export class RtcMc146818 implements PortDevice, LazyDriver {
  readonly name = 'rtc';
  readonly ports = [{ first: RTC_INDEX, last: RTC_DATA }];
  #s: RtcState;
  #alarm: Alarm | undefined;

  /**
   * `start` is the date at power-on in Unix seconds; `ram` gives bytes of the CMOS RAM by address, as a set-up program
   * would have left them.
   */
  constructor(
    private readonly clock: Clock,
    private readonly irq: InterruptLine,
    private readonly heard: () => boolean,
    start: number,
    ram: ReadonlyMap<number, number> = new Map(),
  ) {
    const bytes = new Uint8Array(128);
    for (const [address, value] of ram) bytes[address] = value;
    bytes[REGISTER_A] = 0x26;
    bytes[REGISTER_B] = B_24H;
    this.#s = { index: 0, ram: bytes, seconds: start, since: 0, flags: 0, seen: 0 };
  }

  #running(): boolean {
    const { ram } = this.#s;
    return (ram[REGISTER_B] & B_SET) === 0 && (ram[REGISTER_A] & A_DIVIDER) === A_DIVIDER_RUN;
  }

  /** Unix second shown at tick `now`. */
  #secondsAt(now: number): number {
    const s = this.#s;
    return this.#running() ? s.seconds + Math.floor((now - s.since) / TICKS_PER_SECOND) : s.seconds;
  }

  /** Tick of the first update after `now`. */
  #nextUpdate(now: number): number {
    const { since } = this.#s;
    return since + (Math.floor((now - since) / TICKS_PER_SECOND) + 1) * TICKS_PER_SECOND;
  }

  /** Crystal cycles between periodic events, 0 if off. MC146818A table 5, time base 32.768 kHz. */
  #periodicCycles(): number {
    const rate = this.#s.ram[REGISTER_A] & A_RATE;
    if (rate === 0) return 0;
    return rate <= 2 ? 1 << (rate + 6) : 1 << (rate - 1);
  }

  /** Tick of the first periodic event after `now`, Infinity if none. */
  #nextPeriodic(now: number): number {
    const cycles = this.#periodicCycles();
    if (cycles === 0) return Number.POSITIVE_INFINITY;
    return crystal.timeOf((Math.floor(crystal.cyclesAt(now) / cycles) + 1) * cycles);
  }

  /**
   * The first second from `from` (Unix seconds), at most a day ahead, at which the alarm matches; Infinity if none.
   * Whole hours and minutes that cannot match are skipped.
   */
  #alarmFrom(from: number): number {
    const { ram } = this.#s;
    const match = (register: number, value: number) => ram[register] >= DONT_CARE || ram[register] === value;
    let at = from;
    while (at < from + 86_400) {
      const t = fromUnixSeconds(at);
      if (!match(HOURS_ALARM, this.#encodeHour(t.hour))) at += 3600 - t.minute * 60 - t.second;
      else if (!match(MINUTES_ALARM, this.#encode(t.minute))) at += 60 - t.second;
      else if (!match(SECONDS_ALARM, this.#encode(t.second))) at++;
      else return at;
    }
    return Number.POSITIVE_INFINITY;
  }

  /** Tick of the first update after `now` at which the alarm matches. */
  #nextAlarm(now: number): number {
    const second = this.#secondsAt(now) + 1;
    return this.#nextUpdate(now) + (this.#alarmFrom(second) - second) * TICKS_PER_SECOND;
  }

  /** Sets the flags of all events up to now, and the line. */
  catchUp(): void {
    const s = this.#s;
    const now = this.clock.now();
    if (this.#nextPeriodic(s.seen) <= now) s.flags |= C_PF;
    if (this.#running() && this.#nextUpdate(s.seen) <= now) {
      s.flags |= C_UF;
      if (this.#nextAlarm(s.seen) <= now) s.flags |= C_AF;
    }
    s.seen = now;
    this.irq.set(this.#irqf());
  }

  #irqf(): boolean {
    const s = this.#s;
    return (s.flags & s.ram[REGISTER_B] & (C_PF | C_AF | C_UF)) !== 0;
  }

  heardChanged(): void {
    const at = this.#nextInterrupt();
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

  /** When the line will rise next; undefined while it is high, nobody hears it, or nothing is enabled. */
  #nextInterrupt(): number | undefined {
    const s = this.#s;
    if (!this.heard() || this.#irqf()) return undefined;
    const enables = s.ram[REGISTER_B];
    let at = Number.POSITIVE_INFINITY;
    if (enables & C_PF) at = this.#nextPeriodic(s.seen);
    if (this.#running()) {
      if (enables & C_UF) at = Math.min(at, this.#nextUpdate(s.seen));
      else if (enables & C_AF) at = Math.min(at, this.#nextAlarm(s.seen));
    }
    return at === Number.POSITIVE_INFINITY ? undefined : at;
  }

  #encode(value: number): number {
    return this.#s.ram[REGISTER_B] & B_BINARY ? value : Math.floor(value / 10) * 16 + (value % 10);
  }

  #encodeHour(hour: number): number {
    if (this.#s.ram[REGISTER_B] & B_24H) return this.#encode(hour);
    return this.#encode(hour % 12 === 0 ? 12 : hour % 12) | (hour >= 12 ? 0x80 : 0);
  }

  #decode(value: number): number {
    return this.#s.ram[REGISTER_B] & B_BINARY ? value : (value >> 4) * 10 + (value & 15);
  }

  #decodeHour(value: number): number {
    if (this.#s.ram[REGISTER_B] & B_24H) return this.#decode(value);
    return (this.#decode(value & 0x7f) % 12) + (value & 0x80 ? 12 : 0);
  }

  readPort(port: number, _size: AccessSize): number {
    const s = this.#s;
    if (port === RTC_INDEX) return 0xff; // write-only
    const now = this.clock.now();
    const time = fromUnixSeconds(this.#secondsAt(now));
    switch (s.index) {
      case SECONDS:
        return this.#encode(time.second);
      case MINUTES:
        return this.#encode(time.minute);
      case HOURS:
        return this.#encodeHour(time.hour);
      case DAY_OF_WEEK:
        return this.#encode(time.weekday + 1);
      case DAY:
        return this.#encode(time.day);
      case MONTH:
        return this.#encode(time.month);
      case YEAR:
        return this.#encode(time.year % 100);
      case CMOS_CENTURY:
        return this.#encode(Math.floor(time.year / 100));
      case REGISTER_A:
        return s.ram[REGISTER_A] | (this.#running() && this.#nextUpdate(now) - now <= UIP_TICKS ? A_UIP : 0);
      case REGISTER_C: {
        this.catchUp();
        const value = s.flags | (this.#irqf() ? C_IRQF : 0);
        s.flags = 0;
        this.irq.set(false);
        this.heardChanged();
        return value;
      }
      case REGISTER_D:
        return D_VALID;
      default:
        return s.ram[s.index];
    }
  }

  writePort(port: number, _size: AccessSize, value: number): void {
    const s = this.#s;
    if (port === RTC_INDEX) {
      s.index = value & 0x7f;
      return;
    }
    this.catchUp();
    switch (s.index) {
      case REGISTER_A:
      case REGISTER_B:
        this.#writeControl(s.index, value);
        break;
      case REGISTER_C:
      case REGISTER_D:
        return;
      case SECONDS:
      case MINUTES:
      case HOURS:
      case DAY_OF_WEEK:
      case DAY:
      case MONTH:
      case YEAR:
      case CMOS_CENTURY:
        this.#writeTime(s.index, value);
        break;
      default:
        s.ram[s.index] = value;
    }
    this.irq.set(this.#irqf());
    this.heardChanged();
  }

  /** Registers A and B: stopping holds the time shown, starting lets it go on from there. */
  #writeControl(register: number, value: number): void {
    const s = this.#s;
    const now = this.clock.now();
    const seconds = this.#secondsAt(now);
    const ran = this.#running();
    s.ram[register] = register === REGISTER_A ? value & ~A_UIP : value;
    if (ran === this.#running()) return;
    s.seconds = seconds;
    // A restarted divider chain gives its first update half a second later (MC146818A, "Divider stages").
    s.since = now - (ran ? 0 : TICKS_PER_SECOND / 2);
  }

  #writeTime(register: number, value: number): void {
    const s = this.#s;
    const now = this.clock.now();
    const fraction = this.#running() ? (now - s.since) % TICKS_PER_SECOND : 0;
    const t: CivilTime = fromUnixSeconds(this.#secondsAt(now));
    if (register === SECONDS) t.second = Math.min(this.#decode(value), 59);
    else if (register === MINUTES) t.minute = Math.min(this.#decode(value), 59);
    else if (register === HOURS) t.hour = Math.min(this.#decodeHour(value), 23);
    else if (register === MONTH) t.month = Math.min(Math.max(this.#decode(value), 1), 12);
    else if (register === YEAR) t.year = Math.floor(t.year / 100) * 100 + (this.#decode(value) % 100);
    else if (register === CMOS_CENTURY) t.year = (this.#decode(value) % 100) * 100 + (t.year % 100);
    else if (register === DAY) t.day = Math.max(this.#decode(value), 1);
    t.day = Math.min(t.day, daysInMonth(t.year, t.month));
    s.seconds = toUnixSeconds(t);
    s.since = now - fraction;
  }

  /** The RAM and the time outlast a reset; interrupts are off after it (MC146818A, "RESET pin"). */
  reset(): void {
    const s = this.#s;
    this.catchUp();
    s.index = 0;
    s.ram[REGISTER_B] &= ~(C_PF | C_AF | C_UF | 0x08);
    s.flags = 0;
    this.irq.set(false);
    this.heardChanged();
  }

  save(): unknown {
    return { ...this.#s, ram: this.#s.ram.slice() };
  }

  load(state: unknown): void {
    const saved = state as RtcState;
    this.#s = { ...saved, ram: saved.ram.slice() };
    this.#alarm = undefined;
    this.irq.set(this.#irqf());
    this.heardChanged();
  }
}
