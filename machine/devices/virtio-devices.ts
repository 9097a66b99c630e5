/** Virtio block, console and entropy devices: Virtual I/O Device (VIRTIO) Version 1.1, chapters 5.2, 5.3 and 5.4. */
import type { GuestMemory } from '../memory-view';
import type { InterruptLine } from './device';
import type { DiskImage } from './disk-image';
import { VirtioPci } from './virtio-pci';
import type { Chain } from './virtio-queue';

// ---- block device

const BLK_F_SEG_MAX = 2;
const BLK_F_BLK_SIZE = 6;
const BLK_F_FLUSH = 9;
const BLK_T_IN = 0;
const BLK_T_OUT = 1;
const BLK_T_FLUSH = 4;
const BLK_T_GET_ID = 8;
const BLK_S_OK = 0;
const BLK_S_IOERR = 1;
const BLK_S_UNSUPP = 2;
const BLK_HEADER = 16;
const BLK_SECTOR = 512;
const SEGMENTS = 126;
const ID_BYTES = 20;

export class VirtioBlk extends VirtioPci {
  constructor(
    slot: number,
    base: number,
    memory: GuestMemory,
    irq: InterruptLine,
    private readonly disk: DiskImage,
  ) {
    const features = (1 << BLK_F_SEG_MAX) | (1 << BLK_F_BLK_SIZE) | (1 << BLK_F_FLUSH);
    super({ name: 'virtio-blk', type: 2, classCode: 0x010000, queues: 1, features }, slot, base, memory, irq);
  }

  protected readConfig(offset: number): number {
    const bytes = new Uint8Array(32);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, this.disk.sectors % 2 ** 32, true);
    view.setUint32(4, Math.floor(this.disk.sectors / 2 ** 32), true);
    view.setUint32(12, SEGMENTS, true);
    view.setUint32(20, BLK_SECTOR, true);
    return bytes[offset] ?? 0;
  }

  protected notified(): void {
    const [queue] = this.queues;
    let interrupt = false;
    for (let chain = queue.pop(); chain !== undefined; chain = queue.pop()) {
      const { status, written } = this.#request(chain);
      const room = queue.room(chain);
      if (room > 0) queue.write(chain, Uint8Array.of(status), room - 1);
      if (queue.push(chain, written + 1)) interrupt = true;
    }
    if (interrupt) this.interruptQueue();
  }

  #request(chain: Chain): { status: number; written: number } {
    const [queue] = this.queues;
    const out = queue.read(chain);
    if (out.length < BLK_HEADER) return { status: BLK_S_IOERR, written: 0 };
    const view = new DataView(out.buffer);
    const sector = view.getUint32(8, true) + view.getUint32(12, true) * 2 ** 32;
    const room = Math.max(0, queue.room(chain) - 1);
    switch (view.getUint32(0, true)) {
      case BLK_T_IN: {
        const count = room / BLK_SECTOR;
        if (!Number.isInteger(count) || sector + count > this.disk.sectors) return { status: BLK_S_IOERR, written: 0 };
        queue.write(chain, this.disk.read(sector, count));
        return { status: BLK_S_OK, written: room };
      }
      case BLK_T_OUT: {
        const data = out.subarray(BLK_HEADER);
        const count = data.length / BLK_SECTOR;
        if (!Number.isInteger(count) || sector + count > this.disk.sectors) return { status: BLK_S_IOERR, written: 0 };
        this.disk.write(sector, data);
        return { status: BLK_S_OK, written: 0 };
      }
      case BLK_T_FLUSH:
        return { status: BLK_S_OK, written: 0 };
      case BLK_T_GET_ID: {
        const id = new Uint8Array(Math.min(ID_BYTES, room));
        id.set([...'ringside'].map((c) => c.charCodeAt(0)).slice(0, id.length));
        queue.write(chain, id);
        return { status: BLK_S_OK, written: id.length };
      }
      default:
        return { status: BLK_S_UNSUPP, written: 0 };
    }
  }
}

// ---- console: one port, no size

const RECEIVE = 0;
const TRANSMIT = 1;

export class VirtioConsole extends VirtioPci {
  /** Typed, but not yet given to the driver for want of buffers. */
  #pending: number[] = [];

  constructor(
    slot: number,
    base: number,
    memory: GuestMemory,
    irq: InterruptLine,
    private readonly onOutput: (byte: number) => void,
  ) {
    super({ name: 'virtio-console', type: 3, classCode: 0x078000, queues: 2, features: 0 }, slot, base, memory, irq);
  }

  /** Bytes typed on the console. */
  send(bytes: Uint8Array): void {
    for (const byte of bytes) this.#pending.push(byte);
    this.#deliver();
  }

  #deliver(): void {
    if (!this.live) return;
    const queue = this.queues[RECEIVE];
    let interrupt = false;
    while (this.#pending.length > 0) {
      const chain = queue.pop();
      if (chain === undefined) break;
      const bytes = Uint8Array.from(this.#pending.splice(0, queue.room(chain)));
      queue.write(chain, bytes);
      if (queue.push(chain, bytes.length)) interrupt = true;
    }
    if (interrupt) this.interruptQueue();
  }

  protected notified(index: number): void {
    if (index === RECEIVE) {
      this.#deliver();
      return;
    }
    const queue = this.queues[TRANSMIT];
    let interrupt = false;
    for (let chain = queue.pop(); chain !== undefined; chain = queue.pop()) {
      for (const byte of queue.read(chain)) this.onOutput(byte);
      if (queue.push(chain, 0)) interrupt = true;
    }
    if (interrupt) this.interruptQueue();
  }

  protected readConfig(): number {
    return 0;
  }

  protected override saveOwn(): unknown {
    return [...this.#pending];
  }

  protected override loadOwn(state: unknown): void {
    this.#pending = [...(state as number[])];
  }
}

// ---- entropy source

/** Bytes given at most for one request: drivers ask again. */
const MOST_RANDOM = 4096;

/**
 * Gives numbers of a generator with a fixed start (xorshift32, Marsaglia 2003), for a run has to be the same each time:
 * good for guests that wait for entropy, worthless for keys.
 */
export class VirtioRng extends VirtioPci {
  #x = 0x2545f491;

  constructor(slot: number, base: number, memory: GuestMemory, irq: InterruptLine) {
    super({ name: 'virtio-rng', type: 4, classCode: 0x00ff00, queues: 1, features: 0 }, slot, base, memory, irq);
  }

  protected notified(): void {
    const [queue] = this.queues;
    let interrupt = false;
    for (let chain = queue.pop(); chain !== undefined; chain = queue.pop()) {
      const bytes = Uint8Array.from({ length: Math.min(MOST_RANDOM, queue.room(chain)) }, () => this.#next());
      queue.write(chain, bytes);
      if (queue.push(chain, bytes.length)) interrupt = true;
    }
    if (interrupt) this.interruptQueue();
  }

  #next(): number {
    this.#x ^= this.#x << 13;
    this.#x ^= this.#x >>> 17;
    this.#x ^= this.#x << 5;
    return this.#x & 0xff;
  }

  protected readConfig(): number {
    return 0;
  }

  protected override saveOwn(): unknown {
    return this.#x;
  }

  protected override loadOwn(state: unknown): void {
    this.#x = state as number;
  }
}
