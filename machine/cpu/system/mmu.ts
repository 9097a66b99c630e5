import { PageKind, type PhysicalMemory } from '../../memory';
import type { CpuState } from '../cpu-state';
import type { GuestFault } from '../fault';
import { FetchTlb, State, Tlb } from '../layout';
import type { Intercepts } from '../vmx/intercepts';
import { AddressSpaces, type AddressSpacesState, hashOf } from './address-spaces';
import { type DebugUnit, Watched } from './debug-unit';
import { EptWalk, type TableEntry } from './ept-walk';
import { PageWalk } from './page-walk';
import { AccessKind, allows, FETCH, type PagingControls, PagingMode, Right, SYSTEM, throughA20, WRITE } from './paging';
import { ContextBit, TagContexts } from './tag-contexts';
import { type TlbEntryView, Translations, type TranslationsState } from './tlb';
import { inspectWalk, probe, type WalkView } from './walk-inspection';

/** Multiplying by it is exact, and faster than dividing. */
const INVERSE_TWO_32 = 1 / 4294967296;

/** The TLBs of one CPU: what it holds, and for which of its address spaces. */
interface CpuTlbs {
  readonly data: Translations;
  readonly fetch: Translations;
  readonly spaces: AddressSpaces;
}

/** What a snapshot keeps of the MMU, a CPU each. */
export type MmuState = readonly {
  data: TranslationsState;
  fetch: TranslationsState;
  spaces: AddressSpacesState;
}[];

/**
 * Address translation: paging structures, EPT, and the TLBs in linear memory that the WebAssembly code probes.
 *
 * Two layers of caching. `data` and `fetch` hold translations as the tables gave them, tagged with the generation of
 * their address space: what hardware calls the TLB; entries go only by eviction and the architectural flushes. The tags in
 * linear memory cache them with the rules applied that hold just now (CPL, WP, SMAP, PKRU); whatever changes
 * the rules changes the context in the tags.
 *
 * Each CPU has translations of its own. The tags are shared: as no two CPUs have a generation in common, those of one
 * never match for another, and only those stand there that fit.
 */
export class Mmu {
  /** After {@link fill} returned -1, {@link translate} and {@link pointer}: the host-physical address. */
  physical = 0;
  /** After {@link fill} and {@link pointer} for writing: the page holds decoded code. */
  hasCode = false;
  /** For reading and writing at the addresses that {@link fill} and {@link pointer} return. */
  readonly view: DataView;
  readonly controls: PagingControls = {
    mode: 0,
    writeProtect: false,
    noExecute: false,
    smep: false,
    smap: false,
    pageSizeExtensions: false,
    globalPages: false,
    protectionKeys: false,
    pkru: 0,
    eptp: 0,
    a20Masked: false,
  };
  /** Says which pages must stay without tags because accesses to them are watched. */
  debug: DebugUnit | undefined;
  readonly #ept: EptWalk;
  readonly #walk: PageWalk;
  readonly #cpus: readonly CpuTlbs[];
  #data: Translations;
  #fetch: Translations;
  #spaces: AddressSpaces;
  readonly #contexts: TagContexts;

  constructor(
    readonly state: CpuState,
    readonly memory: PhysicalMemory,
    readonly pageHasCode: (physicalPageNumber: number) => boolean,
    /** Linear-memory address of a page's bitmap of code bytes ({@link Tlb.codeBytes}). */
    readonly codeBytesOf: (physicalPageNumber: number) => number,
    cpus = 1,
  ) {
    this.view = new DataView(state.buffer);
    this.#ept = new EptWalk(memory);
    this.#cpus = Array.from({ length: cpus }, (_, cpu) => ({
      data: new Translations(state, Tlb.entries, Tlb.base, Tlb.entrySize, 6),
      fetch: new Translations(state, FetchTlb.entries, FetchTlb.base, FetchTlb.entrySize, 2),
      spaces: new AddressSpaces(cpu + 1, cpus),
    }));
    const [first] = this.#cpus;
    this.#data = first.data;
    this.#fetch = first.fetch;
    this.#spaces = first.spaces;
    this.#contexts = new TagContexts(state, this.controls, this.#spaces);
    this.#walk = new PageWalk(state, memory, this.#ept, this.controls, pageHasCode);
  }

  /** The state is now that of this CPU: its translations are in use. */
  selectCpu(cpu: number): void {
    const { data, fetch, spaces } = this.#cpus[cpu];
    this.#data = data;
    this.#fetch = fetch;
    this.#spaces = spaces;
    this.#contexts.use(spaces);
    this.updateContext();
  }

  /** Who makes VM exits of EPT violations; set together with `Cpu.intercepts`. */
  set intercepts(intercepts: Pick<Intercepts, 'eptViolation' | 'eptMisconfiguration'> | undefined) {
    this.#ept.intercepts = intercepts;
  }

  /** While a VMM does something in its guest's stead: gives guest-physical pages frames instead of making them exit. */
  set backEpt(back: ((guestPhysical: number) => boolean) | undefined) {
    this.#ept.back = back;
  }

  /** CS ends inside the addresses that its code can form. */
  get codeLimited(): boolean {
    return this.#contexts.codeLimited;
  }

  /** Called when limited code is executed under another base or limit than before: decoded code must go. */
  set onCodeLimit(onCodeLimit: () => void) {
    this.#contexts.onCodeLimit = onCodeLimit;
  }

  /** The A20 gate was opened or closed. It stands behind the TLB: translations stay. */
  setA20(open: boolean): void {
    this.controls.a20Masked = !open;
    this.dropTags();
  }

  /** Bits 63:47 (63:56 with 5-level paging) are all equal. */
  isCanonical(low: number, high: number): boolean {
    void low;
    const top = this.controls.mode === PagingMode.Level5 ? high >> 24 : high >> 15;
    return top === 0 || top === -1;
  }

  /**
   * Translates a linear address for one access, sets accessed and dirty flags, raises #PF or exits.
   * @param user the access is a user-mode access (AccessKind.System* are supervisor-mode at any CPL)
   * @returns host-physical address
   */
  translate(low: number, high: number, access: AccessKind, user: boolean): number {
    const smap = (access & SYSTEM) !== 0 ? this.controls.smap : this.#contexts.smapBit !== 0;
    const physical =
      (access & FETCH) !== 0
        ? this.#lookup(this.#fetch, low, high, access, user, false)
        : this.#lookup(this.#data, low, high, access & WRITE, user && (access & SYSTEM) === 0, smap);
    if (physical < 0) throw this.#walk.pageFault;
    return physical;
  }

  /**
   * A data access that missed the tags, as the CPU stands. In other than 64-bit code, addresses wrap at 4 GiB.
   * @returns linear-memory address of the byte; -1 for MMIO and for writes to ROM, with the address in {@link physical}
   */
  fill(low: number, high: number, write: boolean): number {
    if (this.state.u32[State.codeBits >>> 2] !== 64) high = 0;
    return this.fillIn(low, high, write, this.state.u32[State.tlbContext >>> 2]);
  }

  /** {@link fill} that does not throw #PF (VmExit it does): returns -2, and the fault is {@link pageFault}. */
  tryFill(low: number, high: number, write: boolean): number {
    if (this.state.u32[State.codeBits >>> 2] !== 64) high = 0;
    return this.#fill(low, high, write, this.state.u32[State.tlbContext >>> 2]);
  }

  /** The #PF that {@link tryFill} found. */
  get pageFault(): GuestFault {
    return this.#walk.pageFault!;
  }

  /** Physical address that the code at a linear address is fetched from. */
  translateFetch(low: number, high: number): number {
    if (this.state.u32[State.codeBits >>> 2] !== 64) high = 0;
    const user = this.state.u32[State.cpl >>> 2] === 3;
    const physical = this.#lookup(this.#fetch, low, high, AccessKind.Fetch, user, false);
    if (physical < 0) throw this.#walk.pageFault;
    return physical;
  }

  /** Host-physical address of a guest-physical one that no linear address stands behind (PDPTE loads); may exit. */
  hostAddress(guestPhysical: number): number {
    if (this.controls.eptp === 0) return guestPhysical;
    this.#ept.linearValid = false;
    try {
      return this.#ept.translate(this.controls.eptp, guestPhysical, AccessKind.Read, 0, 0, true);
    } finally {
      this.#ept.linearValid = true;
    }
  }

  /** The tags' context of supervisor-mode accesses to descriptor tables and task-state segments, at any CPL. */
  get systemContext(): number {
    return this.#contexts.system;
  }

  /** The tags' context of explicit accesses at a privilege level that the CPU is about to have. */
  contextAt(cpl: number): number {
    if (cpl === 3) return this.#contexts.user;
    return this.state.u32[State.cpl >>> 2] === 3 ? this.systemContext : this.state.u32[State.tlbContext >>> 2];
  }

  /**
   * Where the byte at a linear address stands: probes the tags, fills on a miss.
   * @param linear signed
   * @param context {@link State.tlbContext}, {@link systemContext} or {@link contextAt}
   * @returns as {@link fill}
   */
  pointer(linear: number, write: boolean, context: number): number {
    const low = linear | 0;
    const high = Math.floor(linear * INVERSE_TWO_32) | 0;
    const { i32 } = this.state;
    const entry = (Tlb.base + ((low >>> 12) & (Tlb.entries - 1)) * Tlb.entrySize) >>> 2;
    const tag = write ? entry + (Tlb.writeTag >>> 2) : entry;
    if (i32[tag] === ((low & ~0xfff) | context) && i32[tag + 1] === high) {
      this.hasCode = false;
      return (i32[entry + (Tlb.addend >>> 2)] + low) >>> 0;
    }
    return this.fillIn(low, high, write, context);
  }

  /**
   * {@link pointer} for several bytes at once: -1 unless all of them lie in one page of RAM (ROM for reading) and, for
   * writing, none of its code needs to be dropped.
   */
  span(linear: number, bytes: number, write: boolean, context: number): number {
    if ((linear & 0xfff) + bytes > 4096) return -1;
    const at = this.pointer(linear, write, context);
    return (write && this.hasCode) || this.debug?.watching === true ? -1 : at;
  }

  /** {@link fill} in a given context, without wrapping. */
  fillIn(low: number, high: number, write: boolean, context: number): number {
    const at = this.#fill(low, high, write, context);
    if (at === -2) throw this.#walk.pageFault;
    return at;
  }

  #fill(low: number, high: number, write: boolean, context: number): number {
    const access = write ? AccessKind.Write : AccessKind.Read;
    const user = (context & ContextBit.User) !== 0;
    const smap = (context & ContextBit.Smap) !== 0;
    const physical = this.#lookup(this.#data, low, high, access, user, smap);
    if (physical < 0) return -2;
    const { memory } = this;
    const page = Math.floor(physical / 4096);
    if (page >= memory.kinds.length) return -1;
    const kind = memory.kinds[page];
    if (kind === PageKind.Mmio || (write && kind === PageKind.Rom)) return -1;
    if (write && memory.dirty[page] === 0) memory.noteWrite(physical);
    const code = this.pageHasCode(page);
    this.hasCode = code;
    const at = memory.ramBase + physical;
    if ((context & ContextBit.Valid) === 0) return at;
    const { i32 } = this.state;
    const entry = (Tlb.base + ((low >>> 12) & (Tlb.entries - 1)) * Tlb.entrySize) >>> 2;
    const tag = (low & ~0xfff) | context;
    const { debug } = this;
    const watched = debug?.watching === true ? debug.watched(high * 4294967296 + ((low & ~0xfff) >>> 0)) : 0;
    const readable =
      (watched & Watched.reads) === 0 && (write || allows(this.controls, this.#rights, AccessKind.Read, user, smap));
    const needed = Right.EptWrite | Right.EptDirty | Right.Dirty;
    const writable =
      kind === PageKind.Ram &&
      (watched & Watched.writes) === 0 &&
      memory.dirty[page] !== 0 &&
      (this.#rights & needed) === needed &&
      allows(this.controls, this.#rights, AccessKind.Write, user, smap);
    i32[entry] = readable ? tag : 0;
    i32[entry + 1] = readable ? high : 0;
    i32[entry + 2] = writable && !code ? tag : 0;
    i32[entry + 3] = writable && !code ? high : 0;
    i32[entry + 4] = writable && code ? tag : 0;
    i32[entry + 5] = writable && code ? high : 0;
    i32[entry + (Tlb.addend >>> 2)] = (at - low) | 0;
    if (code) i32[entry + (Tlb.codeBytes >>> 2)] = this.codeBytesOf(page);
    return at;
  }

  /** Rights of the translation that {@link lookup} found. */
  #rights = 0;

  /**
   * The translation of an address: from the TLB if it holds one that allows the access, else by a walk, which raises what
   * is to be raised (on hardware too, a violation found in the TLB is found again in the tables before it is reported).
   * @returns -1 where the walk ended in #PF
   */
  #lookup(cache: Translations, low: number, high: number, access: number, user: boolean, smap: boolean): number {
    const { controls } = this;
    const offset = low & 0xfff;
    const page = low & ~0xfff;
    const spaces = this.#spaces;
    const slot = cache.find(page, high, spaces);
    if (slot >= 0) {
      const rights = cache.rights[slot];
      let ept: number = 0;
      if ((access & WRITE) !== 0) ept = Right.EptWrite | Right.EptDirty | Right.Dirty;
      else if ((access & FETCH) !== 0) ept = Right.EptExecute;
      if ((rights & ept) === ept && allows(controls, rights, access, user, smap)) {
        this.#rights = rights;
        this.physical = throughA20(controls, cache.frame[slot]) + offset;
        return this.physical;
      }
    }
    const walk = this.#walk;
    if (!walk.walk(low, high, access, user, smap)) {
      // SDM 3A 4.10.4.1: a page fault invalidates what is held for its page
      this.#data.drop(page, high, spaces);
      this.#fetch.drop(page, high, spaces);
      return -1;
    }
    const { rights } = walk;
    this.#rights = rights;
    this.physical = throughA20(controls, walk.frame) + offset;
    if (controls.mode === PagingMode.None && controls.eptp === 0) return this.physical;
    cache.insert(page, high, rights, walk.frame, spaces);
    const size = (rights >>> Right.sizeShift) & 3;
    if (size !== 0) spaces.noteLarge(low, high, size);
    return this.physical;
  }

  /**
   * To be called whenever CR0, CR3, CR4, EFER, PKRU, VPID, the EPT pointer or root/non-root changed, after the flushes
   * that the change asks for: reads them and chooses the contexts of the tags.
   */
  updateContext(): void {
    const { state, controls } = this;
    const cr0 = state.u32[State.cr0 >>> 2];
    const cr4 = state.u32[State.cr4 >>> 2];
    const efer = state.u32[State.efer >>> 2];
    const longMode = (efer & 0x400) !== 0;
    let mode: number = PagingMode.None;
    if (cr0 >>> 31 !== 0) {
      if (longMode) mode = (cr4 & 0x1000) !== 0 ? PagingMode.Level5 : PagingMode.Level4;
      else mode = (cr4 & 0x20) !== 0 ? PagingMode.Pae : PagingMode.Bits32;
    }
    const nonRoot = state.u32[State.nonRoot >>> 2] !== 0;
    controls.mode = mode;
    controls.writeProtect = (cr0 & 0x10000) !== 0;
    controls.noExecute = (efer & 0x800) !== 0;
    controls.smep = (cr4 & 0x100000) !== 0;
    controls.smap = (cr4 & 0x200000) !== 0;
    controls.pageSizeExtensions = (cr4 & 0x10) !== 0;
    controls.globalPages = (cr4 & 0x80) !== 0;
    controls.protectionKeys = longMode && (cr4 & 0x400000) !== 0;
    controls.pkru = controls.protectionKeys ? state.u32[State.pkru >>> 2] : 0;
    controls.eptp = nonRoot ? state.getNumber(State.eptp) : 0;
    const pcid = (cr4 & 0x20000) !== 0 ? state.u32[State.cr3 >>> 2] & 0xfff : 0;
    this.#spaces.select(nonRoot ? state.u32[State.vpid >>> 2] & 0xffff : 0, controls.eptp, pcid);
    this.#contexts.rulesChanged();
    this.#contexts.updatePrivilege();
  }

  /** To be called when CPL, RFLAGS.AC, the code size or the stack size changed, and nothing else. */
  updatePrivilege(): void {
    this.#contexts.updatePrivilege();
  }

  /** Drops both TLBs' tags (not the translations) and chooses contexts anew: after PhysicalMemory.onRemap. */
  dropTags(): void {
    this.#contexts.dropDataTags();
    this.#contexts.dropFetchTags();
    this.#contexts.forget();
    this.updateContext();
  }

  /** A physical page came to hold decoded code: tags that let stores to it pass unchecked must go. */
  dropWriteTags(physicalPageNumber: number): void {
    const { i32 } = this.state;
    const at = (this.memory.ramBase + physicalPageNumber * 4096) | 0;
    for (
      let entry = Tlb.base >>> 2;
      entry < (Tlb.base + Tlb.entries * Tlb.entrySize) >>> 2;
      entry += Tlb.entrySize >>> 2
    ) {
      if (i32[entry + 2] === 0) continue;
      if (((i32[entry + (Tlb.addend >>> 2)] + (i32[entry + 2] & ~0xfff)) | 0) === at) {
        i32[entry + 2] = 0;
        i32[entry + 3] = 0;
      }
    }
  }

  /** All translations of the present VPID, global ones too (MOV to CR0 and CR4 that change paging). */
  flushAll(): void {
    this.#spaces.flushDomain();
    this.#afterFlush();
  }

  /** All translations of the present PCID but global ones (MOV to CR3). */
  flushNonGlobal(): void {
    this.#spaces.flushSpace();
    this.#afterFlush();
  }

  /** INVLPG: the page of this address in the present PCID, global or not, whatever its size. */
  flushPage(low: number, high: number): void {
    const { current, hash, currentGlobal, globalHash } = this.#spaces;
    this.#flushPageOf(low, high, current, hash);
    this.#flushPageOf(low, high, currentGlobal, globalHash);
  }

  /** INVPCID types 0 to 3 (SDM 3A 4.10.4.1). */
  invalidatePcid(type: number, pcid: number, low: number, high: number): void {
    const spaces = this.#spaces;
    if (type === 0) this.#flushPageOf(low, high, spaces.generationOf(pcid), spaces.hashOf(pcid));
    else if (type === 1) spaces.flushPcid(pcid);
    else if (type === 2) spaces.flushDomain();
    else spaces.flushDomainKeepGlobal();
    this.#afterFlush();
  }

  /** INVVPID types 0 to 3 (SDM 3C 28.4.3.1). */
  invalidateVpid(type: number, vpid: number, low: number, high: number): void {
    const spaces = this.#spaces;
    for (const domain of spaces.domains()) {
      if (type === 2 ? domain.vpid === 0 : domain.vpid !== vpid) continue;
      if (type === 0) {
        for (const [pcid, generation] of domain.spaces) this.#flushPageOf(low, high, generation, hashOf(domain, pcid));
        this.#flushPageOf(low, high, domain.global, domain.hash);
      } else spaces.flush(domain, type !== 3);
    }
    this.#afterFlush();
  }

  /** INVEPT types 1 (the EPT pointer's) and 2 (all) (SDM 3C 28.4.3.1). */
  invalidateEpt(type: number, eptp: number): void {
    const root = Math.floor(eptp / 4096);
    for (const domain of this.#spaces.domains()) {
      if (domain.eptp !== 0 && (type === 2 || Math.floor(domain.eptp / 4096) === root))
        this.#spaces.flush(domain, true);
    }
    this.#afterFlush();
  }

  /** VM entry and exit without VPID: all translations of VPID 0 (SDM 3C 28.4.3.3). */
  flushVpidZero(): void {
    for (const domain of this.#spaces.domains()) if (domain.vpid === 0) this.#spaces.flush(domain, true);
    this.#afterFlush();
  }

  /** Reset of the CPU: everything that it holds. */
  reset(): void {
    this.#data.clear();
    this.#fetch.clear();
    this.#spaces.reset();
    this.dropTags();
  }

  #afterFlush(): void {
    this.#spaces.refresh();
    this.#contexts.rulesChanged();
    this.#contexts.updatePrivilege();
    this.state.u32[State.codeTable >>> 2] = 0;
  }

  /** Drops the translations of a page, whatever its size, in one generation. */
  #flushPageOf(low: number, high: number, generation: number, hash: number): void {
    const size = this.#spaces.largestAt(low, high);
    this.#data.flush(low, high, size, generation, hash);
    this.#fetch.flush(low, high, size, generation, hash);
    this.state.u32[State.codeTable >>> 2] = 0;
  }

  save(): MmuState {
    return this.#cpus.map(({ data, fetch, spaces }) => ({
      data: data.save(),
      fetch: fetch.save(),
      spaces: spaces.save(),
    }));
  }

  load(state: MmuState): void {
    this.#cpus.forEach(({ data, fetch, spaces }, cpu) => {
      data.load(state[cpu].data);
      fetch.load(state[cpu].fetch);
      spaces.load(state[cpu].spaces);
    });
    this.dropTags();
  }

  /** Host-physical address of a linear address by the tables as they are, without side effects or rights; undefined if none. */
  probe(low: number, high: number): number | undefined {
    return probe(this.state, this.memory, this.controls, this.#ept, low, high);
  }

  /** The entries that a walk for a linear address reads, in both dimensions, without side effects. */
  walk(low: number, high: number): WalkView {
    return inspectWalk(this.state, this.memory, this.controls, this.#ept, low, high);
  }

  /** The EPT entries for a guest-physical address, without side effects. */
  walkEpt(eptp: number, address: number): { entries: TableEntry[]; physical: number | undefined } {
    return this.#ept.inspect(eptp, address);
  }

  /** The translations that the TLB holds, valid ones only. */
  tlbEntries(which: 'data' | 'fetch'): TlbEntryView[] {
    return this.#spaces.view(which === 'data' ? this.#data : this.#fetch);
  }
}
