import type { Stop } from '../../hypervisor/target';
import { instructionPointer, stackPointer } from '../inspect/addresses';
import { type FlowKind, flowAt, type InstructionReader } from './control-flow';
import { Turn } from './event-loop';
import type { Execution, Halt } from './execution';
import type { CodeLines } from './forward';
import type { Keepsake } from './snapshot-store';
import { NO_STOPS, type Stops } from './stops';
import { type Bookmark, type Position, samePosition } from './timeline';

/** One instruction of the past: the state in front of it. */
interface Moment {
  readonly instructions: number;
  readonly address: bigint;
  readonly stack: bigint;
  readonly kind: FlowKind;
  readonly fallThrough: bigint;
}

/** Where a procedure stands: the linear address of its next instruction and of the top of its stack. */
interface Place {
  readonly address: bigint;
  readonly stack: bigint;
}

/** What a search through the past looks for. */
interface Search {
  readonly stops: Stops;
  readonly matches: (stop: Stop) => boolean;
  /** The access that led to where the search begins is one of those looked for. */
  readonly lastAccess?: boolean;
}

/** Instructions looked at one by one for a step back by line: at first, and at most before giving up at the last found. */
const WINDOW = { first: 64, growth: 8, last: 1 << 18 };
/** Distances in front of the goal of a long replay at which snapshots are left, for the steps back that follow. */
const MARKS = [1_000_000, 100_000, 10_000, 1_000];

/** Grid of slices in a search, in instructions: the same in each replay, whatever the speed. */
const SLICE = 50_000;

/** Kinds of stops that the user may have asked for. */
const TOLD: readonly Stop['kind'][] = ['breakpoint', 'exit', 'watchpoint', 'exception'];

/** Thrown inside, caught at the edge: the user cancelled, and all goes back to where it began. */
class Cancelled extends Error {}

/** Steps into the past, by replay from snapshots. A step is of one CPU; the others are where they were then. */
export class Backward {
  constructor(
    private readonly execution: Execution,
    private readonly read: InstructionReader,
    private readonly lines: CodeLines,
  ) {}

  /** The state at an instruction count, earlier or later than now. */
  goto(instructions: number): Promise<Halt> {
    return this.#cancellable(async () => {
      const { timeline, target } = this.execution;
      await this.#seek(Math.max(instructions, timeline.start));
      return target.instructions < instructions ? { kind: 'pause' } : { kind: 'goto' };
    });
  }

  /** To in front of the instruction that was executed last. */
  stepInstruction(cpu: number): Promise<Halt> {
    return this.#cancellable(async () => {
      const { timeline } = this.execution;
      const here = timeline.position(cpu);
      if (!timeline.settled) {
        await this.#seek(here.instructions);
        if (!samePosition(timeline.position(cpu), here)) return { kind: 'step' };
      }
      if (here.instructions <= timeline.start) return { kind: 'history-start' };
      if (this.execution.target.cpus > 1) return this.#stepOwn(here.instructions, cpu);
      await this.#seek(here.instructions - 1);
      return { kind: 'step' };
    });
  }

  /**
   * To in front of the instruction that a CPU executed last before `end`, while others may have gone on since. How many it has
   * retired only grows, so the place is found by halving.
   */
  async #stepOwn(end: number, cpu: number): Promise<Halt> {
    const { timeline, target } = this.execution;
    const done = target.instructionsOf(cpu);
    let after = end;
    let before = end - 1;
    for (let distance = 1; ; distance *= 4) {
      before = Math.max(end - distance, timeline.start);
      await this.#seek(before);
      if (target.instructionsOf(cpu) < done) break;
      if (before === timeline.start) return { kind: 'history-start' };
      after = before;
    }
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      await this.#seek(middle);
      if (target.instructionsOf(cpu) < done) before = middle;
      else after = middle;
    }
    await this.#seek(before);
    return { kind: 'step' };
  }

  /** To the beginning of the source line that was executed before this one in the same procedure, or in its caller. */
  stepLine(cpu: number): Promise<Halt> {
    return this.#cancellable(() => this.#stepLine(cpu));
  }

  /** To the last breakpoint, exit or exception before now, or in front of the last access to what is watched. */
  reverseContinue(cpu: number): Promise<Halt> {
    return this.#cancellable(async () => {
      const { execution } = this;
      const { timeline, stops } = execution;
      const before = timeline.position(cpu);
      const matches = (stop: Stop) => execution.hooks.accept(stop, true);
      const anything = Object.values(stops).some((list) => list.length > 0);
      for (const lastAccess of anything ? [true, false] : []) {
        const found = await this.#findLast({ stops, matches, lastAccess }, before, cpu);
        if (!found) break;
        if (found.kind !== 'watchpoint') return found as Halt;
        if (await this.#inFrontOf(found)) return { ...found, ahead: true };
        if (!samePosition(timeline.position(cpu), before)) return found;
      }
      await this.#seek(timeline.start);
      return { kind: 'history-start' };
    });
  }

  /**
   * From behind an access to in front of the instruction that made it. False, and the state as it was, where that is not the state
   * one instruction earlier: the access was of the delivery of an event.
   */
  async #inFrontOf(access: Extract<Stop, { kind: 'watchpoint' }>): Promise<boolean> {
    const { timeline, target } = this.execution;
    const behind = timeline.bookmark();
    const maker = target.currentCpu;
    if (target.instructions > timeline.start) {
      await this.#seek(target.instructions - 1);
      if (target.currentCpu === maker && timeline.position().address === access.instruction) return true;
    }
    timeline.restore(behind);
    return false;
  }

  async #cancellable(operation: () => Promise<Halt>): Promise<Halt> {
    const { timeline } = this.execution;
    const home: Bookmark = timeline.bookmark();
    try {
      return await operation();
    } catch (error) {
      if (!(error instanceof Cancelled)) throw error;
      timeline.restore(home);
      return { kind: 'cancelled' };
    }
  }

  /** Goes to an instruction count, through a snapshot where that is nearer; leaves marks on the way. */
  async #seek(instructions: number): Promise<void> {
    const { execution } = this;
    const { timeline, target } = execution;
    const kept = timeline.snapshots.latestAtOrBefore(instructions);
    const ahead = target.instructions < instructions || (target.instructions === instructions && timeline.settled);
    if (!ahead || kept.snapshot.instructions > target.instructions) timeline.restore(kept);
    const from = target.instructions;
    for (const mark of [...MARKS.map((distance) => instructions - distance), instructions]) {
      if (mark <= target.instructions) continue;
      const halt = await execution.run({ blind: true, limit: mark, progress: { from, to: instructions } });
      if (halt !== 'goal' && halt.kind === 'pause') throw new Cancelled();
      if (halt !== 'goal' || target.instructions < mark) return;
      if (mark !== instructions) timeline.keepHere();
    }
  }

  async #stepLine(cpu: number): Promise<Halt> {
    const { timeline } = this.execution;
    const here = timeline.position(cpu);
    const sourced = this.lines.lineAt(here.address) !== undefined;
    /** Returns that no call leads to: jumps, in truth. */
    const jumps = new Set<number>();

    // Walks back through the moments of the present procedure, a window of history at a time.
    let next: Place = { address: here.address, stack: stackPointer(this.execution.target.registers(cpu)) };
    let end: Position = here;
    let chosen: Moment | undefined;
    for (let size = WINDOW.first; ; size = Math.min(size * WINDOW.growth, WINDOW.last)) {
      const moments = await this.#trace(Math.max(end.instructions - size, timeline.start), end, cpu);
      let i = moments.length;
      while (i > 0) {
        const last = moments[i - 1]!;
        const before = this.#previous(moments, i, next, jumps);
        if (before === undefined) {
          const call = moments[0]!.instructions > timeline.start && (await this.#findCall(last, next, end, cpu));
          if (!call) {
            jumps.add(last.instructions);
            continue;
          }
          end = { instructions: call.instructions + 1, address: next.address, exits: -1 };
          size = WINDOW.first / WINDOW.growth;
          break;
        }
        i = before;
        const moment = moments[i]!;
        if (last.kind === 'return' && samePlace(moment, next)) {
          // Where a handler was entered: the instruction there has not been executed yet.
          next = moment;
          end = { ...moment, exits: -1 };
          continue;
        }
        if (chosen && this.#endsAt(chosen, moment)) return this.#arrive(chosen);
        next = moment;
        end = { ...moment, exits: -1 };
        const line = this.lines.lineAt(moment.address);
        if (line === undefined && sourced) continue;
        chosen = moment;
        if (line === undefined) return this.#arrive(chosen);
      }
      const exhausted = i === 0 && (end.instructions <= timeline.start || moments.length === 0);
      if (exhausted) return chosen ? this.#arrive(chosen) : this.#toStart();
      if (i === 0 && size >= WINDOW.last) return chosen ? this.#arrive(chosen) : this.#arrive(moments[0]!);
    }
  }

  async #arrive(moment: Moment): Promise<Halt> {
    await this.#seek(moment.instructions);
    return { kind: 'step' };
  }

  async #toStart(): Promise<Halt> {
    await this.#seek(this.execution.timeline.start);
    return { kind: 'history-start' };
  }

  /** Whether `chosen` is where its line began, `before` being what was executed before it. */
  #endsAt(chosen: Moment, before: Moment): boolean {
    if (before.kind === 'repeat' && before.address === chosen.address) return false;
    if (this.lines.startsLine(chosen.address)) return true;
    return this.lines.lineAt(before.address) !== this.lines.lineAt(chosen.address);
  }

  /**
   * Index of the moment that comes before the one at `index` in the same procedure: over what was called, and over
   * handlers of interrupts. `undefined` where that lies before the moments known.
   */
  #previous(moments: readonly Moment[], index: number, next: Place, jumps: ReadonlySet<number>): number | undefined {
    const before = moments[index - 1]!;
    if (before.kind !== 'return' || jumps.has(before.instructions)) return index - 1;
    for (let call = index - 2; call >= 0; call--) {
      if (leadsTo(moments[call]!, before, next)) return call;
    }
    return undefined;
  }

  /** Searches the past for the call that the return `last` came back from. */
  async #findCall(last: Moment, next: Place, end: Position, cpu: number): Promise<Moment | undefined> {
    const { target } = this.execution;
    const { codeBits } = target.registers(cpu);
    const addresses = [next.address];
    for (let length = 1n; length <= 15n; length++) {
      const bytes = target.readVirtual(next.address - length, Number(length), cpu);
      if (this.read(bytes, codeBits)?.length === Number(length)) addresses.push(next.address - length);
    }
    const matches = () => target.currentCpu === cpu && leadsTo(this.#moment(cpu), last, next);
    const found = await this.#findLast({ stops: { ...NO_STOPS, breakpoints: addresses }, matches }, end, cpu);
    return found ? this.#moment(cpu) : undefined;
  }

  /** @param known what was decoded before, by address: the same few instructions come again and again */
  #moment(cpu: number, known = new Map<bigint, Pick<Moment, 'kind' | 'fallThrough'>>()): Moment {
    const { target } = this.execution;
    const registers = target.registers(cpu);
    const address = instructionPointer(registers);
    let flow = known.get(address);
    if (!flow) {
      const { kind, fallThrough } = flowAt(target, this.read, registers, cpu);
      flow = { kind, fallThrough };
      known.set(address, flow);
    }
    return { instructions: target.instructions, address, stack: stackPointer(registers), ...flow };
  }

  /** Every state from an instruction count to just before `end`, by single steps. */
  async #trace(from: number, end: Position, cpu: number): Promise<Moment[]> {
    const { execution } = this;
    const { timeline, target } = execution;
    await this.#seek(from);
    timeline.setStops(NO_STOPS);
    const turn = new Turn();
    const moments: Moment[] = [];
    const known = new Map<bigint, Moment>();
    while (target.instructions < end.instructions) {
      if (execution.interrupted) throw new Cancelled();
      if (target.currentCpu !== cpu) {
        if (timeline.run(end.instructions, cpu).kind !== 'limit') break;
        continue;
      }
      const moment = this.#moment(cpu, known);
      if (moment.instructions !== moments.at(-1)?.instructions) moments.push(moment);
      if (timeline.run(target.instructions + 1).kind !== 'limit') break;
      await turn.yieldIfDue();
    }
    // In front of a fault's handler there is the instruction that faulted, with the same count.
    const last = this.#moment(cpu);
    if (end.exits >= 0 && last.instructions === end.instructions && last.address !== end.address) moments.push(last);
    return moments;
  }

  /** Goes to the last stop before `before` that matches; `undefined` where there is none (the state is then anywhere). */
  async #findLast(search: Search, before: Position, cpu: number): Promise<Stop | undefined> {
    const { timeline, hooks } = this.execution;
    const intervals = timeline.snapshots.all().filter((k) => k.snapshot.instructions <= before.instructions);
    let end = before.instructions;
    for (const kept of intervals.reverse()) {
      let last = -1;
      await this.#replay(kept, end, search, before, cpu, (ordinal) => {
        last = ordinal;
        return false;
      });
      if (last >= 0) return this.#replay(kept, end, search, before, cpu, (ordinal) => ordinal === last);
      end = kept.snapshot.instructions;
      hooks.replaying(before.instructions - end, before.instructions - timeline.start);
    }
    return undefined;
  }

  /**
   * Replays one interval from its snapshot, reporting each stop that matches by its number, until told to stay.
   * Slices lie on a grid from the snapshot on, so that a second replay counts the same stops.
   */
  async #replay(
    kept: Keepsake,
    end: number,
    search: Search,
    before: Position,
    cpu: number,
    stay: (ordinal: number) => boolean,
  ): Promise<Stop | undefined> {
    const { execution } = this;
    const { timeline, target } = execution;
    timeline.restore(kept);
    timeline.setStops(search.stops);
    const start = target.instructions;
    const turn = new Turn();
    let ordinal = 0;
    const consider = (stop: Stop): boolean => {
      const here = samePosition(timeline.position(cpu), before);
      if (here && !(search.lastAccess && stop.kind === 'watchpoint')) return false;
      if (!search.matches(stop)) return false;
      return stay(ordinal++);
    };
    const atBreakpoint = (): Stop | undefined => {
      const address = instructionPointer(target.registers());
      return search.stops.breakpoints.includes(address) ? { kind: 'breakpoint', address } : undefined;
    };
    const first = target.instructions < end || before.instructions === end ? atBreakpoint() : undefined;
    if (first && consider(first)) return first;
    while (target.instructions < end) {
      if (execution.interrupted) throw new Cancelled();
      const slice = start + (Math.floor((target.instructions - start) / SLICE) + 1) * SLICE;
      const from = target.instructions;
      const stop = timeline.run(Math.min(slice, end));
      if (TOLD.includes(stop.kind)) {
        if (consider(stop)) return stop;
      } else if (stop.kind === 'limit') {
        // What stands at the very end belongs to the next interval, which has been searched already.
        const inside = target.instructions < end || end === before.instructions;
        const hit = inside && target.instructions > from ? atBreakpoint() : undefined;
        if (hit && consider(hit)) return hit;
      } else break;
      await turn.yieldIfDue();
    }
    return end === before.instructions ? this.#replayRest(search, before, cpu, consider) : undefined;
  }

  /** What lies between the first state of the last instruction count and where the search began: faults, exits, interrupts. */
  #replayRest(search: Search, before: Position, cpu: number, consider: (stop: Stop) => boolean): Stop | undefined {
    const { timeline, target } = this.execution;
    const { breakpoints } = search.stops;
    timeline.setStops({ ...search.stops, breakpoints: [...breakpoints, before.address] });
    while (target.instructions === before.instructions && !samePosition(timeline.position(cpu), before)) {
      const stop = timeline.run(before.instructions + 1);
      if (!TOLD.includes(stop.kind) || target.instructions > before.instructions) return undefined;
      const meant = stop.kind !== 'breakpoint' || breakpoints.includes(stop.address);
      if (meant && consider(stop)) return stop;
    }
    return undefined;
  }
}

/** Whether control came from `moment`, by a call or an interrupt, to the return `last` that led to `next`. */
function leadsTo(moment: Moment, last: Moment, next: Place): boolean {
  if (moment.kind === 'call') {
    // A return may also take arguments off the stack: then the call was made below where it comes back to.
    return moment.fallThrough === next.address && moment.stack <= next.stack && moment.stack > last.stack;
  }
  if (samePlace(moment, next)) return true;
  return moment.kind === 'interrupt' && moment.fallThrough === next.address && moment.stack === next.stack;
}

function samePlace(a: Place, b: Place): boolean {
  return a.address === b.address && a.stack === b.stack;
}
