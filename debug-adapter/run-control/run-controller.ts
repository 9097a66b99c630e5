import type { Target } from '../../hypervisor/target';
import { Backward } from './backward';
import type { InstructionReader } from './control-flow';
import { Execution, type Halt, type RunHooks } from './execution';
import { type CodeLines, Forward } from './forward';
import type { Stops } from './stops';
import { type Position, Timeline } from './timeline';

export type Granularity = 'instruction' | 'line';

/** Asked for while another operation is under way. */
export class BusyError extends Error {
  constructor() {
    super('the guest is running; pause it first');
  }
}

/**
 * Everything that makes a guest go on, or back: one operation at a time, each a promise of why it came to its end.
 * While one is under way the event loop keeps turning; {@link pause} ends a run and cancels a replay.
 */
export class RunController {
  readonly timeline: Timeline;
  readonly #execution: Execution;
  readonly #forward: Forward;
  readonly #backward: Backward;
  #busy: 'running' | 'replaying' | undefined;

  constructor(target: Target, read: InstructionReader, lines: CodeLines, hooks: RunHooks) {
    this.timeline = new Timeline(target);
    this.#execution = new Execution(this.timeline, hooks);
    this.#forward = new Forward(this.#execution, read, lines);
    this.#backward = new Backward(this.#execution, read, lines);
  }

  get target(): Target {
    return this.timeline.target;
  }

  /** `running` into the future, `replaying` the past (the state is then on its way and must not be shown), or neither. */
  get busy(): 'running' | 'replaying' | undefined {
    return this.#busy;
  }

  position(cpu = 0): Position {
    return this.timeline.position(cpu);
  }

  /** What to stop at; may be set at any time. */
  setStops(stops: Stops): void {
    this.#execution.stops = stops;
  }

  continue(): Promise<Halt> {
    return this.#operate('running', () => this.#forward.continue());
  }

  stepIn(granularity: Granularity, cpu: number): Promise<Halt> {
    return this.#step(granularity, false, cpu);
  }

  /** Over calls, software interrupts, repeated string instructions, and handlers of interrupts that come in between. */
  next(granularity: Granularity, cpu: number): Promise<Halt> {
    return this.#step(granularity, true, cpu);
  }

  stepOut(cpu: number): Promise<Halt> {
    return this.#operate('running', () => this.#forward.stepOut(cpu));
  }

  stepBack(granularity: Granularity, cpu: number): Promise<Halt> {
    return this.#operate('replaying', () =>
      granularity === 'line' ? this.#backward.stepLine(cpu) : this.#backward.stepInstruction(cpu),
    );
  }

  reverseContinue(cpu: number): Promise<Halt> {
    return this.#operate('replaying', () => this.#backward.reverseContinue(cpu));
  }

  /** Goes to an absolute instruction count, earlier or later. */
  goto(instructions: number): Promise<Halt> {
    return this.#operate('replaying', () => this.#backward.goto(instructions));
  }

  /** Ends what is under way: a run stops where it is, a replay is taken back. False if nothing is. */
  pause(): boolean {
    if (this.#busy) this.#execution.interrupt();
    return this.#busy !== undefined;
  }

  /** Changes registers or memory by hand; replays repeat it. Throws {@link BusyError} during a replay. */
  edit(apply: (target: Target) => void): void {
    if (this.#busy === 'replaying') throw new BusyError();
    this.timeline.edit(apply);
  }

  /** Types on the guest's serial line; replays type it again. Throws {@link BusyError} during a replay. */
  input(bytes: Uint8Array): void {
    this.edit((target) => target.serialInput(bytes));
    this.#execution.wake();
  }

  #step(granularity: Granularity, over: boolean, cpu: number): Promise<Halt> {
    return this.#operate('running', () =>
      granularity === 'line' ? this.#forward.stepLine(over, cpu) : this.#forward.stepInstruction(over, cpu),
    );
  }

  async #operate(kind: 'running' | 'replaying', operation: () => Promise<Halt>): Promise<Halt> {
    if (this.#busy) throw new BusyError();
    this.#busy = kind;
    this.#execution.clearInterrupt();
    try {
      return await operation();
    } finally {
      this.#busy = undefined;
    }
  }
}
