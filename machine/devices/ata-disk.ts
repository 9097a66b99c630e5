/** An ATA hard disk (AT Attachment - 7, volume 1): 28- and 48-bit LBA and CHS, PIO, multiple, multiword and Ultra DMA. */
import type { Clock } from '../clock';
import { AtaDrive, DEVICE_LBA, ERROR_ABORT, ERROR_ID_NOT_FOUND, identifyBytes, identifyText } from './ata-drive';
import type { DiskImage } from './disk-image';

const SECTOR = 512;
/** Most sectors of a block in READ and WRITE MULTIPLE. */
const MOST_MULTIPLE = 16;

// Commands
const READ_SECTORS = 0x20;
const READ_SECTORS_EXT = 0x24;
const READ_DMA_EXT = 0x25;
const READ_NATIVE_MAX_EXT = 0x27;
const READ_MULTIPLE_EXT = 0x29;
const WRITE_SECTORS = 0x30;
const WRITE_SECTORS_EXT = 0x34;
const WRITE_DMA_EXT = 0x35;
const WRITE_MULTIPLE_EXT = 0x39;
const READ_VERIFY = 0x40;
const READ_VERIFY_EXT = 0x42;
const EXECUTE_DIAGNOSTIC = 0x90;
const INITIALIZE_PARAMETERS = 0x91;
const IDENTIFY_PACKET = 0xa1;
const READ_MULTIPLE = 0xc4;
const WRITE_MULTIPLE = 0xc5;
const SET_MULTIPLE = 0xc6;
const READ_DMA = 0xc8;
const WRITE_DMA = 0xca;
const STANDBY_IMMEDIATE = 0xe0;
const IDLE_IMMEDIATE = 0xe1;
const STANDBY = 0xe2;
const IDLE = 0xe3;
const CHECK_POWER = 0xe5;
const SLEEP = 0xe6;
const FLUSH_CACHE = 0xe7;
const FLUSH_CACHE_EXT = 0xea;
const IDENTIFY = 0xec;
const SET_FEATURES = 0xef;
const READ_NATIVE_MAX = 0xf8;

const SET_TRANSFER_MODE = 0x03;
const POWER_ACTIVE = 0xff;

interface DiskState {
  /** Geometry in force, by INITIALIZE DEVICE PARAMETERS. */
  heads: number;
  sectors: number;
  multiple: number;
  /** Transfer mode set: 20h + n multiword DMA, 40h + n Ultra DMA. */
  mode: number;
  /** Of the data command under way: next sector, sectors left, sectors a block. */
  lba: number;
  left: number;
  block: number;
}

export class AtaDisk extends AtaDrive {
  #d: DiskState;

  constructor(
    clock: Clock,
    private readonly disk: DiskImage,
  ) {
    super(clock);
    this.#d = this.#initial();
  }

  #initial(): DiskState {
    return {
      heads: 16,
      sectors: 63,
      multiple: 0,
      mode: 0,
      lba: 0,
      left: 0,
      block: 1,
    };
  }

  protected signature(): [number, number, number, number] {
    return [1, 1, 0, 0];
  }

  override reset(): void {
    super.reset();
    this.#d = this.#initial();
  }

  protected run(command: number): void {
    switch (command & 0xfe) {
      case READ_SECTORS:
        this.#readBlocks(false, 1);
        return;
      case WRITE_SECTORS:
        this.#writeBlocks(false, 1);
        return;
      case READ_DMA:
        this.#startDma(false, 'to-memory');
        return;
      case WRITE_DMA:
        this.#startDma(false, 'from-memory');
        return;
      case READ_VERIFY:
        this.#verify(false);
        return;
    }
    if ((command & 0xf0) === 0x10 || (command & 0xf0) === 0x70) {
      this.succeed(); // RECALIBRATE, SEEK
      return;
    }
    switch (command) {
      case READ_SECTORS_EXT:
        this.#readBlocks(true, 1);
        return;
      case READ_MULTIPLE:
      case READ_MULTIPLE_EXT:
        this.#multipleOr(() => this.#readBlocks(command === READ_MULTIPLE_EXT, this.#d.multiple));
        return;
      case WRITE_SECTORS_EXT:
        this.#writeBlocks(true, 1);
        return;
      case WRITE_MULTIPLE:
      case WRITE_MULTIPLE_EXT:
        this.#multipleOr(() => this.#writeBlocks(command === WRITE_MULTIPLE_EXT, this.#d.multiple));
        return;
      case READ_DMA_EXT:
        this.#startDma(true, 'to-memory');
        return;
      case WRITE_DMA_EXT:
        this.#startDma(true, 'from-memory');
        return;
      case READ_VERIFY_EXT:
        this.#verify(true);
        return;
      case IDENTIFY:
        this.#d.left = 0;
        this.offer(this.#identify());
        return;
      case IDENTIFY_PACKET: {
        const [count, low, mid, high] = this.signature();
        Object.assign(this.s.tf, { count, low, mid, high });
        this.fail(ERROR_ABORT);
        return;
      }
      case EXECUTE_DIAGNOSTIC:
        super.reset();
        this.succeed();
        return;
      case INITIALIZE_PARAMETERS:
        this.#d.heads = (this.s.tf.device & 15) + 1;
        this.#d.sectors = this.s.tf.count;
        if (this.#d.sectors === 0) {
          this.fail(ERROR_ABORT);
          return;
        }
        this.succeed();
        return;
      case SET_MULTIPLE: {
        const { count } = this.s.tf;
        if (count > MOST_MULTIPLE || (count & (count - 1)) !== 0) {
          this.fail(ERROR_ABORT);
          return;
        }
        this.#d.multiple = count;
        this.succeed();
        return;
      }
      case SET_FEATURES:
        if (this.s.tf.features === SET_TRANSFER_MODE) this.#d.mode = this.s.tf.count;
        this.succeed();
        return;
      case READ_NATIVE_MAX:
      case READ_NATIVE_MAX_EXT:
        this.#putAddress(this.disk.sectors - 1, command === READ_NATIVE_MAX_EXT);
        this.succeed();
        return;
      case CHECK_POWER:
        this.s.tf.count = POWER_ACTIVE;
        this.succeed();
        return;
      case STANDBY_IMMEDIATE:
      case IDLE_IMMEDIATE:
      case STANDBY:
      case IDLE:
      case SLEEP:
      case FLUSH_CACHE:
      case FLUSH_CACHE_EXT:
        this.succeed();
        return;
      default: // NOP (00h) too ends that way
        this.fail(ERROR_ABORT);
        return;
    }
  }

  #multipleOr(then: () => void): void {
    if (this.#d.multiple === 0) this.fail(ERROR_ABORT);
    else then();
  }

  /** Takes address and count from the task file; false, with the error set, if they are beyond the disk. */
  #address(wide: boolean): boolean {
    const { tf } = this.s;
    const d = this.#d;
    d.left = wide ? (tf.previousCount << 8) | tf.count || 65536 : tf.count || 256;
    if (tf.device & DEVICE_LBA) {
      const low = tf.low | (tf.mid << 8) | (tf.high << 16);
      const high = wide ? tf.previousLow + tf.previousMid * 2 ** 8 + tf.previousHigh * 2 ** 16 : tf.device & 15;
      d.lba = low + high * 2 ** 24;
    } else {
      const cylinder = tf.mid | (tf.high << 8);
      d.lba = (cylinder * d.heads + (tf.device & 15)) * d.sectors + tf.low - 1;
      if (tf.low === 0 || tf.low > d.sectors) d.lba = Number.POSITIVE_INFINITY;
    }
    if (d.lba + d.left <= this.disk.sectors) return true;
    this.fail(ERROR_ID_NOT_FOUND);
    return false;
  }

  #putAddress(lba: number, wide: boolean): void {
    const { tf } = this.s;
    const byte = (i: number) => Math.floor(lba / 2 ** (8 * i)) & 0xff;
    Object.assign(tf, { low: byte(0), mid: byte(1), high: byte(2) });
    if (wide) Object.assign(tf, { previousLow: byte(3), previousMid: byte(4), previousHigh: byte(5) });
    else tf.device = (tf.device & 0xf0) | (byte(3) & 15);
  }

  #readBlocks(wide: boolean, block: number): void {
    if (!this.#address(wide)) return;
    this.#d.block = block;
    this.#nextRead();
  }

  #nextRead(): void {
    const d = this.#d;
    const count = Math.min(d.left, d.block);
    const data = this.disk.read(d.lba, count);
    d.lba += count;
    d.left -= count;
    this.offer(data);
  }

  #writeBlocks(wide: boolean, block: number): void {
    if (!this.#address(wide)) return;
    this.#d.block = block;
    this.ask(Math.min(this.#d.left, block) * SECTOR, false);
  }

  protected blockDone(): void {
    const d = this.#d;
    if (!this.s.writing) {
      if (d.left > 0) this.#nextRead();
      return;
    }
    const count = this.s.buffer.length / SECTOR;
    this.disk.write(d.lba, this.s.buffer);
    d.lba += count;
    d.left -= count;
    if (d.left > 0) this.ask(Math.min(d.left, d.block) * SECTOR, true);
    else this.succeed();
  }

  #startDma(wide: boolean, direction: 'to-memory' | 'from-memory'): void {
    if (!this.#address(wide)) return;
    const { lba, left } = this.#d;
    this.requestDma(direction, direction === 'to-memory' ? this.disk.read(lba, left) : new Uint8Array(left * SECTOR));
  }

  protected dmaDone(data: Uint8Array): void {
    if (data.length > 0) this.disk.write(this.#d.lba, data);
    this.#d.left = 0;
    this.succeed();
  }

  #verify(wide: boolean): void {
    if (this.#address(wide)) this.succeed();
  }

  /** IDENTIFY DEVICE data: ATA-7 volume 1, table 16. */
  #identify(): Uint8Array {
    const w = new Uint16Array(256);
    const { sectors } = this.disk;
    const cylinders = Math.min(16383, Math.floor(sectors / (16 * 63)));
    const { mode, multiple } = this.#d;
    const put32 = (index: number, value: number) => {
      w[index] = value & 0xffff;
      w[index + 1] = Math.floor(value / 65536);
    };
    w[0] = 0x0040; // fixed disk
    w[1] = cylinders;
    w[3] = 16;
    w[6] = 63;
    identifyText(w, 10, 10, 'RS0001');
    identifyText(w, 23, 4, '1.0');
    identifyText(w, 27, 20, 'Ringside disk');
    w[47] = 0x8000 | MOST_MULTIPLE;
    w[49] = 0x0f00; // IORDY, LBA, DMA
    w[50] = 0x4000;
    w[53] = 0x0007;
    w[54] = cylinders;
    w[55] = 16;
    w[56] = 63;
    put32(57, cylinders * 16 * 63);
    w[59] = multiple > 0 ? 0x0100 | multiple : 0;
    put32(60, Math.min(sectors, 0x0fffffff));
    w[63] = 0x0007 | ((mode & 0xf8) === 0x20 ? 0x100 << (mode & 7) : 0);
    w[64] = 0x0003; // PIO modes 3 and 4
    for (let i = 65; i <= 68; i++) w[i] = 120;
    w[80] = 0x00f0; // ATA-4..ATA-7
    w[82] = 0x4000; // NOP
    w[83] = 0x7400; // FLUSH CACHE (EXT), 48-bit addresses
    w[84] = 0x4000;
    w[85] = 0x4000;
    w[86] = 0x3400;
    w[87] = 0x4000;
    w[88] = 0x003f | ((mode & 0xf8) === 0x40 ? 0x100 << (mode & 7) : 0);
    w[93] = 0x6001; // hardware reset result, 80-conductor cable
    put32(100, sectors % 2 ** 32);
    put32(102, Math.floor(sectors / 2 ** 32));
    return identifyBytes(w);
  }

  protected saveOwn(): unknown {
    return { ...this.#d };
  }

  protected loadOwn(state: unknown): void {
    this.#d = { ...(state as DiskState) };
  }
}
