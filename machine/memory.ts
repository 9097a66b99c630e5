import { PAGE_MASK, PAGE_SIZE } from './cpu/layout';
import type { AccessSize } from './devices/device';
import { differing, type MemorySnapshot, marked, noPages, pageIn, withPages } from './memory-snapshot';

/** Where MMIO goes: the platform. Addresses are physical. */
export interface MemoryMappedIo {
  readMemory(address: number, size: AccessSize): number;
  writeMemory(address: number, size: AccessSize, value: number): void;
}

/** What a physical page is. */
export const PageKind = {
  /** Nothing or a device: every access goes to the platform. */
  Mmio: 0,
  Ram: 1,
  /** Readable and executable like RAM; writes are dropped. */
  Rom: 2,
} as const;

/**
 * The physical address space of the machine: RAM and ROM in the linear memory at `ramBase`, everything else MMIO.
 *
 * Writes are tracked by page: the first store to a page since the last {@link snapshot} takes the slow path (the TLB holds
 * no write tag for a clean page) and reports here by {@link noteWrite}. So a snapshot copies only what was written since the
 * one before.
 */
export class PhysicalMemory {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** {@link PageKind} by physical page number. */
  readonly kinds: Uint8Array;
  /** 1 where the page was written since the last snapshot. */
  readonly dirty: Uint8Array;
  /** Pages as they were at the last snapshot. */
  #frozen: MemorySnapshot['chunks'];
  /** A copy of {@link kinds} that some snapshot has; undefined where they changed since. */
  #frozenKinds: Uint8Array | undefined;
  mmio: MemoryMappedIo = { readMemory: () => 0xffffffff, writeMemory: () => {} };
  /** Called before bytes of a page change by other means than the CPU's own checked stores (devices, loaders, debugger). */
  onForeignWrite: (address: number, length: number) => void = () => {};
  /** Called when page kinds, dirty marks or contents changed wholesale, so that cached translations must go. */
  onRemap: () => void = () => {};

  /**
   * @param buffer the linear memory
   * @param ramBase offset of physical address 0 in it, a multiple of 4096
   * @param size bytes of RAM, a multiple of 4096
   */
  constructor(
    buffer: ArrayBuffer,
    readonly ramBase: number,
    readonly size: number,
  ) {
    this.bytes = new Uint8Array(buffer, ramBase, size);
    this.view = new DataView(buffer, ramBase, size);
    this.kinds = new Uint8Array(size / PAGE_SIZE).fill(PageKind.Ram);
    this.dirty = new Uint8Array(size / PAGE_SIZE);
    this.#frozen = noPages(size / PAGE_SIZE);
  }

  /** Declares what the pages of a range are; addresses are multiples of 4096. */
  setKind(address: number, length: number, kind: number): void {
    this.kinds.fill(kind, address / PAGE_SIZE, Math.min((address + length) / PAGE_SIZE, this.kinds.length));
    this.#frozenKinds = undefined;
    this.onRemap();
  }

  kindOf(address: number): number {
    const page = Math.floor(address / PAGE_SIZE);
    return page < this.kinds.length ? this.kinds[page] : PageKind.Mmio;
  }

  /** Marks the page that holds `address` as written; its bytes may change from here on. */
  noteWrite(address: number): void {
    this.dirty[Math.floor(address / PAGE_SIZE)] = 1;
  }

  /** Reads 1, 2 or 4 bytes at a physical address, from RAM, ROM or a device; zero-extended. May cross a page. */
  read(address: number, size: AccessSize): number {
    const last = (address & PAGE_MASK) + size;
    if (last <= PAGE_SIZE && this.kindOf(address) !== PageKind.Mmio) {
      if (size === 4) return this.view.getUint32(address, true);
      return size === 2 ? this.view.getUint16(address, true) : this.bytes[address];
    }
    if (last <= PAGE_SIZE) return this.mmio.readMemory(address, size) >>> 0;
    let value = 0;
    for (let i = 0; i < size; i++) value |= this.read(address + i, 1) << (8 * i);
    return value >>> 0;
  }

  /** Writes 1, 2 or 4 bytes at a physical address on behalf of the CPU or a device; code made from them is dropped. */
  write(address: number, size: AccessSize, value: number): void {
    if ((address & PAGE_MASK) + size > PAGE_SIZE) {
      for (let i = 0; i < size; i++) this.write(address + i, 1, (value >>> (8 * i)) & 0xff);
      return;
    }
    const kind = this.kindOf(address);
    if (kind === PageKind.Ram) {
      this.onForeignWrite(address, size);
      this.noteWrite(address);
      if (size === 4) this.view.setUint32(address, value, true);
      else if (size === 2) this.view.setUint16(address, value, true);
      else this.bytes[address] = value;
    } else if (kind === PageKind.Mmio) this.mmio.writeMemory(address, size, value);
  }

  /** Copies bytes out of RAM or ROM; what lies elsewhere reads as 0xFF. */
  readBytes(address: number, length: number): Uint8Array {
    const result = new Uint8Array(length).fill(0xff);
    const end = Math.min(address + length, this.size);
    if (address < end) result.set(this.bytes.subarray(address, end));
    return result;
  }

  /** Copies bytes into RAM or ROM (loaders and the debugger may write ROM); what lies elsewhere is dropped. */
  writeBytes(address: number, data: Uint8Array): void {
    const length = Math.min(data.length, this.size - address);
    if (length <= 0) return;
    this.onForeignWrite(address, length);
    for (let page = Math.floor(address / PAGE_SIZE); page <= Math.floor((address + length - 1) / PAGE_SIZE); page++) {
      this.dirty[page] = 1;
    }
    this.bytes.set(data.subarray(0, length), address);
  }

  /** Freezes the present contents; costs a copy of each page written since the last snapshot. */
  snapshot(): MemorySnapshot {
    const copy = (page: number) => this.bytes.slice(page * PAGE_SIZE, (page + 1) * PAGE_SIZE);
    this.#frozen = withPages(this.#frozen, marked(this.dirty), copy);
    this.#frozenKinds ??= this.kinds.slice();
    this.dirty.fill(0);
    this.onRemap();
    return { chunks: this.#frozen, kinds: this.#frozenKinds };
  }

  /** Makes memory what it was at `snapshot`; costs a copy of each page that was written since, or differs. */
  restore({ chunks, kinds }: MemorySnapshot): void {
    for (const page of differing(this.#frozen, chunks)) this.dirty[page] = 1;
    for (const page of marked(this.dirty)) {
      const bytes = pageIn(chunks, page);
      const start = page * PAGE_SIZE;
      this.onForeignWrite(start, PAGE_SIZE);
      if (bytes) this.bytes.set(bytes, start);
      else this.bytes.fill(0, start, start + PAGE_SIZE);
    }
    this.dirty.fill(0);
    this.#frozen = chunks;
    if (this.#frozenKinds !== kinds) this.kinds.set(kinds);
    this.#frozenKinds = kinds;
    this.onRemap();
  }
}
