import { type Ending, ExitStatus, endingOf } from '../debug-adapter/exit-status';
import { yieldToEventLoop } from '../debug-adapter/run-control/event-loop';
import { type LoggedInput, Replay } from '../hypervisor/input-log';
import type { Target } from '../hypervisor/target';

/** When a run ends that does not end by itself, and who listens. */
export interface RunLimits {
  readonly maxInstructions?: number;
  /** Ends when the guest has printed this. */
  readonly until?: string;
  /** What comes in from outside on the way. */
  readonly inputs?: readonly LoggedInput[];
  /** Called with what the guest has printed since the last call. */
  readonly printed: (text: string) => void;
  readonly interrupted: () => boolean;
}

/** Status of a process that was ended by Ctrl-C, as shells give it. */
const INTERRUPTED = 130;
/** Instructions between two looks at output and limits: as many as take {@link TURN}, between these. */
const SLICE = { least: 1_000, first: 10_000, most: 20_000_000 };
/** So many runs in a row in which nothing retired are taken for ever. */
const STUCK = 10;
/** With `--until` slices are all alike, so that the run ends at the same instruction each time. */
const UNTIL_SLICE = 100_000;
/** Milliseconds that a slice should take, after which the event loop has its turn. */
const TURN = 10;

/** Runs a guest to its end or to a limit. */
export async function runGuest(target: Target, limits: RunLimits): Promise<Ending> {
  const guest = new Replay(target, limits.inputs ?? []);
  let slice = limits.until === undefined ? SLICE.first : UNTIL_SLICE;
  const last = limits.maxInstructions ?? Number.POSITIVE_INFINITY;
  let printed = 0;
  let stuck = 0;
  for (;;) {
    const began = performance.now();
    const before = target.instructions;
    const stop = guest.run(Math.min(target.instructions + slice, last));
    const output = target.serialOutput;
    if (output.length > printed) limits.printed(output.slice(printed));
    const from = Math.max(0, printed - (limits.until?.length ?? 0));
    printed = output.length;

    if (limits.until !== undefined && output.indexOf(limits.until, from) >= 0) {
      return { status: ExitStatus.Ok, reason: 'until', text: `the guest printed \`${limits.until}\`` };
    }
    const ending = endingOf(stop);
    if (ending) return ending;
    if (stop.kind === 'idle') {
      const text = 'the guest waits in HLT for input, and there is none';
      return { status: ExitStatus.InstructionLimit, reason: 'idle', text };
    }
    stuck = target.instructions === before ? stuck + 1 : 0;
    if (stuck >= STUCK && target.instructions < last) {
      const text = 'the guest gets no further: it faults, and delivering the fault leads to the next one';
      return { status: ExitStatus.InstructionLimit, reason: 'stuck', text };
    }
    if (target.instructions >= last) {
      const text = `the limit of ${last} instructions was reached`;
      return { status: ExitStatus.InstructionLimit, reason: 'instruction-limit', text };
    }
    const took = performance.now() - began;
    if (limits.until === undefined) {
      const fitting = slice * Math.min(Math.max(TURN / Math.max(took, 0.1), 0.1), 4);
      slice = Math.round(Math.min(Math.max(fitting, SLICE.least), SLICE.most));
    }
    await yieldToEventLoop();
    if (limits.interrupted()) return { status: INTERRUPTED, reason: 'interrupted', text: 'interrupted' };
  }
}
