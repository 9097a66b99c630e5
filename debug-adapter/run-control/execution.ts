import type { Registers, Stop, Target } from '../../hypervisor/target';
import { instructionPointer } from '../inspect/addresses';
import { Turn } from './event-loop';
import { NO_STOPS, type Stops } from './stops';
import type { Timeline } from './timeline';

/** Why a run-control operation came to its end. */
export type Halt =
  | { kind: 'step' }
  | { kind: 'pause' }
  /** The user cancelled a replay: everything is as before it. */
  | { kind: 'cancelled' }
  /** Going backwards, the earliest recorded instant was reached. */
  | { kind: 'history-start' }
  /** The instruction count that was asked for. */
  | { kind: 'goto' }
  /** `ahead`: going backwards, the instruction that made the access is the next one. */
  | (Extract<Stop, { kind: 'watchpoint' }> & { readonly ahead?: true })
  | Exclude<Stop, { kind: 'limit' } | { kind: 'idle' } | { kind: 'watchpoint' }>;

/** What the owner of a run learns while it goes on. */
export interface RunHooks {
  /** The guest went on: something may have been printed. */
  advanced(): void;
  /** A replay is under way: instructions done, of those to do. */
  replaying(done: number, total: number): void;
  /** Whether to halt at what the user has set: conditions, and log points unless `replayed`. */
  accept(stop: Stop, replayed: boolean): boolean;
  /** The guest waits in HLT for input that only the user can give. */
  idle(): void;
}

/** What a run is for, beside the user's own breakpoints. */
export interface Goal {
  /** Linear addresses for the CPU to stop at, if {@link reached} holds there. Those of other CPUs are passed over. */
  readonly addresses?: readonly bigint[];
  readonly reached?: (registers: Registers) => boolean;
  /** Absolute instruction count at which it ends. */
  readonly limit?: number;
  /** The CPU's own count of instructions at which it ends; the others go on meanwhile, each in its turn. */
  readonly ownLimit?: number;
  /** What the user wants to stop at is passed over: a replay on the way to somewhere else. */
  readonly blind?: boolean;
  /** Instruction counts between which a replay reports its progress. */
  readonly progress?: { readonly from: number; readonly to: number };
}

/** Instructions between two looks at the clock and at waiting requests: fewer where each takes long, as VM exits do. */
const SLICE = { least: 1_000, first: 100_000, most: 2_000_000 };
/** Milliseconds that a slice should take. */
const SLICE_MILLISECONDS = 4;

/**
 * Runs a timeline forwards in slices, with the event loop getting its turn in between, until the goal is met, the user's
 * breakpoints or exits are hit, or someone asks for a pause.
 */
export class Execution {
  #stops = NO_STOPS;
  #pause = false;
  #slice = SLICE.first;
  #wake: () => void = () => {};
  /** Set while replaying: {@link interrupt} then means to give up. */
  #goal: Goal | undefined;

  constructor(
    readonly timeline: Timeline,
    readonly hooks: RunHooks,
  ) {}

  get target(): Target {
    return this.timeline.target;
  }

  /** What the user wants to stop at; in force at once, also while running. */
  get stops(): Stops {
    return this.#stops;
  }

  set stops(stops: Stops) {
    this.#stops = stops;
    if (this.#goal) this.#arm(this.#goal);
  }

  /** Asks the running operation to come to an end at the next slice. */
  interrupt(): void {
    this.#pause = true;
    this.#wake();
  }

  /** Forgets an {@link interrupt} that came before anything ran. */
  clearInterrupt(): void {
    this.#pause = false;
  }

  get interrupted(): boolean {
    return this.#pause;
  }

  /** Wakes a run that waits in an idle guest: there is input. */
  wake(): void {
    this.#wake();
  }

  /** `goal` where the goal was met; otherwise what came before it. */
  async run(goal: Goal, cpu = 0): Promise<Halt | 'goal'> {
    this.#goal = goal;
    this.#arm(goal);
    const turn = new Turn();
    try {
      for (;;) {
        if (this.#pause) return { kind: 'pause' };
        const before = this.target.instructions;
        if (goal.limit !== undefined && before >= goal.limit) return 'goal';
        const began = performance.now();
        const stop = this.#slicedRun(goal, before, cpu);
        this.#adapt(this.target.instructions - before, performance.now() - began);
        this.hooks.advanced();
        if (goal.progress) {
          const { from, to } = goal.progress;
          this.hooks.replaying(this.target.instructions - from, to - from);
        }
        const halt = this.#judge(stop, goal, before, cpu);
        if (halt) return halt;
        if (stop.kind === 'idle') await this.#idle();
        else await turn.yieldIfDue();
      }
    } finally {
      this.#goal = undefined;
    }
  }

  #slicedRun(goal: Goal, before: number, cpu: number): Stop {
    const { target, timeline } = this;
    const limit = Math.min(before + this.#slice, goal.limit ?? Number.POSITIVE_INFINITY);
    if (goal.ownLimit === undefined) return timeline.run(limit);
    if (target.currentCpu !== cpu) return timeline.run(limit, cpu);
    return timeline.run(before + goal.ownLimit - target.instructionsOf(cpu));
  }

  /** Fits the slice to the speed just seen, where enough was run to tell. */
  #adapt(instructions: number, milliseconds: number): void {
    if (instructions < SLICE.least && milliseconds < SLICE_MILLISECONDS) return;
    const fitting = (instructions * SLICE_MILLISECONDS) / Math.max(milliseconds, 0.1);
    this.#slice = Math.round(Math.min(Math.max(fitting, this.#slice / 8, SLICE.least), this.#slice * 4, SLICE.most));
  }

  #arm(goal: Goal): void {
    const user = goal.blind ? NO_STOPS : this.#stops;
    this.timeline.setStops({ ...user, breakpoints: [...new Set([...user.breakpoints, ...(goal.addresses ?? [])])] });
  }

  #judge(stop: Stop, goal: Goal, before: number, cpu: number): Halt | 'goal' | undefined {
    switch (stop.kind) {
      case 'limit': {
        // A slice may end right before a breakpoint; the next run would pass over it.
        if (goal.ownLimit !== undefined && this.target.instructionsOf(cpu) >= goal.ownLimit) return 'goal';
        if (this.target.instructions > before) {
          const hit = this.#atBreakpoint(goal, instructionPointer(this.target.registers()), cpu);
          if (hit) return hit;
        }
        return goal.limit !== undefined && this.target.instructions >= goal.limit ? 'goal' : undefined;
      }
      case 'breakpoint':
        return this.#atBreakpoint(goal, stop.address, cpu);
      case 'exit':
      case 'watchpoint':
      case 'exception':
        return goal.blind || !this.hooks.accept(stop, false) ? undefined : stop;
      case 'idle':
        return goal.blind ? 'goal' : undefined;
      default:
        return stop;
    }
  }

  #atBreakpoint(goal: Goal, address: bigint, cpu: number): Halt | 'goal' | undefined {
    const { target } = this;
    if (target.currentCpu === cpu && goal.addresses?.includes(address) && (goal.reached?.(target.registers()) ?? true))
      return 'goal';
    if (goal.blind || !this.#stops.breakpoints.includes(address)) return undefined;
    const stop: Stop = { kind: 'breakpoint', address };
    return this.hooks.accept(stop, false) ? stop : undefined;
  }

  async #idle(): Promise<void> {
    this.hooks.idle();
    if (this.#pause) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = () => {};
  }
}
