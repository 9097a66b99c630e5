import type { Ending } from '../debug-adapter/exit-status';
import { type LoadedProgram, loadProgram } from '../debug-adapter/program/load-program';
import { inputLogText, inputObject, type LoggedInput, parseInputLog } from '../hypervisor/input-log';
import { isLoadError } from '../hypervisor/launch-options';
import type { Registers, Target } from '../hypervisor/target';
import { registerNames } from '../isa/registers';
import type { Command, Environment } from './command';
import { exitTable } from './exit-table';
import { launchArguments, launchOptions, maxInstructionsOption, virtualizationOption } from './launch-options';
import { type OptionSpec, Options, optionHelp } from './options';
import { runGuest } from './run-guest';
import { UsageError } from './usage-error';

const specs: readonly OptionSpec[] = [
  virtualizationOption,
  ...launchOptions,
  { name: '--input', value: 'FILE', help: 'typed on the serial line; - is standard input' },
  { name: '--record', value: 'FILE', help: 'write what was typed, and when, to FILE at the end' },
  { name: '--replay', value: 'FILE', help: 'type what FILE says, when it says so' },
  maxInstructionsOption,
  { name: '--until', value: 'TEXT', help: 'end with status 0 when the guest has printed TEXT' },
  { name: '--screen', help: 'print the text screen at the end' },
  { name: '--exits', help: 'print a table of VM exits at the end' },
  { name: '--json', help: 'print one JSON object instead of the serial output' },
];

/** Reads, assembles and powers on. @throws UsageError */
export async function powerOn(
  program: string,
  options: Options,
  environment: Environment,
): Promise<{ program: LoadedProgram; target: Target }> {
  const files = { readBytes: (path: string) => environment.readFile(path) };
  const loaded = await loadProgram(launchArguments(program, options), files, environment.tools);
  if (isLoadError(loaded)) throw new UsageError(loaded.message);
  const target = environment.tools.createTarget(loaded.launch);
  if (isLoadError(target)) throw new UsageError(target.message);
  return { program: loaded, target };
}

function registersObject(registers: Registers): object {
  const hex = (value: bigint) => `0x${value.toString(16)}`;
  return {
    ...Object.fromEntries(registerNames.gpr64.map((name, i) => [name, hex(registers.gpr[i]!)])),
    rip: hex(registers.rip),
    rflags: hex(registers.rflags),
    cr0: hex(registers.cr0),
    cr2: hex(registers.cr2),
    cr3: hex(registers.cr3),
    cr4: hex(registers.cr4),
    efer: hex(registers.efer),
    mode: registers.mode,
  };
}

/** The object that `--json` prints; docs/command-line.md describes it. */
export function resultObject(program: string, target: Target, ending: Ending): object {
  return {
    program,
    virtualization: target.method,
    status: ending.status,
    reason: ending.reason,
    explanation: ending.text,
    ...(ending.autopsy && { autopsy: ending.autopsy }),
    instructions: target.instructions,
    exits: target.exitCounts(),
    cost: target.cost,
    inputs: target.inputs.map(inputObject),
    serial: target.serialOutput,
    screen: target.screen(),
    hash: target.hash(),
    cpu: target.currentCpu,
    registers: registersObject(target.registers()),
    cpus: Array.from({ length: target.cpus }, (_, cpu) => ({
      cpu,
      instructions: target.instructionsOf(cpu),
      halted: target.registers(cpu).halted,
      registers: registersObject(target.registers(cpu)),
    })),
    statistics: target.statistics(),
  };
}

/** The inputs that `--replay` names. @throws UsageError */
function inputsToReplay(options: Options, environment: Environment): readonly LoggedInput[] {
  const name = options.get('--replay');
  if (name === undefined) return [];
  const bytes = environment.readFile(name);
  if (!bytes) throw new UsageError(`cannot read ${name}`);
  const log = parseInputLog(new TextDecoder().decode(bytes), name);
  if (isLoadError(log)) throw new UsageError(log.message);
  return log;
}

/** Reasons that need no words: the guest did what it meant to do. */
const QUIET = ['debug-exit', 'power-off', 'halted', 'until'];

async function run(args: readonly string[], environment: Environment): Promise<number> {
  const options = new Options(args, specs);
  const name = options.single('PROGRAM');
  const maxInstructions = options.number('--max-instructions', 1);
  const until = options.get('--until');
  if (until === '') throw new UsageError('--until needs a text');
  const input = options.get('--input');
  const typed = input === undefined ? undefined : environment.readFile(input);
  if (input !== undefined && !typed) throw new UsageError(`cannot read ${input}`);
  const json = options.has('--json');
  const log = inputsToReplay(options, environment);
  const record = options.get('--record');

  const { target } = await powerOn(name, options, environment);
  if (typed) target.serialInput(typed);
  const ending = await runGuest(target, {
    inputs: log,
    ...(maxInstructions !== undefined && { maxInstructions }),
    ...(until !== undefined && { until }),
    printed: json ? () => {} : (text) => environment.outBytes(text),
    interrupted: environment.interrupted,
  });

  if (record !== undefined) environment.writeFile(record, inputLogText(target.inputs));
  if (json) {
    environment.out(`${JSON.stringify(resultObject(name, target, ending))}\n`);
    return ending.status;
  }
  const endsLine = target.serialOutput === '' || target.serialOutput.endsWith('\n');
  const more = options.has('--screen') || options.has('--exits');
  if (more && !endsLine) environment.out('\n');
  if (options.has('--screen')) environment.out(`${target.screen().join('\n').trimEnd()}\n`);
  if (options.has('--exits')) {
    environment.out(exitTable(target));
    environment.out(`${target.instructions} instructions; ${ending.text}\n`);
  } else if (!QUIET.includes(ending.reason)) environment.err(`ringside: ${ending.text}\n`);
  return ending.status;
}

export const runCommand: Command = {
  name: 'run',
  usage: 'ringside run PROGRAM [options]',
  summary: 'boots a program; its serial output goes to standard output',
  help: `PROGRAM is an .asm file (assembled in memory), an ELF file, a bzImage, a disk image or a flat binary.

${optionHelp(specs)}

Exit status: what the guest writes to port 0xF4 gives (value << 1) | 1; power-off, or a halt with interrupts off,
gives 0; a triple fault 101; the instruction limit, waiting for input that does not come, or faults without end, 102;
a failed VM entry 103;
bad input 2.`,
  run,
};
