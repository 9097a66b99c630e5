/** Puts parts of programs into guest memory, refuses what does not fit, and finds room for what may stand anywhere. */
import type { GuestMemory } from '../memory-view';
import type { ElfFile } from './elf';
import { type LoadError, loadError } from './load-error';
import { EBDA_BASE, HIGH_MEMORY, isLoadable, LOWEST_FREE } from './memory-map';

const hex = (value: number) => `0x${value.toString(16)}`;

export class Placement {
  /** Used ranges, end exclusive, in no order. */
  readonly #used: { base: number; end: number; what: string }[] = [];

  constructor(readonly memory: GuestMemory) {}

  /**
   * Writes `bytes` and zeros after them, `size` in all, at a physical address. `what` names the part for the message.
   */
  place(address: number, bytes: Uint8Array, size: number, what: string): LoadError | undefined {
    if (!isLoadable(address, size, this.memory.size)) {
      return loadError(
        `${what} wants ${size} bytes at ${hex(address)}, which is not free RAM: free is ` +
          `${hex(LOWEST_FREE)}..${hex(EBDA_BASE)} and ${hex(HIGH_MEMORY)}..${hex(this.memory.size)}; give the machine ` +
          'more memory or link to another address',
      );
    }
    const other = this.#overlap(address, address + size);
    if (other !== undefined) {
      return loadError(
        `${what} at ${hex(address)}..${hex(address + size)} overlaps ${other.what} at ` +
          `${hex(other.base)}..${hex(other.end)}; link it to another address`,
      );
    }
    this.#used.push({ base: address, end: address + size, what });
    this.memory.write(address, bytes);
    if (size > bytes.length) this.memory.write(address + bytes.length, new Uint8Array(size - bytes.length));
    return undefined;
  }

  /** Loads all segments of an ELF file at their physical addresses, moved by `offset`. */
  placeSegments(elf: ElfFile, file: Uint8Array, name: string, offset = 0): LoadError | undefined {
    for (const [i, segment] of elf.segments.entries()) {
      const bytes = file.subarray(segment.offset, segment.offset + segment.fileSize);
      const error = this.place(segment.physical + offset, bytes, segment.memorySize, `${name}: segment ${i}`);
      if (error !== undefined) return error;
    }
    return undefined;
  }

  /** Keeps a range free for what the loader itself will put there. */
  reserve(base: number, end: number, what: string): void {
    this.#used.push({ base, end, what });
  }

  #overlap(base: number, end: number): { base: number; end: number; what: string } | undefined {
    return this.#used.find((range) => base < range.end && range.base < end);
  }

  /** Writes bytes at the highest free place below 640 KiB, else below `limit`; its address, undefined without room. */
  allocateLow(bytes: Uint8Array, alignment: number): number | undefined {
    return (
      this.#highest(bytes, alignment, LOWEST_FREE, EBDA_BASE) ?? this.allocateTop(bytes, alignment, this.memory.size)
    );
  }

  /** Writes bytes at the highest free place from 1 MiB up to `limit`. */
  allocateTop(bytes: Uint8Array, alignment: number, limit: number): number | undefined {
    return this.#highest(bytes, alignment, HIGH_MEMORY, Math.min(limit, this.memory.size));
  }

  /** Writes bytes at the lowest free place above everything that is above 1 MiB. */
  allocateAbove(bytes: Uint8Array, alignment: number): number | undefined {
    const end = Math.max(HIGH_MEMORY, ...this.#used.map((range) => range.end));
    const address = Math.ceil(end / alignment) * alignment;
    if (address + bytes.length > this.memory.size) return undefined;
    return this.#take(address, bytes);
  }

  #highest(bytes: Uint8Array, alignment: number, from: number, to: number): number | undefined {
    let top = to;
    for (;;) {
      const address = Math.floor((top - bytes.length) / alignment) * alignment;
      if (address < from) return undefined;
      const other = this.#overlap(address, address + bytes.length);
      if (other === undefined) return this.#take(address, bytes);
      top = other.base;
    }
  }

  #take(address: number, bytes: Uint8Array): number {
    this.#used.push({ base: address, end: address + Math.max(1, bytes.length), what: 'boot information' });
    this.memory.write(address, bytes);
    return address;
  }
}
