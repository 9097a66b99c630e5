import type { AssembleResult, Diagnostic } from '../../assembler/api';
import {
  BOOT_KINDS,
  type BootKind,
  DEFAULT_LAUNCH,
  type LaunchOptions,
  type LoadError,
  TIER1_SWITCHES,
  type Tier1Switch,
  VIRTUALIZATION_METHODS,
} from '../../hypervisor/launch-options';
import type { VirtualizationMethod } from '../../hypervisor/target';
import type { LaunchArguments } from '../protocol';
import type { Toolchain } from '../toolchain';
import { type FileAccess, SettlingReader } from './file-access';
import { baseName } from './paths';
import { parseSize } from './sizes';
import { type LoadWindow, SourceLines } from './source-lines';
import { Symbols } from './symbols';

/** Where a BIOS puts a boot sector. */
const BOOT_SECTOR_ADDRESS = 0x7c00;
const SECTOR = 512;

/** A program ready to be powered on, and what is known of it. */
export interface LoadedProgram {
  readonly kind: 'loaded';
  readonly launch: LaunchOptions;
  readonly lines: SourceLines;
  readonly symbols: Symbols;
  /** Of the assembly; warnings only. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Why there is none: a line for the user, and all that the assembler had to say. */
export interface ProgramError extends LoadError {
  readonly diagnostics: readonly Diagnostic[];
}

function failure(message: string, diagnostics: readonly Diagnostic[] = []): ProgramError {
  return { kind: 'load-error', message, diagnostics };
}

/** `kernel.asm:12:5: error: symbol 'x' not defined`, counting from 1. */
export function formatDiagnostic({ range, severity, message }: Diagnostic): string {
  return `${range.file}:${range.line + 1}:${range.column + 1}: ${severity}: ${message}`;
}

/** One line for a failed assembly: the first error, and how many more there are. */
function summarize(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter((d) => d.severity === 'error');
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return errors[0] ? formatDiagnostic(errors[0]) + more : 'the program cannot be assembled';
}

export function isAssembly(path: string): boolean {
  return /\.(asm|nasm|s)$/i.test(path);
}

/** Assembles a source whose files may still be on their way. */
export async function assembleFile(
  path: string,
  args: Pick<LaunchArguments, 'includePaths' | 'defines'>,
  files: FileAccess,
  tools: Toolchain,
): Promise<AssembleResult | undefined> {
  const reader = new SettlingReader(files);
  const defines = (args.defines ?? []).map((define) => {
    const [name, ...value] = define.split('=');
    return { name: name!, value: value.join('=') };
  });
  for (;;) {
    const source = reader.readText(path);
    if (source !== undefined) {
      const options = { format: 'bin' as const, includePaths: args.includePaths ?? [], defines };
      const result = tools.assemble(path, source, options, reader);
      if (!(await reader.settle())) return result;
    } else if (!(await reader.settle())) return undefined;
  }
}

function oneOf<T extends string>(what: string, given: unknown, allowed: readonly T[], fallback: T): T | ProgramError {
  if (given === undefined) return fallback;
  if (allowed.includes(given as T)) return given as T;
  return failure(`${what} \`${String(given)}\` is not known; it is one of ${allowed.join(', ')}`);
}

/** Checks launch arguments, reads and assembles what they name: all that can fail before power-on. */
export async function loadProgram(
  args: LaunchArguments,
  files: FileAccess,
  tools: Toolchain,
): Promise<LoadedProgram | ProgramError> {
  if (typeof args.program !== 'string' || args.program === '') return failure('`program` is missing: what is to boot?');
  const boot = oneOf<BootKind>('boot kind', args.boot, BOOT_KINDS, DEFAULT_LAUNCH.boot);
  const method = oneOf<VirtualizationMethod>(
    'virtualization',
    args.virtualization,
    VIRTUALIZATION_METHODS,
    DEFAULT_LAUNCH.virtualization,
  );
  const tier1 = oneOf<Tier1Switch>('tier1', args.tier1, TIER1_SWITCHES, DEFAULT_LAUNCH.tier1);
  for (const value of [boot, method, tier1]) if (typeof value !== 'string') return value;
  const memory = parseSize(args.memory ?? DEFAULT_LAUNCH.memory);
  if (memory === undefined) return failure(`memory \`${args.memory}\` is no size; write 64M, say`);
  if (memory % 4096 !== 0) return failure(`memory of ${memory} bytes is not a multiple of 4 KB`);
  const cpus = args.cpus ?? DEFAULT_LAUNCH.cpus;
  if (!Number.isInteger(cpus) || cpus < 1) return failure(`cpus \`${args.cpus}\` is no number of processors`);

  const drives: Partial<Record<'floppy' | 'disk' | 'cdrom' | 'virtioDisk' | 'initrd', Uint8Array>> = {};
  for (const drive of ['floppy', 'disk', 'cdrom', 'virtioDisk', 'initrd'] as const) {
    const path = args[drive];
    if (path === undefined) continue;
    const bytes = await files.readBytes(path);
    if (!bytes) return failure(`cannot read the ${drive} image ${path}`);
    drives[drive] = bytes;
  }

  const base = {
    name: baseName(args.program),
    boot: boot as BootKind,
    virtualization: method as VirtualizationMethod,
    memory,
    cpus,
    ...drives,
    ...(args.cmdline !== undefined && { commandLine: args.cmdline }),
    tier1: tier1 as Tier1Switch,
  };
  const source = isAssembly(args.program) ? args.program : args.symbols;
  const assembled = source === undefined ? undefined : await assembleFile(source, args, files, tools);
  if (source !== undefined && !assembled) return failure(`cannot read ${source}`);
  if (assembled && !assembled.output) return failure(summarize(assembled.diagnostics), assembled.diagnostics);

  const program = source === args.program ? assembled!.output : await files.readBytes(args.program);
  if (!program) return failure(`cannot read ${args.program}`);
  if (program.length === 0) return failure(`${args.program} is empty: there is nothing to boot`);
  const sector = base.boot === 'boot-sector' || (base.boot === 'auto' && isBootSector(program));
  const flat = assembled && !sector && { loadAddress: assembled.origin, entryBits: entryBits(assembled) };
  return {
    kind: 'loaded',
    launch: { ...base, program, ...flat },
    lines: new SourceLines(assembled?.lines ?? [], program, sector ? windows(assembled, program) : []),
    symbols: new Symbols(assembled?.symbols ?? []),
    diagnostics: assembled?.diagnostics ?? [],
  };
}

function isBootSector(program: Uint8Array): boolean {
  return program.length >= SECTOR && program[SECTOR - 2] === 0x55 && program[SECTOR - 1] === 0xaa;
}

/** Bits of the first instruction. */
function entryBits(assembled: AssembleResult): 16 | 32 | 64 {
  const code = assembled.lines.filter((l) => l.code && l.fileOffset >= 0);
  const first = code.reduce<(typeof code)[number] | undefined>(
    (best, l) => (!best || l.fileOffset < best.fileOffset ? l : best),
    undefined,
  );
  return first?.bits ?? 16;
}

/**
 * Where a boot sector runs that was assembled for elsewhere: without `org` it counts from 0 and all of it is meant to be
 * at 7C00; with another one (an MBR, which moves itself) its first sector begins at 7C00 nevertheless.
 */
function windows(assembled: AssembleResult | undefined, program: Uint8Array): LoadWindow[] {
  if (!assembled || assembled.origin === BOOT_SECTOR_ADDRESS) return [];
  const to = assembled.origin === 0 ? program.length : SECTOR;
  return [{ from: 0, to, address: BigInt(BOOT_SECTOR_ADDRESS) }];
}
