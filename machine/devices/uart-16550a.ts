/**
 * National Semiconductor PC16550D UART with FIFOs (data sheet, June 1995). A transmitted character leaves at once, so
 * THRE and TEMT always read 1; a received one arrives at the programmed line speed, and the other end waits while there
 * is no room (it honours flow control), so that nothing typed is lost to overruns.
 */
import type { Alarm, Clock } from '../clock';
import { TICKS_PER_SECOND } from '../clock';
import type { AccessSize, InterruptLine, PortDevice } from './device';

// Register offsets
const RBR_THR_DLL = 0;
const IER_DLM = 1;
const IIR_FCR = 2;
const LCR = 3;
const MCR = 4;
const LSR = 5;
const MSR = 6;
const SCR = 7;

// Interrupt enable register
const IER_RECEIVED = 0x01;
const IER_THRE = 0x02;
const IER_LINE = 0x04;
const IER_MODEM = 0x08;
// Interrupt identification register, in order of priority
const IIR_NONE = 0x01;
const IIR_LINE = 0x06;
const IIR_RECEIVED = 0x04;
const IIR_TIMEOUT = 0x0c;
const IIR_THRE = 0x02;
const IIR_MODEM = 0x00;
const IIR_FIFOS = 0xc0;
// FIFO control register
const FCR_ENABLE = 0x01;
const FCR_RESET_RECEIVER = 0x02;
const FCR_TRIGGER_SHIFT = 6;
const TRIGGER_LEVELS = [1, 4, 8, 14];
// Line control register
const LCR_DLAB = 0x80;
// Modem control register
const MCR_DTR = 0x01;
const MCR_RTS = 0x02;
const MCR_OUT1 = 0x04;
const MCR_OUT2 = 0x08;
const MCR_LOOP = 0x10;
// Line status register
const LSR_DATA_READY = 0x01;
const LSR_OVERRUN = 0x02;
const LSR_THRE = 0x20;
const LSR_TEMT = 0x40;
// Modem status register
const MSR_DELTA_MASK = 0x0f;
const MSR_TRAILING_RI = 0x04;
const MSR_CTS = 0x10;
const MSR_DSR = 0x20;
const MSR_RI = 0x40;
const MSR_DCD = 0x80;

const FIFO_SIZE = 16;
/** Baud rate clock of the PC (1.8432 MHz) divided by 16. */
const BASE_BAUD = 115_200;

interface UartState {
  divisor: number;
  ier: number;
  lcr: number;
  mcr: number;
  scr: number;
  fifoEnabled: boolean;
  trigger: number;
  received: number[];
  overrun: boolean;
  /** The THRE interrupt is pending: set when the transmitter ran empty, cleared by reading it in IIR or by a write. */
  threPending: boolean;
  timeout: boolean;
  msr: number;
  /** What the other end still has to send, and when its next character is complete. */
  queue: number[];
  nextArrival: number;
  /** When the character time-out of the receiver FIFO comes, if it is awaited. */
  timeoutAt: number;
}

export class Uart16550a implements PortDevice {
  readonly ports: readonly { first: number; last: number }[];
  #s: UartState = powerOn();
  #arrival: Alarm | undefined;
  #timeout: Alarm | undefined;

  constructor(
    readonly name: string,
    private readonly base: number,
    private readonly clock: Clock,
    private readonly irq: InterruptLine,
    private readonly onTransmit: (byte: number) => void,
  ) {
    this.ports = [{ first: base, last: base + 7 }];
  }

  /** The other end sends these bytes, at line speed, after what it still has to send. */
  send(bytes: Uint8Array): void {
    for (const byte of bytes) this.#s.queue.push(byte);
    this.#expectArrival();
  }

  /** Characters that have not reached the receiver yet. */
  get queued(): number {
    return this.#s.queue.length;
  }

  /** Ticks of one character: start bit, data bits, parity, stop bits. */
  #characterTicks(): number {
    const { lcr, divisor } = this.#s;
    const bits = 1 + 5 + (lcr & 3) + (lcr & 8 ? 1 : 0) + (lcr & 4 ? 2 : 1);
    return Math.round((bits * (divisor || 0x10000) * TICKS_PER_SECOND) / BASE_BAUD);
  }

  #room(): boolean {
    return this.#s.received.length < (this.#s.fifoEnabled ? FIFO_SIZE : 1);
  }

  /** Asks for the alarm of the next arriving character, if one is under way and there is room for it. */
  #expectArrival(): void {
    const s = this.#s;
    if (this.#arrival !== undefined || s.queue.length === 0 || !this.#room()) return;
    s.nextArrival = this.clock.now() + this.#characterTicks();
    this.#scheduleArrival();
  }

  #scheduleArrival(): void {
    this.#arrival = this.clock.schedule(this.#s.nextArrival, () => {
      this.#arrival = undefined;
      this.#s.nextArrival = -1;
      if (this.#s.mcr & MCR_LOOP || !this.#room()) return; // the far end is cut off, or waits
      const byte = this.#s.queue.shift();
      if (byte !== undefined) this.#receive(byte);
      this.#expectArrival();
    });
  }

  #receive(byte: number): void {
    const s = this.#s;
    if (!this.#room()) {
      s.overrun = true;
      if (!s.fifoEnabled) s.received[0] = byte;
    } else s.received.push(byte);
    this.#restartTimeout();
    this.#update();
  }

  /** Four character times after the last character came or was read, with some left: PC16550D 8.4. */
  #restartTimeout(): void {
    const s = this.#s;
    this.clock.cancel(this.#timeout);
    this.#timeout = undefined;
    s.timeout = false;
    s.timeoutAt = -1;
    if (!s.fifoEnabled || s.received.length === 0 || (s.ier & IER_RECEIVED) === 0) return;
    s.timeoutAt = this.clock.now() + 4 * this.#characterTicks();
    this.#scheduleTimeout();
  }

  #scheduleTimeout(): void {
    this.#timeout = this.clock.schedule(this.#s.timeoutAt, () => {
      this.#timeout = undefined;
      this.#s.timeoutAt = -1;
      this.#s.timeout = true;
      this.#update();
    });
  }

  /** The interrupt of the highest priority that is pending and enabled. */
  #identify(): number {
    const s = this.#s;
    if (s.ier & IER_LINE && s.overrun) return IIR_LINE;
    if (s.ier & IER_RECEIVED) {
      if (s.received.length >= (s.fifoEnabled ? s.trigger : 1)) return IIR_RECEIVED;
      if (s.timeout) return IIR_TIMEOUT;
    }
    if (s.ier & IER_THRE && s.threPending) return IIR_THRE;
    if (s.ier & IER_MODEM && s.msr & MSR_DELTA_MASK) return IIR_MODEM;
    return IIR_NONE;
  }

  /** On the PC, OUT2 gates the interrupt line; in loop mode the pin is inactive. */
  #update(): void {
    const gated = (this.#s.mcr & (MCR_OUT2 | MCR_LOOP)) === MCR_OUT2;
    this.irq.set(gated && this.#identify() !== IIR_NONE);
  }

  /** Modem inputs: the other end is ready and carrier is there; in loop mode they are the modem outputs. */
  #updateModem(): void {
    const s = this.#s;
    let inputs = MSR_CTS | MSR_DSR | MSR_DCD;
    if (s.mcr & MCR_LOOP) {
      inputs =
        (s.mcr & MCR_RTS ? MSR_CTS : 0) |
        (s.mcr & MCR_DTR ? MSR_DSR : 0) |
        (s.mcr & MCR_OUT1 ? MSR_RI : 0) |
        (s.mcr & MCR_OUT2 ? MSR_DCD : 0);
    }
    const changed = (inputs ^ s.msr) & 0xf0;
    let delta = (changed >> 4) & ~MSR_TRAILING_RI;
    if (changed & MSR_RI && (inputs & MSR_RI) === 0) delta |= MSR_TRAILING_RI;
    s.msr = inputs | (s.msr & MSR_DELTA_MASK) | delta;
  }

  readPort(port: number, _size: AccessSize): number {
    const s = this.#s;
    switch (port - this.base) {
      case RBR_THR_DLL: {
        if (s.lcr & LCR_DLAB) return s.divisor & 0xff;
        const byte = s.received.shift() ?? 0;
        this.#restartTimeout();
        this.#update();
        this.#expectArrival();
        return byte;
      }
      case IER_DLM:
        return s.lcr & LCR_DLAB ? s.divisor >> 8 : s.ier;
      case IIR_FCR: {
        const id = this.#identify();
        if (id === IIR_THRE) {
          s.threPending = false;
          this.#update();
        }
        return id | (s.fifoEnabled ? IIR_FIFOS : 0);
      }
      case LCR:
        return s.lcr;
      case MCR:
        return s.mcr;
      case LSR: {
        const value =
          LSR_THRE | LSR_TEMT | (s.received.length > 0 ? LSR_DATA_READY : 0) | (s.overrun ? LSR_OVERRUN : 0);
        if (s.overrun) {
          s.overrun = false;
          this.#update();
        }
        return value;
      }
      case MSR: {
        const value = s.msr;
        s.msr &= ~MSR_DELTA_MASK;
        this.#update();
        return value;
      }
      default:
        return s.scr;
    }
  }

  writePort(port: number, _size: AccessSize, value: number): void {
    const s = this.#s;
    switch (port - this.base) {
      case RBR_THR_DLL:
        if (s.lcr & LCR_DLAB) s.divisor = (s.divisor & 0xff00) | value;
        else this.#transmit(value);
        break;
      case IER_DLM:
        if (s.lcr & LCR_DLAB) s.divisor = (s.divisor & 0xff) | (value << 8);
        else this.#writeIer(value & 0x0f);
        break;
      case IIR_FCR:
        this.#writeFcr(value);
        break;
      case LCR:
        s.lcr = value;
        break;
      case MCR:
        s.mcr = value & 0x1f;
        this.#updateModem();
        this.#update();
        this.#expectArrival();
        break;
      case SCR:
        s.scr = value;
        break;
      // LSR and MSR are read-only; writes are for factory tests
    }
  }

  #transmit(byte: number): void {
    const s = this.#s;
    // Written and already gone: the holding register is empty again, which is a new THRE event.
    s.threPending = true;
    if (s.mcr & MCR_LOOP) this.#receive(byte);
    else this.onTransmit(byte);
    this.#update();
  }

  #writeIer(value: number): void {
    const s = this.#s;
    // Enabling the THRE interrupt while the transmitter is empty raises it.
    if (value & ~s.ier & IER_THRE) s.threPending = true;
    const received = (value ^ s.ier) & IER_RECEIVED;
    s.ier = value;
    if (received) this.#restartTimeout();
    this.#update();
  }

  #writeFcr(value: number): void {
    const s = this.#s;
    const enable = (value & FCR_ENABLE) !== 0;
    // Changing the mode clears both FIFOs; so does the reset bit.
    if (enable !== s.fifoEnabled || (enable && value & FCR_RESET_RECEIVER)) this.#clearReceiver();
    s.fifoEnabled = enable;
    if (enable) s.trigger = TRIGGER_LEVELS[value >> FCR_TRIGGER_SHIFT];
    this.#restartTimeout();
    this.#update();
    this.#expectArrival();
  }

  /**
   * Empties the receiver FIFO. The other end sees that its characters were not taken and sends them again: drivers
   * clear the FIFO when they find the device and when they open it, and what was typed ahead should get to the program.
   */
  #clearReceiver(): void {
    const s = this.#s;
    if ((s.mcr & MCR_LOOP) === 0 && s.received.length > 0) {
      s.queue.unshift(...s.received);
      this.clock.cancel(this.#arrival); // the character under way comes after them
      this.#arrival = undefined;
      s.nextArrival = -1;
    }
    s.received = [];
  }

  /** Master reset: PC16550D table III. What the other end has not sent yet stays. */
  reset(): void {
    const { queue } = this.#s;
    this.clock.cancel(this.#arrival);
    this.clock.cancel(this.#timeout);
    this.#arrival = undefined;
    this.#timeout = undefined;
    this.#s = { ...powerOn(), queue };
    this.#expectArrival();
    this.#update();
  }

  save(): unknown {
    return { ...this.#s, received: [...this.#s.received], queue: [...this.#s.queue] };
  }

  load(state: unknown): void {
    const saved = state as UartState;
    this.#s = { ...saved, received: [...saved.received], queue: [...saved.queue] };
    this.#arrival = undefined;
    this.#timeout = undefined;
    if (this.#s.nextArrival >= 0) this.#scheduleArrival();
    if (this.#s.timeoutAt >= 0) this.#scheduleTimeout();
    this.#update();
  }
}

function powerOn(): UartState {
  return {
    divisor: 12, // 9600 baud: the latch is undefined at power-on, and this is what firmware leaves
    ier: 0,
    lcr: 0,
    mcr: 0,
    scr: 0,
    fifoEnabled: false,
    trigger: 1,
    received: [],
    overrun: false,
    threPending: false,
    timeout: false,
    msr: MSR_CTS | MSR_DSR | MSR_DCD,
    queue: [],
    nextArrival: -1,
    timeoutAt: -1,
  };
}
