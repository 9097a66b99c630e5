/**
 * What ATA and ATAPI devices have in common (AT Attachment with Packet Interface - 7, volume 1 and 2): the task file, the
 * status register, PIO data transfer through a buffer, and the request for DMA. A command takes {@link COMMAND_TICKS}
 * before its first data or its end, with BSY set.
 */
import type { Alarm, Clock } from '../clock';

// Task file registers, offsets from the command block
export const DATA = 0;
export const FEATURES_ERROR = 1;
export const SECTOR_COUNT = 2;
export const LBA_LOW = 3;
export const LBA_MID = 4;
export const LBA_HIGH = 5;
export const DEVICE = 6;
export const COMMAND_STATUS = 7;

export const STATUS_ERROR = 0x01;
export const STATUS_DRQ = 0x08;
export const STATUS_SEEK_COMPLETE = 0x10;
export const STATUS_READY = 0x40;
export const STATUS_BUSY = 0x80;

export const ERROR_ABORT = 0x04;
export const ERROR_ID_NOT_FOUND = 0x10;
/** Diagnostic code: passed. */
export const DIAGNOSTIC_PASSED = 0x01;

export const DEVICE_LBA = 0x40;
export const DEVICE_SELECT = 0x10;

/** 20 microseconds. */
const COMMAND_TICKS = 20_000;

export interface TaskFile {
  features: number;
  count: number;
  low: number;
  mid: number;
  high: number;
  /** What these registers held before their last write: the upper halves of 48-bit commands. */
  previousCount: number;
  previousLow: number;
  previousMid: number;
  previousHigh: number;
  device: number;
}

interface DriveState {
  tf: TaskFile;
  status: number;
  error: number;
  /** Data of the PIO block under way. */
  buffer: Uint8Array;
  position: number;
  writing: boolean;
  /** The command that runs, and when it goes on. */
  command: number;
  resumeAt: number;
  interrupt: boolean;
  dma: 'none' | 'to-memory' | 'from-memory';
}

export abstract class AtaDrive {
  protected s: DriveState;
  #alarm: Alarm | undefined;
  /** INTRQ changed. */
  onInterrupt: () => void = () => {};
  /** The drive asserts DMARQ. */
  onDma: () => void = () => {};

  constructor(protected readonly clock: Clock) {
    this.s = this.powerOn();
  }

  protected powerOn(): DriveState {
    const [count, low, mid, high] = this.signature();
    return {
      tf: {
        ...{ features: 0, count, low, mid, high, device: 0 },
        ...{ previousCount: 0, previousLow: 0, previousMid: 0, previousHigh: 0 },
      },
      status: STATUS_READY | STATUS_SEEK_COMPLETE,
      error: DIAGNOSTIC_PASSED,
      buffer: new Uint8Array(0),
      position: 0,
      writing: false,
      command: 0,
      resumeAt: -1,
      interrupt: false,
      dma: 'none',
    };
  }

  /** Sector count, LBA low, mid and high after a reset: table 19, "device signatures". */
  protected abstract signature(): [number, number, number, number];
  /** A command byte was written; BSY is set. It is run when its time has come. */
  protected abstract run(command: number): void;
  /** The PIO block in the buffer was taken by the host, or filled by it. */
  protected abstract blockDone(): void;
  /** All data of the DMA request went over; for `from-memory` these are the bytes. */
  protected abstract dmaDone(data: Uint8Array): void;

  get interrupt(): boolean {
    return this.s.interrupt;
  }

  get dmaRequest(): 'none' | 'to-memory' | 'from-memory' {
    return this.s.dma;
  }

  /** Data for the host, or room for data from it. */
  get dmaBuffer(): Uint8Array {
    return this.s.buffer;
  }

  /** The bus master moved the whole buffer. */
  finishDma(data: Uint8Array): void {
    this.s.dma = 'none';
    this.dmaDone(data);
  }

  get status(): number {
    return this.s.status;
  }

  protected setInterrupt(on: boolean): void {
    this.s.interrupt = on;
    this.onInterrupt();
  }

  readRegister(offset: number): number {
    const { tf, status, error } = this.s;
    switch (offset) {
      case FEATURES_ERROR:
        return error;
      case SECTOR_COUNT:
        return tf.count;
      case LBA_LOW:
        return tf.low;
      case LBA_MID:
        return tf.mid;
      case LBA_HIGH:
        return tf.high;
      case DEVICE:
        return tf.device | 0xa0;
      default:
        this.setInterrupt(false);
        return status;
    }
  }

  /** The upper halves, read while HOB of the device control register is set. */
  readPrevious(offset: number): number {
    const { tf } = this.s;
    if (offset === SECTOR_COUNT) return tf.previousCount;
    if (offset === LBA_LOW) return tf.previousLow;
    if (offset === LBA_MID) return tf.previousMid;
    return offset === LBA_HIGH ? tf.previousHigh : this.readRegister(offset);
  }

  writeRegister(offset: number, value: number): void {
    const { tf } = this.s;
    switch (offset) {
      case FEATURES_ERROR:
        tf.features = value;
        break;
      case SECTOR_COUNT:
        tf.previousCount = tf.count;
        tf.count = value;
        break;
      case LBA_LOW:
        tf.previousLow = tf.low;
        tf.low = value;
        break;
      case LBA_MID:
        tf.previousMid = tf.mid;
        tf.mid = value;
        break;
      case LBA_HIGH:
        tf.previousHigh = tf.high;
        tf.high = value;
        break;
      case DEVICE:
        tf.device = value;
        break;
    }
  }

  writeCommand(command: number): void {
    if (this.s.status & STATUS_BUSY) return;
    this.setInterrupt(false);
    this.s.command = command;
    this.s.error = 0;
    this.s.dma = 'none';
    this.later();
  }

  /** Sets BSY and lets the command go on a little later. */
  protected later(): void {
    this.s.status = STATUS_BUSY | STATUS_READY | STATUS_SEEK_COMPLETE;
    this.s.resumeAt = this.clock.now() + COMMAND_TICKS;
    this.#schedule();
  }

  #schedule(): void {
    this.#alarm = this.clock.schedule(this.s.resumeAt, () => {
      this.#alarm = undefined;
      this.s.resumeAt = -1;
      this.s.status = STATUS_READY | STATUS_SEEK_COMPLETE;
      this.run(this.s.command);
    });
  }

  /** The command ended well. */
  protected succeed(): void {
    this.s.status = STATUS_READY | STATUS_SEEK_COMPLETE;
    this.setInterrupt(true);
  }

  protected fail(error: number): void {
    this.s.error = error;
    this.s.status = STATUS_READY | STATUS_SEEK_COMPLETE | STATUS_ERROR;
    this.setInterrupt(true);
  }

  /** Offers a block for the host to read. */
  protected offer(block: Uint8Array): void {
    this.s.buffer = block;
    this.s.position = 0;
    this.s.writing = false;
    this.s.status = STATUS_READY | STATUS_SEEK_COMPLETE | STATUS_DRQ;
    this.setInterrupt(true);
  }

  /** Asks the host for a block; the first of a command comes without an interrupt. */
  protected ask(length: number, interrupt: boolean): void {
    this.s.buffer = new Uint8Array(length);
    this.s.position = 0;
    this.s.writing = true;
    this.s.status = STATUS_READY | STATUS_SEEK_COMPLETE | STATUS_DRQ;
    if (interrupt) this.setInterrupt(true);
  }

  /** Asks the bus master to move data; for `from-memory` the buffer says how much. */
  protected requestDma(direction: 'to-memory' | 'from-memory', buffer: Uint8Array): void {
    this.s.buffer = buffer;
    this.s.position = 0;
    this.s.dma = direction;
    this.s.status = STATUS_READY | STATUS_SEEK_COMPLETE | STATUS_DRQ;
    this.onDma();
  }

  /** The data register: `size` bytes, 2 or 4 (1 reads half a word). */
  readData(size: number): number {
    const s = this.s;
    if ((s.status & STATUS_DRQ) === 0 || s.writing || s.dma !== 'none') return 0;
    let value = 0;
    for (let i = 0; i < size; i++) value += (s.buffer[s.position++] ?? 0) * 2 ** (8 * i);
    if (s.position >= s.buffer.length) this.#blockOver();
    return value;
  }

  writeData(size: number, value: number): void {
    const s = this.s;
    if ((s.status & STATUS_DRQ) === 0 || !s.writing || s.dma !== 'none') return;
    for (let i = 0; i < size && s.position < s.buffer.length; i++) s.buffer[s.position++] = (value >>> (8 * i)) & 0xff;
    if (s.position >= s.buffer.length) this.#blockOver();
  }

  #blockOver(): void {
    this.s.status &= ~STATUS_DRQ;
    this.blockDone();
  }

  /** SRST, power-on or DEVICE RESET: the signature is in the task file. */
  reset(): void {
    this.clock.cancel(this.#alarm);
    this.#alarm = undefined;
    this.s = this.powerOn();
    this.onInterrupt();
  }

  save(): unknown {
    return { ...this.s, tf: { ...this.s.tf }, buffer: this.s.buffer.slice(), own: this.saveOwn() };
  }

  load(state: unknown): void {
    const { own, ...saved } = state as DriveState & { own: unknown };
    this.s = { ...saved, tf: { ...saved.tf }, buffer: saved.buffer.slice() };
    this.loadOwn(own);
    this.#alarm = undefined;
    if (saved.resumeAt >= 0) this.#schedule();
    this.onInterrupt();
  }

  /** What the kind of drive keeps besides. */
  protected abstract saveOwn(): unknown;
  protected abstract loadOwn(state: unknown): void;
}

/** Puts text into IDENTIFY words, two characters a word, the first in the high byte. */
export function identifyText(words: Uint16Array, first: number, length: number, text: string): void {
  const padded = text.padEnd(length * 2).slice(0, length * 2);
  for (let i = 0; i < length; i++) words[first + i] = (padded.charCodeAt(2 * i) << 8) | padded.charCodeAt(2 * i + 1);
}

/** Bytes of the 256 words, little-endian, with the integrity word at the end. */
export function identifyBytes(words: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(512);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => {
    view.setUint16(2 * i, word, true);
  });
  bytes[510] = 0xa5;
  bytes[511] = -bytes.reduce((all, byte) => (all + byte) & 0xff, 0) & 0xff;
  return bytes;
}
