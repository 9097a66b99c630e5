/**
 * Breakpoints of the debug registers (SDM 3B 17.2), and the watchpoints of whoever debugs the machine from outside. While neither
 * asks for anything this costs one comparison a slice. While data breakpoints are armed, the MMU gives the pages they lie in
 * no tags, so that every access there takes the slow path and is noted; instruction breakpoints are marks on decoded records.
 */
import type { CpuState } from '../cpu-state';
import { State } from '../layout';

/** Bits of DR6. */
export const DebugStatus = { breakpoints: 15, detect: 0x2000, step: 0x4000, task: 0x8000 } as const;

const DR7 = State.dr + 8 * 5;
const RF = 0x10000;
const MOV_SS = 2;

/** R/W fields of DR7: what a breakpoint waits for. */
const Kind = { instruction: 0, write: 1, io: 2, access: 3 } as const;
/** LEN fields of DR7, in bytes. */
const LENGTHS = [1, 2, 8, 4] as const;

/** Kinds of accesses whose tags a page must not have: bits of {@link DebugUnit.watched}. */
export const Watched = { reads: 1, writes: 2 } as const;

/** A stretch of linear memory that is watched from outside. */
export interface Watchpoint {
  /** Linear address, signed. */
  readonly address: number;
  /** In bytes. */
  readonly length: number;
  readonly reads: boolean;
  readonly writes: boolean;
}

/** An access to what is watched from outside. Linear addresses, signed. */
export interface WatchHit {
  /** The first byte that is watched and was accessed. */
  readonly address: number;
  readonly write: boolean;
  /** Where RIP stood: at the instruction that did it. */
  readonly instruction: number;
}

/** One of DR0..DR3 with its fields of DR7. */
interface Breakpoint {
  bit: number;
  kind: number;
  enabled: boolean;
  first: number;
  last: number;
}

export class DebugUnit {
  /** Something is armed for data accesses: accesses must be told to {@link note}. */
  watching = false;
  /** Linear addresses of armed instruction breakpoints. */
  readonly instructions = new Set<number>();
  /** What the present instruction met, as bits of DR6. */
  found = 0;
  /** The watchpoint that the present instruction, or the delivery of an event in front of it, hit. */
  hit: WatchHit | undefined;
  /** Called when an access met something: the slice is to end after the present instruction. */
  onMatch: () => void = () => {};

  #watchpoints: readonly Watchpoint[] = [];
  #breakpoints: Breakpoint[] = [];
  #data: Breakpoint[] = [];
  #io: Breakpoint[] = [];
  /** What the lists were made from. */
  readonly #seen = new Float64Array(5);

  constructor(readonly state: CpuState) {}

  /** Something is armed now, or was when {@link refresh} looked last. */
  get mayDiffer(): boolean {
    return (this.state.u32[DR7 >>> 2] & 0xff) !== 0 || this.#breakpoints.length > 0;
  }

  /**
   * Reads the debug registers anew.
   * @returns what changed: tags of data accesses, marks on instructions
   */
  refresh(): { data: boolean; instructions: boolean } {
    const { state } = this;
    const control = state.u32[DR7 >>> 2];
    const values = [control, 0, 1, 2, 3].map((n, i) => (i === 0 ? n : state.getNumber(State.dr + 8 * n)));
    if (values.every((value, i) => value === this.#seen[i])) return { data: false, instructions: false };
    this.#seen.set(values);
    const data = this.#data.length > 0;
    const marks = [...this.instructions];
    this.#breakpoints = [];
    this.instructions.clear();
    if ((control & 0xff) !== 0) {
      for (let i = 0; i < 4; i++) this.#breakpoints.push(breakpoint(control, i, values[i + 1]));
    }
    const armed = this.#breakpoints.filter(({ enabled }) => enabled);
    for (const { kind, first } of armed) if (kind === Kind.instruction) this.instructions.add(first);
    this.#data = armed.filter(({ kind }) => kind === Kind.write || kind === Kind.access);
    this.#io = armed.filter(({ kind }) => kind === Kind.io);
    this.#rearm();
    return {
      data: data || this.#data.length > 0,
      instructions: marks.length !== this.instructions.size || marks.some((at) => !this.instructions.has(at)),
    };
  }

  get watchpoints(): readonly Watchpoint[] {
    return this.#watchpoints;
  }

  /** Replaces the watchpoints; the caller drops the tags. */
  setWatchpoints(watchpoints: readonly Watchpoint[]): void {
    this.#watchpoints = watchpoints;
    this.#rearm();
  }

  #rearm(): void {
    this.watching = this.#data.length > 0 || this.#watchpoints.length > 0;
  }

  /** What of a page is watched ({@link Watched}); `page` is its signed linear address. */
  watched(page: number): number {
    const end = page + 4095;
    let bits = 0;
    for (const { first, last, kind } of this.#data) {
      if (first <= end && last >= page) bits |= kind === Kind.write ? Watched.writes : Watched.reads | Watched.writes;
    }
    for (const { address, length, reads, writes } of this.#watchpoints) {
      if (address <= end && address + length > page)
        // an instruction that modifies memory looks for a tag of writes only
        bits |= (reads ? Watched.reads | Watched.writes : 0) | (writes ? Watched.writes : 0);
    }
    return bits;
  }

  /**
   * An access that was done, at a signed linear address.
   * @param instruction linear address of the instruction that did it
   */
  note(linear: number, bytes: number, write: boolean, instruction = this.state.linearIp): void {
    const last = linear + bytes - 1;
    for (const { address, length, reads, writes } of this.#watchpoints) {
      if (!(write ? writes : reads) || address > last || address + length <= linear) continue;
      // of an instruction that reads and writes there, the write is told
      if (this.hit !== undefined && (this.hit.write || !write)) continue;
      this.hit = { address: Math.max(address, linear), write, instruction };
      this.onMatch();
    }
    const meets = ({ kind, first, last: end }: Breakpoint): boolean =>
      (kind === Kind.access || (kind === Kind.write && write)) && first <= last && end >= linear;
    if (this.#data.some(meets)) this.#match(meets);
  }

  /** An access to I/O ports that was done; `extensions` is CR4.DE, without which there are no such breakpoints (SDM 3B 17.2.4). */
  noteIo(port: number, bytes: number, extensions = (this.state.u32[State.cr4 >>> 2] & 8) !== 0): void {
    if (this.#io.length === 0 || !extensions) return;
    const meets = ({ kind, first, last }: Breakpoint): boolean =>
      kind === Kind.io && first <= port + bytes - 1 && last >= port;
    if (this.#io.some(meets)) this.#match(meets);
  }

  #match(meets: (breakpoint: Breakpoint) => boolean): void {
    // SDM 3B 17.2.3: bits of breakpoints that are not enabled may be set along with those that are
    for (const each of this.#breakpoints) if (meets(each)) this.found |= each.bit;
    this.onMatch();
  }

  /** Bits of DR6 for the instruction at a signed linear address: 0 unless a breakpoint stops it now. */
  instructionAt(linear: number): number {
    if (!this.instructions.has(linear)) return 0;
    const { u32 } = this.state;
    // SDM 3B 17.3.1.1: RF and the instruction before, if it was MOV SS or POP SS, suppress it
    if ((u32[State.systemFlags >>> 2] & RF) !== 0 || (u32[State.interruptibility >>> 2] & MOV_SS) !== 0) return 0;
    let bits = 0;
    for (const { kind, first, bit } of this.#breakpoints)
      if (kind === Kind.instruction && first === linear) bits |= bit;
    return bits;
  }

  /** What was met goes with the instruction: it is undone, and will be executed again. */
  discard(): void {
    this.found = 0;
    this.hit = undefined;
  }

  /** After an instruction, or the delivery of an event: what was met becomes pending. */
  settle(stepped: boolean): void {
    const pending = State.pendingDebug >>> 2;
    const { u32 } = this.state;
    u32[pending] |= this.found;
    this.found = 0;
    // a single-step trap after MOV SS is lost: the next instruction makes one of its own
    if (stepped && (u32[State.interruptibility >>> 2] & MOV_SS) === 0) u32[pending] |= DebugStatus.step;
  }

  /** Bits of DR6 of the trap that is due now, 0 if none; it is pending no longer. MOV SS holds it off for an instruction. */
  takeDue(): number {
    const { u32 } = this.state;
    const due = u32[State.pendingDebug >>> 2];
    if (due === 0 || (u32[State.interruptibility >>> 2] & MOV_SS) !== 0) return 0;
    u32[State.pendingDebug >>> 2] = 0;
    return due;
  }
}

/** Breakpoint `i` as DR7 and its address register say; the address is aligned to the length (SDM 3B 17.2.5). */
function breakpoint(control: number, i: number, address: number): Breakpoint {
  const fields = (control >>> (16 + 4 * i)) & 15;
  const kind = fields & 3;
  const length = kind === Kind.instruction ? 1 : LENGTHS[fields >>> 2];
  const first = address - ((((address % length) + length) % length) | 0);
  return {
    bit: 1 << i,
    kind,
    enabled: ((control >>> (2 * i)) & 3) !== 0,
    first,
    last: first + length - 1,
  };
}
