import type { Stop, Target } from '../../hypervisor/target';
import { instructionPointer } from '../inspect/addresses';
import { type Keepsake, SnapshotStore } from './snapshot-store';
import { NO_STOPS, type Stops } from './stops';

/**
 * An instant of a run. The instruction count alone is not enough: a fault or a VM exit changes the state without retiring
 * an instruction, so that a handler's first instruction may have the same count as the one that faulted.
 */
export interface Position {
  readonly instructions: number;
  /** Linear address of the next instruction. */
  readonly address: bigint;
  /** VM exits so far. */
  readonly exits: number;
}

export function samePosition(a: Position, b: Position): boolean {
  return a.instructions === b.instructions && a.address === b.address && a.exits === b.exits;
}

/** A change that the user made by hand, repeated whenever its moment is replayed. */
interface Edit {
  readonly position: Position;
  readonly apply: (target: Target) => void;
}

/** The present, wherever it is. */
export interface Bookmark extends Keepsake {
  readonly settled: boolean;
}

/** Bytes that snapshots may take where they do not tell, and how many there are at least and at most. */
const MEMORY_BUDGET = 2 ** 30;
const LEAST_SNAPSHOTS = 8;
const MOST_SNAPSHOTS = 64;

/** Instructions between snapshots while running forwards, at first and at most. */
const SNAPSHOT_INTERVAL = { least: 100_000, most: 20_000_000 };

/**
 * A target with its past: runs it forwards while leaving snapshots behind, and goes back to any instruction count by
 * restoring the nearest earlier snapshot and replaying. What the user changed by hand (registers, memory) is kept as a
 * list of edits, so that a replay sees them at the same moment; an edit made in the past begins a new future.
 *
 * Snapshots are taken only where an instruction limit was reached: there the state depends on the count alone.
 */
export class Timeline {
  readonly snapshots: SnapshotStore;
  #edits: Edit[] = [];
  /** Edits that the present state contains: the first so many of `#edits`. */
  #applied = 0;
  #lastSnapshot = 0;
  #stops = NO_STOPS;
  #settled = true;

  constructor(readonly target: Target) {
    const first = target.snapshot();
    // Where a target does not say what a snapshot holds, each may hold all of memory.
    const unknown = Math.max(LEAST_SNAPSHOTS, Math.floor(MEMORY_BUDGET / target.memorySize));
    this.snapshots = new SnapshotStore(Math.min(first.bytes === undefined ? unknown : MOST_SNAPSHOTS, MOST_SNAPSHOTS));
    this.snapshots.add({ snapshot: first, edits: 0 }, target.instructions);
    this.#lastSnapshot = target.instructions;
  }

  /** Instructions at the earliest instant that can be gone back to. */
  get start(): number {
    return this.snapshots.all()[0]!.snapshot.instructions;
  }

  /** The present is known to be the first state that has its instruction count: running to that count leads here. */
  get settled(): boolean {
    return this.#settled;
  }

  /** The present of one CPU; of the one that executes next if none is named. */
  position(cpu?: number): Position {
    const { target } = this;
    return {
      instructions: target.instructions,
      address: instructionPointer(target.registers(cpu)),
      exits: target.exitTotal,
    };
  }

  /** Changes made by hand that lie in the present's past. */
  get edits(): number {
    return this.#applied;
  }

  /** Where {@link run} stops, until set otherwise. */
  setStops(stops: Stops): void {
    const { target } = this;
    const before = this.#stops;
    // A target may drop translated code when its breakpoints change: tell it only of changes.
    if (!sameItems(stops.breakpoints, before.breakpoints)) target.setBreakpoints(stops.breakpoints);
    if (!sameItems(stops.exits, before.exits)) target.setBreakOnExits(stops.exits);
    if (!sameItems(stops.watchpoints, before.watchpoints)) target.setWatchpoints(stops.watchpoints);
    if (!sameItems(stops.exceptions, before.exceptions)) target.setBreakOnExceptions(stops.exceptions);
    this.#stops = stops;
  }

  /**
   * Runs to an absolute instruction count as {@link Target.run} does, but no further than the next edit to be repeated:
   * a `limit` may come early, and the caller asks again.
   */
  run(instructions: number, turnOf?: number): Stop {
    this.#repeatEdits();
    const before = this.target.instructions;
    const edit = this.#edits[this.#applied];
    const limit = edit ? Math.min(instructions, edit.position.instructions) : instructions;
    const stop = this.target.run(limit, turnOf);
    // A target may come back early and say no more than `limit`: then the count is not all that led here.
    if (stop.kind !== 'limit' || this.target.instructions < limit) this.#settled = false;
    else if (this.target.instructions > before) {
      this.#settled = true;
      if (this.target.instructions - this.#lastSnapshot >= this.#interval()) this.#keep();
      this.#repeatEdits();
    }
    return stop;
  }

  /** Goes back to the latest snapshot at or before `instructions`. */
  restoreBefore(instructions: number): void {
    this.restore(this.snapshots.latestAtOrBefore(instructions));
  }

  restore(kept: Keepsake | Bookmark): void {
    this.target.restore(kept.snapshot);
    this.#settled = !('settled' in kept) || kept.settled;
    this.#applied = kept.edits;
    this.#lastSnapshot = kept.snapshot.instructions;
    this.#repeatEdits();
  }

  /** The present as it is, to come back to when something is cancelled; not part of the history. */
  bookmark(): Bookmark {
    return { snapshot: this.target.snapshot(), edits: this.#applied, settled: this.#settled };
  }

  /** Leaves a snapshot here; only where a limit was reached. */
  keepHere(): void {
    this.#keep();
  }

  /** Makes a change by hand. Whatever was later than now is forgotten. */
  edit(apply: (target: Target) => void): void {
    const position = this.position();
    this.#edits = this.#edits.slice(0, this.#applied);
    this.#edits.push({ position, apply });
    this.#applied = this.#edits.length;
    this.snapshots.dropAfter(position.instructions);
    apply(this.target);
  }

  #interval(): number {
    const wanted = (this.target.instructions - this.start) / 16;
    return Math.min(Math.max(wanted, SNAPSHOT_INTERVAL.least), SNAPSHOT_INTERVAL.most);
  }

  #keep(): void {
    const { target } = this;
    this.#lastSnapshot = target.instructions;
    this.snapshots.add({ snapshot: target.snapshot(), edits: this.#applied }, target.instructions);
  }

  #repeatEdits(): void {
    for (;;) {
      const edit = this.#edits[this.#applied];
      if (!edit || edit.position.instructions > this.target.instructions) return;
      if (!samePosition(edit.position, this.position())) this.#runTo(edit.position);
      this.#applied++;
      edit.apply(this.target);
    }
  }

  /** From an instruction count's first state to a later one of the same count: behind a fault or an exit. */
  #runTo(position: Position): void {
    const { target } = this;
    const stops = this.#stops;
    this.setStops({ ...NO_STOPS, breakpoints: [position.address] });
    target.run(position.instructions + 1);
    this.setStops(stops);
  }
}

function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
