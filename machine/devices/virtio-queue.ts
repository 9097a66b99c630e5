/** Split virtqueues: Virtual I/O Device (VIRTIO) Version 1.1, chapter 2.6. */
import type { GuestMemory } from '../memory-view';

export const QUEUE_MAX = 256;

const DESCRIPTOR_SIZE = 16;
const DESC_NEXT = 1;
const DESC_WRITE = 2;
const DESC_INDIRECT = 4;
const AVAIL_NO_INTERRUPT = 1;
/** A chain of more than this many bytes is refused: no real request has it. */
const MOST_BYTES = 16 * 1024 * 1024;

export interface QueueState {
  size: number;
  enabled: boolean;
  /** Physical addresses of descriptor table, driver area (available ring) and device area (used ring). */
  descriptors: number;
  driver: number;
  device: number;
  lastAvailable: number;
  usedIndex: number;
}

interface Buffer {
  address: number;
  length: number;
}

/** A descriptor chain taken from the available ring. */
export interface Chain {
  head: number;
  /** Buffers the device reads, in order; then those it writes. */
  readable: Buffer[];
  writable: Buffer[];
}

export function newQueue(): QueueState {
  return { size: QUEUE_MAX, enabled: false, descriptors: 0, driver: 0, device: 0, lastAvailable: 0, usedIndex: 0 };
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, (value >> 8) & 0xff);
}

/** One queue's work. State is kept outside, so that it can be saved as data. */
export class VirtQueue {
  state = newQueue();
  /** The driver broke a rule of 2.6.5: the device needs a reset. */
  broken = false;

  constructor(private readonly memory: GuestMemory) {}

  #address(at: number): number {
    return this.memory.readU32(at) + this.memory.readU32(at + 4) * 2 ** 32;
  }

  /** The next chain that the driver made available, undefined if there is none. */
  pop(): Chain | undefined {
    const s = this.state;
    if (!s.enabled || this.broken) return undefined;
    const index = this.memory.readU16(s.driver + 2);
    if (index === s.lastAvailable) return undefined;
    if (((index - s.lastAvailable) & 0xffff) > s.size) return this.#break();
    const head = this.memory.readU16(s.driver + 4 + 2 * (s.lastAvailable % s.size));
    s.lastAvailable = (s.lastAvailable + 1) & 0xffff;
    const chain: Chain = { head, readable: [], writable: [] };
    return this.#walk(chain, s.descriptors, s.size, head, true) ? chain : this.#break();
  }

  #break(): undefined {
    this.broken = true;
    return undefined;
  }

  #walk(chain: Chain, table: number, size: number, first: number, mayBeIndirect: boolean): boolean {
    let total = 0;
    let index = first;
    for (let count = 0; count < size; count++) {
      if (index >= size) return false;
      const at = table + DESCRIPTOR_SIZE * index;
      const buffer = { address: this.#address(at), length: this.memory.readU32(at + 8) };
      const flags = this.memory.readU16(at + 12);
      total += buffer.length;
      if (total > MOST_BYTES) return false;
      if (flags & DESC_INDIRECT) {
        const entries = Math.floor(buffer.length / DESCRIPTOR_SIZE);
        if (!mayBeIndirect || flags & DESC_NEXT || entries === 0) return false;
        return this.#walk(chain, buffer.address, Math.min(entries, 0x8000), 0, false);
      }
      if (flags & DESC_WRITE) chain.writable.push(buffer);
      else if (chain.writable.length > 0) return false;
      else chain.readable.push(buffer);
      if ((flags & DESC_NEXT) === 0) return true;
      index = this.memory.readU16(at + 14);
    }
    return false;
  }

  /** All bytes that the driver gave. */
  read(chain: Chain): Uint8Array {
    const length = chain.readable.reduce((all, buffer) => all + buffer.length, 0);
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const buffer of chain.readable) {
      bytes.set(this.memory.read(buffer.address, buffer.length), at);
      at += buffer.length;
    }
    return bytes;
  }

  /** Room that the driver gave, bytes. */
  room(chain: Chain): number {
    return chain.writable.reduce((all, buffer) => all + buffer.length, 0);
  }

  /** Scatters bytes over the writable buffers from offset `skip` on. */
  write(chain: Chain, bytes: Uint8Array, skip = 0): void {
    let done = 0;
    let offset = skip;
    for (const { address, length } of chain.writable) {
      if (offset >= length) {
        offset -= length;
        continue;
      }
      const part = bytes.subarray(done, done + length - offset);
      if (part.length === 0) return;
      this.memory.write(address + offset, part);
      done += part.length;
      offset = 0;
    }
  }

  /** Gives a chain back with `written` bytes in it; true if the driver wants to be interrupted. */
  push(chain: Chain, written: number): boolean {
    const s = this.state;
    const entry = s.device + 4 + 8 * (s.usedIndex % s.size);
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, chain.head, true);
    view.setUint32(4, written, true);
    this.memory.write(entry, bytes);
    s.usedIndex = (s.usedIndex + 1) & 0xffff;
    this.memory.write(s.device + 2, u16(s.usedIndex));
    return (this.memory.readU16(s.driver) & AVAIL_NO_INTERRUPT) === 0;
  }
}
