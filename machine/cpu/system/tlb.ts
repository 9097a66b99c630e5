import { FetchTlb, Tlb } from '../layout';
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
  pageLow: Int32Array;
  pageHigh: Int32Array;
  /** Generation of the address space it belongs to; of the domain if the page is global. */
  generation: Float64Array;
  rights: Int32Array;
  frame: Float64Array;

  constructor(readonly entries: number) {
    this.pageLow = new Int32Array(entries);
    this.pageHigh = new Int32Array(entries);
    this.generation = new Float64Array(entries);
    this.rights = new Int32Array(entries);
    this.frame = new Float64Array(entries);
  }

  /** Slot of a linear page in an address space, or of a global page in a domain. */
  slot(low: number, hash: number): number {
    return ((low >>> 12) ^ hash) & (this.entries - 1);
  }

  /** The slot holds this page (`low` without its offset) in this generation. */
  holds(slot: number, page: number, high: number, generation: number): boolean {
    return this.pageLow[slot] === (page | 1) && this.pageHigh[slot] === high && this.generation[slot] === generation;
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

  /** The entry in `slot` maps the linear address, whatever its page size. */
  covers(slot: number, low: number, high: number): boolean {
    if (this.pageLow[slot] === 0) return false;
    const size = (this.rights[slot] >>> Right.sizeShift) & 3;
    const shift = size === 0 ? 12 : size === 1 ? 21 : size === 2 ? 22 : 30;
    return this.pageHigh[slot] === high && this.pageLow[slot] >>> shift === low >>> shift;
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

/** As many translations are held as there are tags in linear memory. */
export const DATA_ENTRIES = Tlb.entries;
export const FETCH_ENTRIES = FetchTlb.entries;
