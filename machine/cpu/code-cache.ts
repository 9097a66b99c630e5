import type { Decoded } from '../../isa/decoded';
import type { CpuState } from './cpu-state';
import { CodeBytes, CodeTable, Record as DecodedRecord, Handler, PAGE_SIZE } from './layout';

/** Losses of translated code within so many instructions count as churn; after so many of them it is left alone for a while. */
const CHURN_WINDOW = 1_000_000;
const CHURN_LIMIT = 6;

/** Code decoded from one physical page in one mode. */
export interface CodePage {
  /** Address of its code table in linear memory. */
  table: number;
  /** Physical page number. */
  page: number;
  /** Code bits and stack size, see {@link CodeCache.pageFor}. */
  mode: number;
  /** False for pages that are no memory: nothing decoded there is kept. */
  cached: boolean;
  /** Translated regions that start in this page. */
  regions: Region[];
  /** Entries that could not be translated: not to be tried again until the page changes. */
  refused: Set<number>;
  /** How often in a row a region of this page was soon overwritten again: such code is better interpreted. */
  churn: number;
  /** Instruction count at the last such loss. */
  lostAt: number;
}

/** A translated region: the bytes it was made from, and where it is entered. */
export interface Region {
  slot: number;
  owner: CodePage;
  /** One bit a byte of the page: made from these. */
  covers: Uint8Array;
  /** Offsets in the page of its entries, by entry number. */
  entries: number[];
}

/** Where the cache stands in linear memory. */
export interface CodeArena {
  base: number;
  tables: number;
  records: number;
}

/**
 * What was decoded and translated, by physical page: code tables (an entry a byte) that point to records. A write to bytes
 * that an instruction was made from drops just that instruction, and the regions it was in; data beside it does not matter.
 */
export class CodeCache {
  /** Called with a region that is no more: its function may go. */
  onDropRegion: (region: Region) => void = () => {};
  /** Called when the last instruction of a page or the whole cache went: fetch TLB entries must go. */
  onFlush: () => void = () => {};
  /** Called with the physical page number when a page begins to hold code: write tags to it must go. */
  onFirstCode: (page: number) => void = () => {};

  /** Instructions retired so far; set by the owner. */
  retired: () => number = () => 0;

  /**
   * By physical page number: address of its bitmap of bytes that code was made from (a bit may be left where the code is no
   * more), 0 for a page without. Stores into such a page look at it: data beside code must cost nothing.
   */
  readonly #codeBytes: Int32Array;
  readonly #decoded: (Decoded | undefined)[] = [];
  readonly #byAddress = new Map<number, CodePage>();
  readonly #byPage = new Map<number, CodePage[]>();
  readonly #freeRecords: number[] = [];
  #nextRecord: number;
  #nextTable: number;
  #nextCodeBytes: number;

  constructor(
    readonly state: CpuState,
    readonly arena: CodeArena,
    physicalPages: number,
  ) {
    this.#codeBytes = new Int32Array(physicalPages);
    this.#nextTable = arena.base;
    this.#nextRecord = this.#recordBase;
    this.#nextCodeBytes = this.#recordEnd;
  }

  get #recordBase(): number {
    return this.arena.base + this.arena.tables * CodeTable.bytes;
  }

  get #recordEnd(): number {
    return this.#recordBase + this.arena.records * DecodedRecord.size;
  }

  /** Bytes of linear memory that an arena takes. */
  static bytes(tables: number, records: number): number {
    return tables * (CodeTable.bytes + CodeBytes.bytes) + records * DecodedRecord.size;
  }

  hasCode(page: number): boolean {
    return this.#codeBytes[page] !== 0;
  }

  /** Linear-memory address of the bitmap of bytes of a page that code was made from; 0 if it never held code. */
  codeBytesOf(page: number): number {
    return this.#codeBytes[page];
  }

  /** The page that a code table belongs to. */
  pageOfTable(table: number): CodePage {
    return this.#byAddress.get(table)!;
  }

  /**
   * The code of a physical page in a mode, made if there is none yet.
   * @param mode (code bits: 0 16, 1 32, 2 64) * 3 + the same of the stack size; 9 more under a CS limit that branches may pass
   */
  pageFor(page: number, mode: number, cached: boolean): CodePage {
    const present = this.#byPage.get(page)?.find((p) => p.mode === mode);
    if (present) return present;
    if (this.#nextTable + CodeTable.bytes > this.#recordBase) this.flush();
    const made: CodePage = {
      table: this.#nextTable,
      page,
      mode,
      cached,
      regions: [],
      refused: new Set(),
      churn: 0,
      lostAt: 0,
    };
    this.#nextTable += CodeTable.bytes;
    this.state.u8.fill(0, made.table, made.table + CodeTable.bytes);
    this.#byAddress.set(made.table, made);
    const others = this.#byPage.get(page);
    if (others) others.push(made);
    else this.#byPage.set(page, [made]);
    return made;
  }

  /** Address of the record at an offset of a page, 0 if none. */
  recordAt(page: CodePage, offset: number): number {
    return this.state.u32[(page.table >>> 2) + offset];
  }

  decodedOf(record: number): Decoded {
    return this.#decoded[(record - this.#recordBase) / DecodedRecord.size]!;
  }

  /** A fresh record; the cache is flushed where there is no room. Its bytes are all zero. */
  allocate(decoded: Decoded): number {
    let record = this.#freeRecords.pop();
    if (record === undefined) {
      if (this.#nextRecord >= this.#recordEnd) return 0;
      record = this.#nextRecord;
      this.#nextRecord += DecodedRecord.size;
    }
    this.state.u8.fill(0, record, record + DecodedRecord.size);
    this.#decoded[(record - this.#recordBase) / DecodedRecord.size] = decoded;
    return record;
  }

  /** Gives back a record that stands in no table; 0 is none. */
  release(record: number): void {
    if (record !== 0) this.#freeRecords.push(record);
  }

  /** Puts a record into its page's table and marks the bytes it was made from. */
  insert(page: CodePage, offset: number, record: number, length: number): void {
    this.state.u32[(page.table >>> 2) + offset] = record;
    this.#mark(page.page, offset, Math.min(offset + length, PAGE_SIZE) - 1);
  }

  #mark(page: number, first: number, last: number): void {
    const { u8 } = this.state;
    let bitmap = this.#codeBytes[page];
    const fresh = bitmap === 0;
    if (fresh) {
      // every page with code has a table: there is room for as many bitmaps
      bitmap = this.#nextCodeBytes;
      this.#nextCodeBytes += CodeBytes.bytes;
      u8.fill(0, bitmap, bitmap + CodeBytes.bytes);
      this.#codeBytes[page] = bitmap;
    }
    for (let offset = first; offset <= last; offset++) u8[bitmap + (offset >> 3)] |= 1 << (offset & 7);
    if (fresh) this.onFirstCode(page);
  }

  addRegion(region: Region): void {
    region.owner.regions.push(region);
  }

  /** Bytes of a physical page are about to change: what was made from them goes. */
  written(page: number, first: number, last: number): void {
    const bitmap = this.#codeBytes[page];
    if (bitmap === 0) return;
    const { u8 } = this.state;
    let touched = false;
    for (let offset = first; offset <= last; offset++) {
      const bit = 1 << (offset & 7);
      if ((u8[bitmap + (offset >> 3)] & bit) === 0) continue;
      touched = true;
      u8[bitmap + (offset >> 3)] &= ~bit; // nothing that was made from this byte is left below
    }
    if (!touched) return;
    for (const code of this.#byPage.get(page) ?? []) this.#drop(code, first, last);
  }

  #drop(code: CodePage, first: number, last: number): void {
    const { u8, u32 } = this.state;
    const table = code.table >>> 2;
    for (let offset = Math.max(0, first - 14); offset <= last; offset++) {
      const record = u32[table + offset];
      if (record === 0 || offset + u8[record + DecodedRecord.length] <= first) continue;
      u32[table + offset] = 0;
      this.#freeRecords.push(record);
    }
    const regions = code.regions.length;
    if (regions > 0) this.dropRegions(code, first, last);
    if (code.regions.length < regions) {
      const now = this.retired();
      code.churn = now - code.lostAt < CHURN_WINDOW ? code.churn + 1 : 0;
      code.lostAt = now;
    }
    if (code.refused.size > 0) code.refused.clear();
  }

  /** Code that is rewritten all the time is not worth translating. */
  churns(code: CodePage): boolean {
    return code.churn >= CHURN_LIMIT && this.retired() - code.lostAt < CHURN_WINDOW;
  }

  /** Drops the regions of a page that were made from any of these bytes. */
  dropRegions(code: CodePage, first: number, last: number): void {
    // most writes to a page of code and data hit no region: nothing is made anew for them
    if (!code.regions.some((region) => coversAny(region, first, last))) return;
    code.regions = code.regions.filter((region) => {
      const hit = coversAny(region, first, last);
      if (hit) this.#release(region);
      return !hit;
    });
  }

  #release(region: Region): void {
    const { u16, u32 } = this.state;
    for (const offset of region.entries) {
      const record = this.recordAt(region.owner, offset);
      if (record === 0 || u32[(record + DecodedRecord.region) >>> 2] >>> 8 !== region.slot) continue;
      u32[(record + DecodedRecord.region) >>> 2] = 0;
      if (u16[(record + DecodedRecord.handler) >>> 1] === Handler.Region) {
        u16[(record + DecodedRecord.handler) >>> 1] = u16[(record + DecodedRecord.interpret) >>> 1];
      }
    }
    this.onDropRegion(region);
  }

  /** Forgets everything. */
  flush(): void {
    for (const code of this.#byAddress.values()) for (const region of code.regions) this.onDropRegion(region);
    this.#byAddress.clear();
    this.#byPage.clear();
    this.#freeRecords.length = 0;
    this.#decoded.length = 0;
    this.#nextTable = this.arena.base;
    this.#nextRecord = this.#recordBase;
    this.#codeBytes.fill(0);
    this.#nextCodeBytes = this.#recordEnd;
    this.onFlush();
  }

  /** Pages that hold code now, of a physical page number. */
  pagesOf(page: number): readonly CodePage[] {
    return this.#byPage.get(page) ?? [];
  }
}

/** The region was made from some of these bytes of its page. */
function coversAny(region: Region, first: number, last: number): boolean {
  for (let offset = first; offset <= last; offset++) {
    if ((region.covers[offset >> 3] & (1 << (offset & 7))) !== 0) return true;
  }
  return false;
}
