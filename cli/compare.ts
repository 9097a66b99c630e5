import type { Ending } from '../debug-adapter/exit-status';
import { loadProgram } from '../debug-adapter/program/load-program';
import { DEFAULT_LAUNCH, isLoadError, VIRTUALIZATION_METHODS } from '../hypervisor/launch-options';
import type { VirtualizationMethod } from '../hypervisor/target';
import type { Command, Environment } from './command';
import { table } from './exit-table';
import { launchArguments, launchOptions, maxInstructionsOption } from './launch-options';
import { type OptionSpec, Options, optionHelp } from './options';
import { runGuest } from './run-guest';
import { UsageError } from './usage-error';

/** Without a limit a guest that never ends would never be compared. */
const DEFAULT_LIMIT = 2_000_000_000;

const specs: readonly OptionSpec[] = [
  ...launchOptions,
  { ...maxInstructionsOption, help: `end each run after so many instructions (${DEFAULT_LIMIT} if absent)` },
  { name: '--json', help: 'print one JSON object' },
];

/** One method's run. */
interface Outcome {
  readonly virtualization: VirtualizationMethod;
  /** Why the guest cannot run under it; the rest is then absent. */
  readonly unavailable?: string;
  readonly status?: number;
  readonly reason?: string;
  readonly instructions?: number;
  readonly exits?: Record<string, number>;
  readonly cost?: number;
  readonly serial?: string;
  readonly hash?: string;
  /** Same ending, serial output and final state as on the bare machine. */
  readonly same?: boolean;
}

async function outcome(
  method: VirtualizationMethod,
  name: string,
  options: Options,
  environment: Environment,
): Promise<Outcome> {
  const files = { readBytes: (path: string) => environment.readFile(path) };
  const args = { ...launchArguments(name, options), virtualization: method };
  const program = await loadProgram(args, files, environment.tools);
  if (isLoadError(program)) throw new UsageError(program.message);
  const target = environment.tools.createTarget(program.launch);
  if (isLoadError(target)) return { virtualization: method, unavailable: target.message };
  const ending: Ending = await runGuest(target, {
    maxInstructions: options.number('--max-instructions', 1) ?? DEFAULT_LIMIT,
    printed: () => {},
    interrupted: environment.interrupted,
  });
  return {
    virtualization: method,
    status: ending.status,
    reason: ending.reason,
    instructions: target.instructions,
    exits: target.exitCounts(),
    cost: target.cost,
    serial: target.serialOutput,
    hash: target.hash(),
  };
}

function sameAs(reference: Outcome, other: Outcome): boolean {
  return (['status', 'reason', 'serial', 'hash', 'instructions'] as const).every((k) => reference[k] === other[k]);
}

/** What differs from the bare machine, in words. */
function difference(reference: Outcome, other: Outcome): string {
  if (other.unavailable !== undefined) return other.unavailable;
  if (other === reference) return 'the reference';
  if (other.same) return 'the same';
  const parts = (['status', 'reason', 'serial', 'instructions', 'hash'] as const).filter(
    (k) => reference[k] !== other[k],
  );
  return `differs in ${parts.join(', ')}`;
}

function render(outcomes: readonly Outcome[]): string {
  const reference = outcomes[0]!;
  const rows = outcomes.map((o) => {
    const exits = Object.entries(o.exits ?? {}).sort((a, b) => b[1] - a[1]);
    const total = exits.reduce((sum, [, count]) => sum + count, 0);
    const shown = o.unavailable === undefined;
    return [
      o.virtualization,
      shown ? String(o.status) : '-',
      shown ? String(o.instructions) : '-',
      shown ? String(total) : '-',
      shown ? String(o.cost) : '-',
      difference(reference, o),
      exits.map(([reason, count]) => `${reason} ${count}`).join(', '),
    ];
  });
  return `${table([['method', 'status', 'instructions', 'exits', 'cycles', 'result', 'by reason'], ...rows])}\n`;
}

async function compare(args: readonly string[], environment: Environment): Promise<number> {
  const options = new Options(args, specs);
  const name = options.single('PROGRAM');
  const outcomes: Outcome[] = [];
  for (const method of VIRTUALIZATION_METHODS) {
    const one = await outcome(method, name, options, environment);
    const reference = outcomes[0];
    const comparable = one.unavailable === undefined && reference?.unavailable === undefined;
    outcomes.push(comparable ? { ...one, same: reference === undefined || sameAs(reference, one) } : one);
    if (environment.interrupted()) return 130;
  }
  if (options.has('--json')) environment.out(`${JSON.stringify({ program: name, methods: outcomes })}\n`);
  else environment.out(render(outcomes));
  const reference = outcomes[0]!;
  if (reference.unavailable !== undefined) throw new UsageError(reference.unavailable);
  return outcomes.some((o) => o.same === false) ? 1 : 0;
}

export const compareCommand: Command = {
  name: 'compare',
  usage: 'ringside compare PROGRAM [options]',
  summary: 'runs a program under every method, side by side',
  help: `Runs PROGRAM on the bare machine and under each virtualization method (${DEFAULT_LAUNCH.virtualization} and so on), and shows
result, instructions, VM exits and modelled cost of each.

${optionHelp(specs)}

Exit status: 0 where all available methods gave the same result, 1 where one differs, 2 for bad input.`,
  run: compare,
};
