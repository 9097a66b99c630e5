/** Page tables for programs that are entered in 64-bit mode: 4-level paging, SDM 3A 5.5. */
import type { GuestMemory } from '../memory-view';
import { LowMemory } from './boot-state';
import { type LoadError, loadError } from './load-error';

const PAGE = 4096;
const LARGE_PAGE = 0x200000;
const PRESENT_WRITABLE = 0x3;
const PAGE_SIZE_BIT = 0x80;
/** The first 4 GiB are mapped one to one. */
const IDENTITY = 0x100000000;

/** Part of a program that wants to run at `linear` while its bytes are at `physical`. */
export interface Mapping {
  linear: bigint;
  physical: number;
  size: number;
}

/** Builds tables in the pages from {@link LowMemory.pageTables} on. */
class Builder {
  #next: number = LowMemory.pageTables;
  readonly root: number;

  constructor(private readonly memory: GuestMemory) {
    this.root = this.#allocate()!;
  }

  #allocate(): number | undefined {
    if (this.#next + PAGE > LowMemory.pageTablesEnd) return undefined;
    const page = this.#next;
    this.#next += PAGE;
    this.memory.write(page, new Uint8Array(PAGE));
    return page;
  }

  #setEntry(table: number, index: number, address: number, flags: number): void {
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, address + flags, true);
    view.setUint32(4, Math.floor(address / 0x100000000), true);
    this.memory.write(table + index * 8, bytes);
  }

  /** Maps the first 4 GiB one to one, before anything else is mapped. */
  mapIdentity(): void {
    const pointers = this.#allocate()!;
    this.#setEntry(this.root, 0, pointers, PRESENT_WRITABLE);
    for (let gib = 0; gib < IDENTITY / 2 ** 30; gib++) {
      const directory = this.#allocate()!;
      this.#setEntry(pointers, gib, directory, PRESENT_WRITABLE);
      const bytes = new Uint8Array(PAGE);
      const view = new DataView(bytes.buffer);
      for (let i = 0; i < 512; i++) {
        view.setUint32(8 * i, gib * 2 ** 30 + i * LARGE_PAGE + (PRESENT_WRITABLE | PAGE_SIZE_BIT), true);
      }
      this.memory.write(directory, bytes);
    }
  }

  /** Maps one page of `size` (4 KiB or 2 MiB); false if the room for tables is used up. */
  map(linear: bigint, physical: number, size: number): boolean {
    let table = this.root;
    const last = size === LARGE_PAGE ? 1 : 0;
    for (let level = 3; level > last; level--) {
      const index = Number((linear >> BigInt(12 + 9 * level)) & 511n);
      const entry = this.memory.readU32(table + index * 8);
      if (entry & PAGE_SIZE_BIT && level === 1) return true; // lies in a large page that maps it already
      if ((entry & 1) === 0) {
        const page = this.#allocate();
        if (page === undefined) return false;
        this.#setEntry(table, index, page, PRESENT_WRITABLE);
        table = page;
      } else table = entry - (entry % PAGE);
    }
    const index = Number((linear >> BigInt(12 + 9 * last)) & 511n);
    this.#setEntry(table, index, physical, PRESENT_WRITABLE | (last === 1 ? PAGE_SIZE_BIT : 0));
    return true;
  }
}

/** Tables that map the first 4 GiB one to one, and `mappings` besides; gives the physical address for CR3. */
export function placePageTables(memory: GuestMemory, mappings: readonly Mapping[]): number | LoadError {
  const builder = new Builder(memory);
  builder.mapIdentity();
  for (const { linear, physical, size } of mappings) {
    if (linear === BigInt(physical)) continue;
    const skew = linear - BigInt(physical);
    const page = skew % BigInt(LARGE_PAGE) === 0n ? LARGE_PAGE : PAGE;
    if (skew % BigInt(PAGE) !== 0n) {
      return loadError(
        `the segment at virtual address 0x${linear.toString(16)} has physical address 0x${physical.toString(16)}: ` +
          'both must have the same offset in their 4 KiB page; set the load address (AT) in the linker script',
      );
    }
    const first = physical - (physical % page);
    for (let at = first; at < physical + size; at += page) {
      if (!builder.map(BigInt.asUintN(64, BigInt(at) + skew), at, page)) {
        return loadError(
          `no room for page tables that map 0x${linear.toString(16)}: link the kernel so that virtual and physical ` +
            'addresses have the same offset in 2 MiB, or set up page tables in the kernel',
        );
      }
    }
  }
  return builder.root;
}
