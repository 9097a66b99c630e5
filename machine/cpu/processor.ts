import { allForms } from '../../isa/table';
import { ExitReason } from '../../isa/vmx/exit-reasons';
import type { Clock } from '../clock';
import type { InterruptController } from '../devices/device';
import { PageKind, type PhysicalMemory } from '../memory';
import { CodeCache, type CodePage } from './code-cache';
import type { Cpu, InstructionHelper, PortBus } from './cpu';
import { CpuState } from './cpu-state';
import { fillRecord } from './decode-record';
import { ABSENT, asEnumerated } from './enumerated';
import { GuestFault, raise, Vector, waitForInterrupt } from './fault';
import { fpuHelpers } from './fpu/helpers';
import { InstructionReader } from './instruction-reader';
import { InterpreterModule, Skip } from './interpreter';
import { interpreterImage } from './interpreter-image';
import { Record as DecodedRecord, FetchTlb, Handler, Leave, PAGE_SIZE, State } from './layout';
import { SlowPaths } from './slow-paths';
import { branchesOutside, branchOutside, isNearBranch } from './system/branch-limits';
import { type CpuProfile, profileOf } from './system/cpuid';
import { DebugUnit, type Watchpoint } from './system/debug-unit';
import type { CpuEvent } from './system/event';
import { ExceptionStop, type FaultLink, type HeldEvent, TripleFault } from './system/exceptions';
import { instructionHelpers } from './system/helpers';
import { Mmu } from './system/mmu';
import type { Intercepts } from './vmx/intercepts';
import { VmExit } from './vmx/vm-exit';

/** The interpreter is the same for every processor: generated and compiled once. */
let interpreter: { description: InterpreterModule; module: WebAssembly.Module } | undefined;

function interpreterModule(): { description: InterpreterModule; module: WebAssembly.Module } {
  if (!interpreter) {
    const description = new InterpreterModule(allForms(), interpreterImage);
    interpreter = { description, module: new WebAssembly.Module(description.bytes) };
  }
  return interpreter;
}

/** Code tables and records that fit into the arena. */
export const CODE_TABLES = 1024;
export const CODE_RECORDS = 1 << 18;

/** Most regions alive at a time. */
export const REGION_SLOTS = 4096;

/** Exceptions in a row without an instruction that retires, after each so many of which the run loop is told. */
const MANY_WITHOUT_RETIRING = 100;

/** What translates hot code; see translator.ts. */
export interface RegionTranslator {
  /** Translates from an offset of a page; false if nothing could be translated. */
  translate(page: CodePage, offset: number): boolean;
}

/**
 * The CPU whose turn it is: state in linear memory, the interpreter instance over it, the decoded-code cache. It executes slices; when a
 * slice ends and what happens between slices (interrupts, halts, time) is the machine's business (machine.ts).
 */
export class Processor implements Cpu {
  readonly state: CpuState;
  readonly mmu: Mmu;
  readonly debug: DebugUnit;
  readonly code: CodeCache;
  readonly table: WebAssembly.Table;
  /** Number of the CPU whose state this is now, and its initial APIC ID. */
  apicId = 0;
  localApic: { taskPriority: number } | undefined;
  spinHint: (() => void) | undefined;
  /** What CPUID says; undefined is the default profile. */
  profile: CpuProfile | undefined;
  ports: PortBus = { readPort: () => 0xffffffff, writePort: () => {} };
  interrupts: InterruptController = { pending: () => false, acknowledge: () => 0, onChange: () => {} };
  executeVmx: InstructionHelper | undefined;
  readPlatformMsr: (index: number) => bigint | undefined = () => undefined;
  writePlatformMsr: (index: number, value: bigint) => boolean = () => false;
  floatingPointError: ((pending: boolean) => boolean) | undefined;
  translator: RegionTranslator | undefined;
  /** Linear addresses before which `run` leaves. */
  readonly breakpoints = new Set<number>();
  /** Instructions retired since power-on, up to the start of the present slice. */
  retiredBefore = 0;
  /** Set by {@link deliverFault} and VM-exit handling: the run loop must be left. */
  stop: (() => boolean) | undefined;
  /** Delivers an exception that an instruction raised; true = leave the run loop. */
  deliverFault: (fault: GuestFault) => boolean = () => true;
  /** An event whose delivery waits for the machine to go on. */
  held: HeldEvent | undefined;
  onException: ((event: CpuEvent, detail: string, chain: readonly FaultLink[]) => void) | undefined;
  /** Takes a VM exit; true = leave the run loop. */
  takeVmExit: (exit: VmExit) => boolean = () => true;
  /** The CPU gets no further: so many exceptions in a row, each delivery leading to the next. {@link stop} may end the slice. */
  onStuck: (exceptions: number) => void = () => {};
  /** The processor went into shutdown; true = leave the run loop. */
  tripleFault: (fault: TripleFault) => boolean = () => true;

  #intercepts: Intercepts | undefined;
  #pending: unknown;
  readonly #fault = new GuestFault();
  #sliceSize = 0;
  #inHelper = false;
  #endSlice = false;
  readonly #run: (skip: number) => void;
  /** The interpreter's function behind stores into pages with code, for the translator's regions. */
  readonly codeStore: unknown;
  readonly #reader: InstructionReader;
  readonly #description: InterpreterModule;
  #scratch = 0;

  constructor(
    readonly linear: WebAssembly.Memory,
    readonly memory: PhysicalMemory,
    readonly clock: Clock,
    codeBase: number,
    readonly cpuCount = 1,
  ) {
    this.state = new CpuState(linear.buffer);
    this.code = new CodeCache(
      this.state,
      { base: codeBase, tables: CODE_TABLES, records: CODE_RECORDS },
      memory.kinds.length,
    );
    this.mmu = new Mmu(
      this.state,
      memory,
      (page) => this.code.hasCode(page),
      (page) => this.code.codeBytesOf(page),
      cpuCount,
    );
    this.#reader = new InstructionReader(memory, this.mmu);
    this.debug = new DebugUnit(this.state);
    this.debug.onMatch = () => this.endSlice();
    this.mmu.debug = this.debug;
    this.mmu.onCodeLimit = () => this.code.flush();
    this.code.retired = () => this.retired;
    this.code.onFirstCode = (page) => this.mmu.dropWriteTags(page);
    this.code.onFlush = () => {
      this.mmu.dropTags();
      this.state.set32(State.codeTable, 0);
      this.#scratch = 0;
    };
    memory.onForeignWrite = (address, length) => this.#written(address, length);
    memory.onRemap = () => this.mmu.dropTags();
    this.table = new WebAssembly.Table({ element: 'anyfunc', initial: REGION_SLOTS });
    const slow = new SlowPaths(this, (thrown) => this.#note(thrown));
    const { description, module } = interpreterModule();
    this.#description = description;
    const instance = new WebAssembly.Instance(module, {
      e: {
        memory: linear,
        table: this.table,
        load: (low: number, high: number, bytes: number) => slow.load(low, high, bytes),
        loadForModify: (low: number, high: number, bytes: number) => slow.loadForModify(low, high, bytes),
        store: (low: number, high: number, bytes: number, valueLow: number, valueHigh: number) =>
          slow.store(low, high, bytes, valueLow, valueHigh),
        checkSegment: (slot: number, low: number, high: number, bytes: number, write: number) =>
          slow.checkSegment(slot, low, high, bytes, write),
        raise: (vector: number, errorCode: number) => this.#raise(vector, errorCode),
        decode: () => this.#decode(),
        fetch: () => this.#fetch(),
        helper: (record: number) => this.#helper(record),
        deliver: () => this.#deliver(),
      },
    });
    this.#run = instance.exports.run as (skip: number) => void;
    this.codeStore = instance.exports.codeStore;
    this.state.set32(State.heatThreshold, 0x10000);
  }

  get intercepts(): Intercepts | undefined {
    return this.#intercepts;
  }

  set intercepts(intercepts: Intercepts | undefined) {
    this.#intercepts = intercepts;
    this.mmu.intercepts = intercepts;
  }

  /** Instructions retired since power-on, exact at any moment. */
  get retired(): number {
    return (
      this.retiredBefore + this.#sliceSize - this.state.i32[State.cut >>> 2] - this.state.i32[State.remaining >>> 2]
    );
  }

  /**
   * Executes up to `count` instructions.
   * @param skip pass over a breakpoint at the first one
   * @returns why it came back ({@link Leave}); Slice also where something cut the slice short
   */
  slice(count: number, skip: boolean): number {
    const { u32 } = this.state;
    this.#sliceSize = count;
    this.#setRemaining(count);
    u32[State.boundary >>> 2] = 0;
    if (this.debug.mayDiffer) this.#refreshDebug();
    const start = this.state.linearIp;
    let first = skip && this.debug.instructions.size === 0;
    let leave: number;
    for (;;) {
      this.#run(first ? Skip.Breakpoint : Skip.Nothing);
      first = false;
      leave = u32[State.leave >>> 2];
      if (leave === Leave.Hot) {
        const table = u32[State.codeTable >>> 2];
        if (table !== 0) this.#translate(this.code.pageOfTable(table), u32[State.offset >>> 2]);
        continue;
      }
      if (leave === Leave.Breakpoint) {
        const at = this.state.linearIp;
        const passed = skip && at === start && this.retired === this.retiredBefore;
        if (this.breakpoints.has(at) && !passed) break;
        if (this.#instructionBreakpoint(at)) {
          if (this.#deliver() === 0) continue;
          leave = Leave.Stop;
          break;
        }
        first = true; // passed over, or the same code under another address
        continue;
      }
      break;
    }
    this.retiredBefore = this.retired;
    this.#sliceSize = 0;
    this.#setRemaining(0);
    return leave;
  }

  #setRemaining(count: number): void {
    const { i32, betweenIterations } = this.state;
    i32[State.remaining >>> 2] = count;
    i32[State.cut >>> 2] = 0;
    i32[State.iteration >>> 2] = betweenIterations ? count + 1 : 0;
  }

  /** Host-physical address of the instruction in hand; -1 where its page has not been fetched. */
  get codeAddress(): number {
    const table = this.state.u32[State.codeTable >>> 2];
    if (table === 0) return -1;
    const { page, cached } = this.code.pageOfTable(table);
    return cached ? page * PAGE_SIZE + this.state.u32[State.offset >>> 2] : -1;
  }

  /** Lets the present slice end after one more instruction. To be called from a VM exit's handler. */
  stepOnce(): void {
    this.shortenSlice(1);
  }

  /** A slice is under way. */
  get running(): boolean {
    return this.#sliceSize > 0;
  }

  /** Lets the present slice end after at most `count` more instructions, the one in hand among them. */
  shortenSlice(count: number): void {
    const { i32 } = this.state;
    const excess = i32[State.remaining >>> 2] - count;
    if (excess <= 0) return;
    i32[State.cut >>> 2] += excess;
    i32[State.remaining >>> 2] = count;
  }

  /** A VMM did an instruction in the guest's stead: it counts as retired. */
  countRetired(): void {
    if (this.#sliceSize > 0) this.state.i32[State.remaining >>> 2]--;
    else this.retiredBefore++;
  }

  /** Reads the debug registers: what they ask for is in force from the next instruction on. */
  #refreshDebug(): void {
    const { data, instructions } = this.debug.refresh();
    if (data) this.mmu.dropTags();
    if (instructions) this.code.flush();
  }

  /** Replaces the stretches of linear memory that are watched from outside; what was hit before is forgotten. */
  setWatchpoints(watchpoints: readonly Watchpoint[]): void {
    this.debug.setWatchpoints(watchpoints);
    this.debug.hit = undefined;
    this.mmu.dropTags();
  }

  /** Notes #DB where the debug registers have a breakpoint on the instruction at a linear address that stops it now. */
  #instructionBreakpoint(linear: number): boolean {
    const status = this.debug.instructionAt(linear);
    if (status === 0) return false;
    const fault = this.#fault.with(Vector.DB, undefined, 'an instruction breakpoint of the debug registers');
    fault.debugStatus = status;
    fault.setsResume = false;
    this.#note(fault);
    return true;
  }

  #translate(page: CodePage, offset: number): void {
    if (!page.cached || page.refused.has(offset) || this.code.churns(page)) return;
    // heat wraps: an entry of a region comes by again every 65536 times
    const record = this.code.recordAt(page, offset);
    if (this.state.u16[(record + DecodedRecord.handler) >>> 1] === Handler.Region) return;
    if (!this.translator?.translate(page, offset)) page.refused.add(offset);
  }

  endSlice(): void {
    if (this.#inHelper) this.#endSlice = true;
    else this.state.u32[State.boundary >>> 2] = 1;
  }

  flushCode(): void {
    this.code.flush();
  }

  /** Replaces the set of breakpoints; decoded code is kept. */
  setBreakpoints(addresses: Iterable<number>): void {
    this.breakpoints.clear();
    for (const address of addresses) this.breakpoints.add(address);
    // handlers are patched when a page is next entered and when code is decoded
    this.code.flush();
  }

  // ---------------------------------------------------------------- called by the interpreter

  #note(thrown: unknown): void {
    const known = [GuestFault, VmExit, TripleFault, ExceptionStop].some((kind) => thrown instanceof kind);
    if (!known) throw thrown;
    this.#pending = thrown; // nothing else can be thrown before it is delivered
    this.state.u32[State.fault >>> 2] = 1;
  }

  #raise(vector: number, errorCode: number): void {
    this.#pending = this.#fault.with(vector, hasErrorCode(vector) ? errorCode : undefined, '');
    this.state.u32[State.fault >>> 2] = 1;
  }

  /** Delivers what was noted; 1 = leave the interpreter. */
  #deliver(): number {
    this.state.u32[State.fault >>> 2] = 0;
    const pending = this.#pending;
    this.#pending = undefined;
    this.debug.discard();
    const leave = this.handle(pending);
    if (this.debug.found !== 0 || this.debug.hit !== undefined) this.#cut();
    return leave || this.stop?.() ? 1 : 0;
  }

  /** Ends the slice here: the interpreter reads what remains anew. */
  #cut(): void {
    const { state } = this;
    const { betweenIterations } = state;
    state.u32[State.boundary >>> 2] = 0;
    state.i32[State.cut >>> 2] += state.i32[State.remaining >>> 2];
    state.i32[State.remaining >>> 2] = 0;
    if (betweenIterations) state.i32[State.iteration >>> 2] = 1;
  }

  /** Delivers an exception or takes a VM exit that was thrown; true = leave the run loop. Anything else is a bug. */
  handle(thrown: unknown): boolean {
    if (isException(thrown)) this.#countException();
    let next = thrown;
    for (;;) {
      try {
        if (next instanceof GuestFault) return this.deliverFault(next);
        if (next instanceof VmExit) return this.takeVmExit(next);
        if (next instanceof TripleFault) return this.tripleFault(next);
        if (next instanceof ExceptionStop) {
          // it is raised again when the machine goes on, and counts then
          if (next.held === undefined && isException(thrown)) this.#discountException();
          this.held = next.held;
          return true;
        }
      } catch (another) {
        next = another;
        continue;
      }
      throw next;
    }
  }

  #discountException(): void {
    const { u32 } = this.state;
    if (u32[State.exceptions >>> 2] > 0) u32[State.exceptions >>> 2]--;
    else u32[State.exceptionAt >>> 2]--;
  }

  #countException(): void {
    const { u32 } = this.state;
    const retired = this.retired >>> 0;
    if (retired !== u32[State.exceptionAt >>> 2]) {
      u32[State.exceptionAt >>> 2] = retired;
      u32[State.exceptions >>> 2] = 0;
    } else if (++u32[State.exceptions >>> 2] % MANY_WITHOUT_RETIRING === 0) this.onStuck(u32[State.exceptions >>> 2]);
  }

  /** Runs an instruction that is written in TypeScript. */
  #helper(record: number): number {
    const { state } = this;
    const decoded = this.code.decodedOf(record);
    this.#inHelper = true;
    this.#endSlice = false;
    state.ripAssigned = false;
    let leave = false;
    try {
      const helper = isNearBranch(decoded)
        ? branchOutside
        : (instructionHelpers.get(decoded.form.mnemonic) ?? fpuHelpers.get(decoded.form.mnemonic));
      if (!helper || decoded.form.id === ABSENT)
        raise(
          Vector.UD,
          undefined,
          `CPUID does not enumerate ${decoded.form.feature}, which ${decoded.form.mnemonic} is of`,
        );
      helper(this, decoded);
      if (!state.ripAssigned) state.u32[State.offset >>> 2] += decoded.length;
      state.i32[State.remaining >>> 2]--;
    } catch (thrown) {
      this.#inHelper = false;
      this.debug.discard();
      if (thrown === waitForInterrupt) {
        // time goes on while the instruction waits
        state.i32[State.remaining >>> 2]--;
        this.#endSlice = true;
      } else leave = this.handle(thrown);
    }
    this.#inHelper = false;
    if (this.#endSlice || state.u32[State.boundary >>> 2] !== 0) this.#cut();
    return leave || this.stop?.() ? 1 : 0;
  }

  /** Finds the code table of the page that execution is in. 1 = leave the interpreter. */
  #fetch(): number {
    const { state, mmu } = this;
    const { i32, u32 } = state;
    // the last instruction of a page was done, then a turn or a flush took the page's table away
    if (u32[State.offset >>> 2] >= PAGE_SIZE) {
      this.#toNextPage();
      return 0;
    }
    try {
      const low = i32[State.linearPage >>> 2];
      const high = i32[(State.linearPage >>> 2) + 1];
      if (state.codeBits === 64 && !mmu.isCanonical(low, high)) raise(Vector.GP, 0, 'RIP is not canonical');
      // SDM 3A table 6-2: code breakpoints come before faults of the fetch
      if (this.debug.instructions.size > 0 && this.#instructionBreakpoint(state.linearIp)) return this.#deliver();
      // with the offset: CR2 and the fields of an EPT violation name the instruction
      const physical = mmu.translateFetch(low | u32[State.offset >>> 2], high);
      const page = Math.floor(physical / PAGE_SIZE);
      const cached = this.memory.kindOf(physical) !== PageKind.Mmio;
      const code = this.code.pageFor(cached ? page : -1, this.#mode(), cached);
      u32[State.codeTable >>> 2] = code.table;
      if (!cached) return 0;
      const entry = (FetchTlb.base + ((low >>> 12) & (FetchTlb.entries - 1)) * FetchTlb.entrySize) >>> 2;
      i32[entry] = low | u32[State.fetchContext >>> 2];
      i32[entry + 1] = high;
      u32[entry + (FetchTlb.table >>> 2)] = code.table;
      const linearPage = state.getNumber(State.linearPage);
      if (this.breakpoints.size > 0) this.#patchBreakpoints(code, linearPage, this.breakpoints);
      if (this.debug.instructions.size > 0) this.#patchBreakpoints(code, linearPage, this.debug.instructions);
      return 0;
    } catch (thrown) {
      this.#note(thrown);
      return this.#deliver();
    }
  }

  /** (code bits: 0 16, 1 32, 2 64) * 3 + the same of the stack size; 9 more in a code segment with a limit to be met. */
  #mode(): number {
    const { state } = this;
    const size = state.i32[(State.stackMask >>> 2) + 1] !== 0 ? 2 : state.u32[State.stackMask >>> 2] > 0xffff ? 1 : 0;
    return (state.codeBits >> 5) * 3 + size + (this.mmu.codeLimited ? 9 : 0);
  }

  /** Records that were decoded before a breakpoint was set on their address, or through another address. */
  #patchBreakpoints(code: CodePage, linearPage: number, addresses: ReadonlySet<number>): void {
    for (const address of addresses) {
      const offset = address - linearPage;
      if (offset < 0 || offset >= PAGE_SIZE) continue;
      const record = this.code.recordAt(code, offset);
      if (record === 0) continue;
      this.code.dropRegions(code, offset, offset);
      this.state.u16[(record + DecodedRecord.handler) >>> 1] = Handler.Breakpoint;
    }
  }

  /** Execution ran over the end of the page: State.offset counts from the next one. */
  #toNextPage(): void {
    const { state } = this;
    const page = state.getNumber(State.linearPage) + PAGE_SIZE;
    state.setNumber(State.linearPage, state.codeBits === 64 ? page : page % 4294967296);
    state.u32[State.offset >>> 2] -= PAGE_SIZE;
    state.u32[State.codeTable >>> 2] = 0;
  }

  /** Decodes at State.offset; 0 where the state must be looked at again. */
  #decode(): number {
    const { state } = this;
    const { u32 } = state;
    u32[0] = 0; // the null record counts no heat
    const offset = u32[State.offset >>> 2];
    if (offset >= PAGE_SIZE) {
      this.#toNextPage();
      return 0;
    }
    try {
      if (this.debug.instructions.size > 0 && this.#instructionBreakpoint(state.linearIp)) return 0;
      const code = this.code.pageOfTable(u32[State.codeTable >>> 2]);
      return this.decodeAt(code, offset) ?? 0;
    } catch (thrown) {
      this.#note(thrown);
      return 0;
    }
  }

  /**
   * Decodes the instruction at an offset of the page that execution is in.
   * @returns the record; undefined if the cache had to be flushed first
   */
  decodeAt(code: CodePage, offset: number): number | undefined {
    const { state } = this;
    const bits = state.codeBits;
    const linear = state.getNumber(State.linearPage) + offset;
    const ip = bits === 64 ? 0 : linear - state.segmentBase(1);
    if (bits !== 64 && ip > state.segmentLimit(1) && ip >= 0)
      raise(Vector.GP, 0, 'the instruction lies beyond the CS limit');
    const { decoded: plain, crossing } = this.#reader.read(code, offset, linear, bits);
    const decoded = asEnumerated(plain, profileOf(this));
    if (bits !== 64 && ip + decoded.length - 1 > state.segmentLimit(1) && ip >= 0)
      raise(Vector.GP, 0, 'the instruction reaches beyond the CS limit');
    const record = this.code.allocate(decoded);
    if (record === 0) {
      this.code.flush();
      return undefined;
    }
    fillRecord(state, record, decoded, offset, this.#description);
    if (branchesOutside(this, decoded, linear)) {
      // its helper is a TypeScript one, which raises #GP(0) if the branch is taken
      state.u16[(record + DecodedRecord.handler) >>> 1] = Handler.Helper;
      state.u16[(record + DecodedRecord.interpret) >>> 1] = Handler.Helper;
    }
    if (this.breakpoints.has(linear) || this.debug.instructions.has(linear))
      state.u16[(record + DecodedRecord.handler) >>> 1] = Handler.Breakpoint;
    if (crossing || !code.cached) {
      this.code.release(this.#scratch);
      this.#scratch = record;
    } else this.code.insert(code, offset, record, decoded.length);
    return record;
  }

  #written(address: number, length: number): void {
    let at = address;
    const end = address + length;
    while (at < end) {
      const page = Math.floor(at / PAGE_SIZE);
      const last = Math.min(end, (page + 1) * PAGE_SIZE) - 1;
      if (this.code.hasCode(page)) this.code.written(page, at - page * PAGE_SIZE, last - page * PAGE_SIZE);
      at = last + 1;
    }
  }
}

/** An exception of the guest, to be delivered or taken as a VM exit. */
const isException = (thrown: unknown): boolean =>
  thrown instanceof GuestFault || (thrown instanceof VmExit && thrown.reason === ExitReason.ExceptionOrNmi);

const hasErrorCode = (vector: number): boolean =>
  vector === 8 || (vector >= 10 && vector <= 14) || vector === 17 || vector === 21;
