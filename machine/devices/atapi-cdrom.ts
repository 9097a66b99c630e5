/**
 * An ATAPI CD-ROM drive (AT Attachment - 7, volume 1, "PACKET command feature set"; SFF-8020i and MMC-3 for the packets):
 * what firmware, boot loaders and Linux use to read a data disc.
 */
import type { Clock } from '../clock';
import { AtaDrive, ERROR_ABORT, identifyBytes, identifyText, STATUS_ERROR, STATUS_READY } from './ata-drive';
import type { DiskImage } from './disk-image';

const BLOCK = 2048;
const PACKET_SIZE = 12;

// ATA commands
const DEVICE_RESET = 0x08;
const EXECUTE_DIAGNOSTIC = 0x90;
const PACKET = 0xa0;
const IDENTIFY_PACKET = 0xa1;
const IDENTIFY = 0xec;
const READ_SECTORS = 0x20;
const IDLE_IMMEDIATE = 0xe1;
const STANDBY_IMMEDIATE = 0xe0;
const SET_FEATURES = 0xef;
const SET_TRANSFER_MODE = 0x03;

// Packet commands
const TEST_UNIT_READY = 0x00;
const REQUEST_SENSE = 0x03;
const INQUIRY = 0x12;
const START_STOP = 0x1b;
const PREVENT_REMOVAL = 0x1e;
const READ_CAPACITY = 0x25;
const READ_10 = 0x28;
const SEEK = 0x2b;
const READ_TOC = 0x43;
const GET_CONFIGURATION = 0x46;
const GET_EVENT_STATUS = 0x4a;
const READ_DISC_INFORMATION = 0x51;
const MODE_SENSE_10 = 0x5a;
const READ_12 = 0xa8;

// Sense keys and codes
const ILLEGAL_REQUEST = 5;
const UNIT_ATTENTION = 6;
const INVALID_COMMAND = 0x20;
const ADDRESS_OUT_OF_RANGE = 0x21;
const INVALID_FIELD = 0x24;
const MEDIUM_CHANGED = 0x28;

// Sector count register during PACKET: the interrupt reason
const REASON_COMMAND = 0x01;
const REASON_TO_HOST = 0x02;

const LEAD_OUT = 0xaa;

interface CdState {
  sense: { key: number; code: number };
  /** The medium was changed, and nobody was told yet. */
  attention: boolean;
  /** The packet is awaited, not data. */
  awaitsPacket: boolean;
  /** Reply under way and how much of it went. */
  reply: Uint8Array;
  sent: number;
  /** Bytes a PIO block may have, from the byte count registers. */
  limit: number;
  dma: boolean;
  mode: number;
}

export class AtapiCdrom extends AtaDrive {
  #c: CdState;

  constructor(
    clock: Clock,
    private readonly disk: DiskImage,
  ) {
    super(clock);
    this.#c = this.#initial();
  }

  #initial(): CdState {
    return {
      sense: { key: 0, code: 0 },
      attention: true,
      awaitsPacket: false,
      reply: new Uint8Array(0),
      sent: 0,
      limit: 0,
      dma: false,
      mode: 0,
    };
  }

  protected signature(): [number, number, number, number] {
    return [1, 1, 0x14, 0xeb];
  }

  protected override powerOn() {
    // DRDY is 0 after reset until the first command (9.1 of ATA-7 for packet devices).
    return { ...super.powerOn(), status: 0 };
  }

  override reset(): void {
    super.reset();
    this.#c = this.#initial();
  }

  protected run(command: number): void {
    switch (command) {
      case PACKET: {
        const { tf } = this.s;
        this.#c.limit = tf.mid | (tf.high << 8) || 0xfffe;
        this.#c.dma = (tf.features & 1) !== 0;
        this.#c.awaitsPacket = true;
        tf.count = REASON_COMMAND;
        this.ask(PACKET_SIZE, false);
        return;
      }
      case IDENTIFY_PACKET:
        this.#c.reply = new Uint8Array(0);
        this.offer(this.#identify());
        return;
      case IDENTIFY:
      case READ_SECTORS: {
        const [count, low, mid, high] = this.signature();
        Object.assign(this.s.tf, { count, low, mid, high });
        this.fail(ERROR_ABORT);
        return;
      }
      case DEVICE_RESET:
      case EXECUTE_DIAGNOSTIC:
        super.reset();
        this.setInterrupt(command === EXECUTE_DIAGNOSTIC);
        return;
      case SET_FEATURES:
        if (this.s.tf.features === SET_TRANSFER_MODE) this.#c.mode = this.s.tf.count;
        this.succeed();
        return;
      case IDLE_IMMEDIATE:
      case STANDBY_IMMEDIATE:
        this.succeed();
        return;
      default:
        this.fail(ERROR_ABORT);
        return;
    }
  }

  protected blockDone(): void {
    if (this.#c.awaitsPacket) {
      this.#c.awaitsPacket = false;
      this.#packet(this.s.buffer);
    } else if (this.#c.sent < this.#c.reply.length) this.#sendBlock();
    else if (this.#c.reply.length > 0) this.#end();
  }

  /** The command is over: interrupt reason I/O and C/D set. */
  #end(): void {
    this.#c.reply = new Uint8Array(0);
    this.s.tf.count = REASON_COMMAND | REASON_TO_HOST;
    this.succeed();
  }

  /** CHECK CONDITION: the sense key is in the error register too. */
  #check(key: number, code: number): void {
    this.#c.sense = { key, code };
    this.s.tf.count = REASON_COMMAND | REASON_TO_HOST;
    this.s.error = (key << 4) | ERROR_ABORT;
    this.s.status = STATUS_READY | STATUS_ERROR;
    this.setInterrupt(true);
  }

  #reply(data: Uint8Array, allocation: number): void {
    const reply = data.subarray(0, allocation);
    if (reply.length === 0) {
      this.#end();
      return;
    }
    this.#c.reply = reply;
    this.#c.sent = 0;
    if (this.#c.dma) {
      this.s.tf.count = REASON_TO_HOST;
      this.requestDma('to-memory', reply);
    } else this.#sendBlock();
  }

  #sendBlock(): void {
    const c = this.#c;
    const length = Math.min(c.limit & ~1, c.reply.length - c.sent) || 2;
    const { tf } = this.s;
    tf.count = REASON_TO_HOST;
    tf.mid = length & 0xff;
    tf.high = length >> 8;
    const block = c.reply.slice(c.sent, c.sent + length);
    c.sent += length;
    this.offer(block);
  }

  protected dmaDone(): void {
    this.#end();
  }

  #packet(packet: Uint8Array): void {
    const u16 = (at: number) => (packet[at] << 8) | packet[at + 1];
    const u32 = (at: number) => u16(at) * 65536 + u16(at + 2);
    const command = packet[0];
    if (this.#c.attention && command !== INQUIRY) {
      this.#c.attention = false;
      if (command !== REQUEST_SENSE) {
        this.#check(UNIT_ATTENTION, MEDIUM_CHANGED);
        return;
      }
      this.#c.sense = { key: UNIT_ATTENTION, code: MEDIUM_CHANGED };
    }
    const { sense } = this.#c;
    switch (command) {
      case TEST_UNIT_READY:
      case START_STOP:
      case PREVENT_REMOVAL:
      case SEEK:
        this.#end();
        return;
      case REQUEST_SENSE: {
        const data = new Uint8Array(18);
        data.set([0x70, 0, sense.key, 0, 0, 0, 0, 10]);
        data[12] = sense.code;
        this.#c.sense = { key: 0, code: 0 };
        this.#reply(data, packet[4]);
        return;
      }
      case INQUIRY:
        this.#reply(this.#inquiry(), u16(3));
        return;
      case READ_CAPACITY: {
        const data = new Uint8Array(8);
        new DataView(data.buffer).setUint32(0, this.disk.sectors - 1);
        new DataView(data.buffer).setUint32(4, BLOCK);
        this.#reply(data, 8);
        return;
      }
      case READ_10:
        this.#read(u32(2), u16(7));
        return;
      case READ_12:
        this.#read(u32(2), u32(6));
        return;
      case READ_TOC:
        this.#toc((packet[1] & 2) !== 0, packet[9] >> 6 || packet[2] & 15, packet[6], u16(7));
        return;
      case MODE_SENSE_10:
        this.#reply(this.#modeSense(packet[2] & 0x3f), u16(7));
        return;
      case GET_CONFIGURATION: // current profile: CD-ROM
        this.#reply(Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 8), u16(7));
        return;
      case GET_EVENT_STATUS: // media class: no change, medium present
        if (packet[1] & 1) {
          this.#reply(Uint8Array.of(0, 6, 4, 0x10, 0, 2, 0, 0), u16(7));
          return;
        }
        this.#check(ILLEGAL_REQUEST, INVALID_FIELD);
        return;
      case READ_DISC_INFORMATION: {
        const data = new Uint8Array(34);
        data.set([0, 32, 0x0e, 1, 1, 1, 1, 0x20]); // finished disc, one session, one track
        this.#reply(data, u16(7));
        return;
      }
      default:
        this.#check(ILLEGAL_REQUEST, INVALID_COMMAND);
        return;
    }
  }

  #read(lba: number, count: number): void {
    if (lba + count > this.disk.sectors) {
      this.#check(ILLEGAL_REQUEST, ADDRESS_OUT_OF_RANGE);
      return;
    }
    this.#reply(this.disk.read(lba, count), count * BLOCK);
  }

  #inquiry(): Uint8Array {
    const data = new Uint8Array(36).fill(0x20);
    data.set([0x05, 0x80, 0x00, 0x21, 31, 0, 0, 0]); // CD-ROM, removable, ATAPI
    const text = (at: number, value: string) =>
      data.set(
        [...value].map((c) => c.charCodeAt(0)),
        at,
      );
    text(8, 'RINGSIDE');
    text(16, 'CD-ROM');
    text(32, '1.0');
    return data;
  }

  /** One data track from the beginning to the lead-out; formats 0 (TOC) and 1 (session). */
  #toc(msf: boolean, format: number, first: number, allocation: number): void {
    const address = (lba: number): number[] => {
      if (!msf) return [(lba >>> 24) & 0xff, (lba >>> 16) & 0xff, (lba >>> 8) & 0xff, lba & 0xff];
      const frames = lba + 150;
      return [0, Math.floor(frames / 4500), Math.floor(frames / 75) % 60, frames % 75];
    };
    const track = (number: number, lba: number) => [0, 0x14, number, 0, ...address(lba)];
    if (format === 1) {
      this.#reply(Uint8Array.from([0, 10, 1, 1, ...track(1, 0)]), allocation);
      return;
    }
    if (format !== 0 || (first > 1 && first !== LEAD_OUT)) {
      this.#check(ILLEGAL_REQUEST, INVALID_FIELD);
      return;
    }
    const entries = [...(first <= 1 ? track(1, 0) : []), ...track(LEAD_OUT, this.disk.sectors)];
    this.#reply(Uint8Array.from([0, entries.length + 2, 1, 1, ...entries]), allocation);
  }

  /** Mode pages 01h (error recovery) and 2Ah (capabilities). */
  #modeSense(page: number): Uint8Array {
    const pages: number[] = [];
    if (page === 0x01 || page === 0x3f) pages.push(0x01, 6, 0, 5, 0, 0, 0, 0);
    if (page === 0x2a || page === 0x3f) {
      pages.push(
        0x2a,
        18,
        0x00,
        0x00,
        0x71,
        0x60,
        0x29,
        0x00,
        0x02,
        0xc2,
        0x00,
        0x02,
        0x00,
        0x02,
        0x02,
        0xc2,
        0,
        0,
        0,
        0,
      );
    }
    return Uint8Array.from([0, 6 + pages.length, 0x01, 0, 0, 0, 0, 0, ...pages]);
  }

  /** IDENTIFY PACKET DEVICE data: ATA-7 volume 1, table 22. */
  #identify(): Uint8Array {
    const w = new Uint16Array(256);
    const { mode } = this.#c;
    w[0] = 0x85c0; // packet device, CD-ROM, removable, 12-byte packets
    identifyText(w, 10, 10, 'RS0002');
    identifyText(w, 23, 4, '1.0');
    identifyText(w, 27, 20, 'Ringside CD-ROM');
    w[49] = 0x0f00;
    w[53] = 0x0006;
    w[63] = 0x0007 | ((mode & 0xf8) === 0x20 ? 0x100 << (mode & 7) : 0);
    w[64] = 0x0003;
    for (let i = 65; i <= 68; i++) w[i] = 120;
    w[80] = 0x00f0;
    w[82] = 0x0210; // PACKET, DEVICE RESET
    w[83] = 0x4000;
    w[84] = 0x4000;
    w[85] = 0x0210;
    w[87] = 0x4000;
    w[88] = 0x003f | ((mode & 0xf8) === 0x40 ? 0x100 << (mode & 7) : 0);
    w[93] = 0x6001;
    return identifyBytes(w);
  }

  protected saveOwn(): unknown {
    return { ...this.#c, sense: { ...this.#c.sense }, reply: this.#c.reply.slice() };
  }

  protected loadOwn(state: unknown): void {
    const saved = state as CdState;
    this.#c = { ...saved, sense: { ...saved.sense }, reply: saved.reply.slice() };
  }
}
