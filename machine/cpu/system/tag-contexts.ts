import type { CpuState } from '../cpu-state';
import { FetchTlb, Segment, SegmentField, State, Tlb } from '../layout';
import type { AddressSpaces } from './address-spaces';
import type { PagingControls } from './paging';

/**
 * Bits of a data-TLB context; the context's number stands above them. Without `Valid` no tag is ever made: all accesses
 * take the slow path, which checks their alignment (CR0.AM, RFLAGS.AC, CPL 3).
 */
export const ContextBit = { Valid: 1, User: 2, Smap: 4 } as const;

const CS_BASE = State.segments + SegmentField.size * Segment.CS + SegmentField.base;
const CS_LIMIT = State.segments + SegmentField.size * Segment.CS + SegmentField.limit;

const AC = 0x40000;
const AM = 0x40000;

const MAX_DATA_CONTEXT = 511;
const MAX_FETCH_CONTEXT = 4095;

/**
 * The contexts in the tags of the TLBs in linear memory: small numbers that stand for an address space and the rules in force.
 * Another address space or other rules give another number, so that tags made under the old ones do not match.
 */
export class TagContexts {
  /** Context numbers by generation and rules. */
  readonly #dataContexts = new Map<number, number>();
  readonly #fetchContexts = new Map<number, number>();
  /** Fetch contexts of the generation and rules in force, by CPL and code mode; 0 where not known yet. */
  readonly #fetchCache = new Int32Array(64);
  readonly #pkruNumbers = new Map<number, number>();
  #dataContext = 0;
  #dataKey = -1;
  #fetchKey = -1;
  /** CS ends inside the addresses that its code can form: branches out of it were looked for when that code was decoded. */
  codeLimited = false;
  #codeLimit = 0;
  #codeBase = 0;
  /** CS is limited otherwise than when limited code was decoded last: what was decoded must go. */
  onCodeLimit: () => void = () => {};
  /** ContextBit.Smap while supervisor-mode accesses to user-mode addresses are forbidden to the CPU as it stands. */
  smapBit = 0;

  constructor(
    private readonly state: CpuState,
    private readonly controls: PagingControls,
    private spaces: AddressSpaces,
  ) {}

  /** Another CPU's turn: contexts are chosen anew at the next {@link rulesChanged}. */
  use(spaces: AddressSpaces): void {
    this.spaces = spaces;
    this.forget();
  }

  /** The context of supervisor-mode accesses to descriptor tables and task-state segments, at any CPL. */
  get system(): number {
    return (this.#dataContext << 3) | ContextBit.Valid | (this.controls.smap ? ContextBit.Smap : 0);
  }

  /** The context of user-mode accesses. */
  get user(): number {
    return (this.#dataContext << 3) | ContextBit.Valid | ContextBit.User;
  }

  /** Both are chosen anew at the next {@link rulesChanged}. */
  forget(): void {
    this.#dataKey = -1;
    this.#fetchKey = -1;
  }

  /** The generation or the rules changed: finds the contexts that stand for them. */
  rulesChanged(): void {
    const { controls } = this;
    const generation = this.spaces.current;
    let rules = controls.writeProtect ? 1 : 0;
    if (controls.pkru !== 0) rules |= this.#pkruNumber(controls.pkru) << 1;
    const key = generation * 2048 + rules;
    if (key !== this.#dataKey) {
      let id = this.#dataContexts.get(key);
      if (id === undefined) {
        if (this.#dataContexts.size >= MAX_DATA_CONTEXT) this.dropDataTags();
        id = this.#dataContexts.size + 1;
        this.#dataContexts.set(key, id);
      }
      this.#dataKey = key;
      this.#dataContext = id;
    }
    const fetchKey = generation * 2 + (controls.smep ? 1 : 0);
    if (fetchKey !== this.#fetchKey) {
      this.#fetchKey = fetchKey;
      this.#fetchCache.fill(0);
    }
  }

  /** A small number that stands for a value of PKRU in context keys. */
  #pkruNumber(pkru: number): number {
    let number = this.#pkruNumbers.get(pkru);
    if (number === undefined) {
      if (this.#pkruNumbers.size >= 1023) {
        this.#pkruNumbers.clear();
        this.dropDataTags();
      }
      number = this.#pkruNumbers.size + 1;
      this.#pkruNumbers.set(pkru, number);
    }
    return number;
  }

  /** To be called when CPL, RFLAGS.AC, the code size or the stack size changed, and nothing else. */
  updatePrivilege(): void {
    const { u32 } = this.state;
    const user = u32[State.cpl >>> 2] === 3;
    this.smapBit = !user && this.controls.smap && (u32[State.systemFlags >>> 2] & 0x40000) === 0 ? ContextBit.Smap : 0;
    const aligned = user && (u32[State.systemFlags >>> 2] & AC) !== 0 && (u32[State.cr0 >>> 2] & AM) !== 0;
    u32[State.tlbContext >>> 2] =
      (this.#dataContext << 3) | (aligned ? 0 : ContextBit.Valid) | (user ? ContextBit.User : this.smapBit);
    const codeBits = u32[State.codeBits >>> 2];
    const stackMask = State.stackMask >>> 2;
    const stack = u32[stackMask + 1] !== 0 ? 2 : u32[stackMask] === 0xffff ? 0 : 1;
    const key = (codeBits >>> 5) | (stack << 2) | (user ? 16 : 0) | (this.#findCodeLimit(codeBits) ? 32 : 0);
    const context = this.#fetchCache[key] || this.#newFetchContext(key);
    if (u32[State.fetchContext >>> 2] !== context) {
      u32[State.fetchContext >>> 2] = context;
      u32[State.codeTable >>> 2] = 0;
    }
  }

  /** Whether the CS limit can be met inside 4 GiB (in 16-bit code: 64 KiB) by code; tells who keeps decoded code of another one. */
  #findCodeLimit(codeBits: number): boolean {
    const { u32 } = this.state;
    const limit = u32[CS_LIMIT >>> 2];
    this.codeLimited = codeBits !== 64 && limit !== 0xffffffff && (codeBits !== 16 || limit !== 0xffff);
    if (!this.codeLimited) return false;
    const base = u32[CS_BASE >>> 2];
    if (limit !== this.#codeLimit || base !== this.#codeBase) {
      this.#codeLimit = limit;
      this.#codeBase = base;
      this.onCodeLimit();
    }
    return true;
  }

  #newFetchContext(key: number): number {
    const whole = this.#fetchKey * 64 + key;
    let context = this.#fetchContexts.get(whole);
    if (context === undefined) {
      if (this.#fetchContexts.size >= MAX_FETCH_CONTEXT) this.dropFetchTags();
      context = this.#fetchContexts.size + 1;
      this.#fetchContexts.set(whole, context);
    }
    this.#fetchCache[key] = context;
    return context;
  }

  /** Drops the tags of the data TLB, not the translations: contexts ran out, or page kinds or dirty marks changed. */
  dropDataTags(): void {
    this.state.u32.fill(0, Tlb.base >>> 2, (Tlb.base + Tlb.entries * Tlb.entrySize) >>> 2);
    this.#dataContexts.clear();
    this.#dataKey = -1;
  }

  dropFetchTags(): void {
    this.state.u32.fill(0, FetchTlb.base >>> 2, (FetchTlb.base + FetchTlb.entries * FetchTlb.entrySize) >>> 2);
    this.#fetchContexts.clear();
    this.#fetchCache.fill(0);
    this.state.u32[State.codeTable >>> 2] = 0;
  }
}
