import type { CpuState } from '../cpu-state';
import type { AddressSpaces } from './address-spaces';
import { Right } from './paging';

/** One translation that the TLB holds, for inspectors. */
export interface TlbEntryView {
  linear: bigint;
  /** Host-physical address of the 4 KiB page. */
  physical: number;
  /** Bytes of the guest's page. */
  pageSize: number;
  writable: boolean;
  user: boolean;
  noExecute: boolean;
  dirty: boolean;
  global: boolean;
  vpid: number;
  pcid: number;
  eptp: number;
}

/** What {@link Translations.save} gives. */
export interface TranslationsState {
  pageLow: Int32Array;
  pageHigh: Int32Array;
  generation: Float64Array;
  rights: Int32Array;
  frame: Float64Array;
}

/**
 * The translations that the processor holds: direct mapped by page number and a hash of the address space (of the domain for
 * global pages), so that address spaces do not evict each other; tagged by generation, with the rights as the
 * tables gave them. They are architectural in effect (a stale one stays in use until flushed), so they are part of a
 * snapshot. The tags in linear memory are a cache of them: they may be dropped at any time, and must go with what they
 * were made from.
 */
export class Translations {
  /** Linear address of the page, low half, bit 0 set where the slot is in use. */
  readonly pageLow: Int32Array;
  readonly pageHigh: Int32Array;
  /** Generation of the address space it belongs to; of the domain if the page is global. */
  readonly generation: Float64Array;
  readonly rights: Int32Array;
  /** Host-physical address of the 4 KiB page. */
  readonly frame: Float64Array;

  /**
   * @param entries a power of two: as many translations are held as there are tags
   * @param tags where the tags stand in linear memory, `tagBytes` bytes each, of which the first `tagWords` words are tags
   */
  constructor(
    private readonly state: CpuState,
    readonly entries: number,
    private readonly tags: number,
    private readonly tagBytes: number,
    private readonly tagWords: number,
  ) {
    this.pageLow = new Int32Array(entries);
    this.pageHigh = new Int32Array(entries);
    this.generation = new Float64Array(entries);
    this.rights = new Int32Array(entries);
    this.frame = new Float64Array(entries);
  }

  /** Slot of the translation of a page (`page` without its offset) in the address space in force; -1 if none is held. */
  find(page: number, high: number, spaces: AddressSpaces): number {
    const own = this.slot(page, spaces.hash);
    if (this.holds(own, page, high, spaces.current)) return own;
    const global = this.slot(page, spaces.globalHash);
    return this.holds(global, page, high, spaces.currentGlobal) ? global : -1;
  }

  /** Takes a translation in the place of whatever was held for the page, or stood in its slot. */
  insert(page: number, high: number, rights: number, frame: number, spaces: AddressSpaces): void {
    this.drop(page, high, spaces);
    const global = (rights & Right.Global) !== 0;
    const slot = this.slot(page, global ? spaces.globalHash : spaces.hash);
    if (this.pageLow[slot] !== 0) this.dropTags(this.pageLow[slot]);
    this.pageLow[slot] = page | 1;
    this.pageHigh[slot] = high;
    this.generation[slot] = global ? spaces.currentGlobal : spaces.current;
    this.rights[slot] = rights;
    this.frame[slot] = frame;
  }

  /** Drops what is held for a page in the address space in force, global or not. */
  drop(page: number, high: number, spaces: AddressSpaces): void {
    const own = this.slot(page, spaces.hash);
    const global = this.slot(page, spaces.globalHash);
    if (this.holds(own, page, high, spaces.current)) this.pageLow[own] = 0;
    if (this.holds(global, page, high, spaces.currentGlobal)) this.pageLow[global] = 0;
    this.dropTags(page);
  }

  /**
   * Drops the translations of one generation that cover an address, also fragments of a large page.
   * @param size code of the largest page that may be held for the address (Right.sizeShift)
   */
  flush(low: number, high: number, size: number, generation: number, hash: number): void {
    let first = low >>> 12;
    let count = 1;
    if (size === 3) count = this.entries;
    else if (size !== 0) {
      count = size === 1 ? 512 : 1024;
      first &= ~(count - 1);
    }
    for (let page = first; page < first + count; page++) {
      const slot = (page ^ hash) & (this.entries - 1);
      if (this.generation[slot] !== generation || !this.covers(slot, low, high)) continue;
      this.dropTags(this.pageLow[slot]);
      this.pageLow[slot] = 0;
    }
  }

  /** Clears the tags in linear memory that may stand for the page of `low`, of whatever address space. */
  private dropTags(low: number): void {
    const at = (this.tags + ((low >>> 12) & (this.entries - 1)) * this.tagBytes) >>> 2;
    const { i32 } = this.state;
    for (let word = at; word < at + this.tagWords; word++) i32[word] = 0;
  }

  private slot(low: number, hash: number): number {
    return ((low >>> 12) ^ hash) & (this.entries - 1);
  }

  private holds(slot: number, page: number, high: number, generation: number): boolean {
    return this.pageLow[slot] === (page | 1) && this.pageHigh[slot] === high && this.generation[slot] === generation;
  }

  /** The entry in `slot` maps the linear address, whatever its page size. */
  private covers(slot: number, low: number, high: number): boolean {
    if (this.pageLow[slot] === 0) return false;
    const size = (this.rights[slot] >>> Right.sizeShift) & 3;
    const shift = size === 0 ? 12 : size === 1 ? 21 : size === 2 ? 22 : 30;
    return this.pageHigh[slot] === high && this.pageLow[slot] >>> shift === low >>> shift;
  }

  clear(): void {
    this.pageLow.fill(0);
  }

  save(): TranslationsState {
    return {
      pageLow: this.pageLow.slice(),
      pageHigh: this.pageHigh.slice(),
      generation: this.generation.slice(),
      rights: this.rights.slice(),
      frame: this.frame.slice(),
    };
  }

  load(state: TranslationsState): void {
    this.pageLow.set(state.pageLow);
    this.pageHigh.set(state.pageHigh);
    this.generation.set(state.generation);
    this.rights.set(state.rights);
    this.frame.set(state.frame);
  }
}

/** A set of address spaces that share global pages: one VPID, and one EPT pointer or none (SDM 3C 28.4.1). */
export interface Domain {
  /** What its global translations add to their slots. */
  hash: number;
  vpid: number;
  eptp: number;
  /** Generation of global translations. */
  global: number;
  /** Generation by PCID. */
  spaces: Map<number, number>;
}
