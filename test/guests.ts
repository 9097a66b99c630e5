/** Guests for tests: samples and small programs, assembled here, powered on in any way. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SourceReader } from '../assembler/api';
import { assemble } from '../assembler/assemble';
import { createTarget } from '../hypervisor/create-target';
import { isLoadError, type LaunchOptions } from '../hypervisor/launch-options';
import type { Stop, Target } from '../hypervisor/target';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const reader: SourceReader = {
  resolve: (name, from, includePaths) => {
    for (const folder of ['', dirname(from), ...includePaths]) {
      const path = join(folder, name);
      if (reader.readText(path) !== undefined) return path;
    }
    return undefined;
  },
  readText: (path) => {
    try {
      return readFileSync(path, 'latin1');
    } catch {
      return undefined;
    }
  },
  readBytes: (path) => {
    try {
      return new Uint8Array(readFileSync(path));
    } catch {
      return undefined;
    }
  },
};

/** Assembles a file to a flat binary; throws with the first diagnostic if that fails. */
export function assembleFile(path: string, defines: Record<string, string> = {}): Uint8Array {
  const options = {
    format: 'bin' as const,
    defines: Object.entries(defines).map(([name, value]) => ({ name, value })),
    includePaths: [`${dirname(path)}/`],
  };
  const { output, diagnostics } = assemble(path, readFileSync(path, 'latin1'), options, reader);
  if (!output) throw new Error(`${path}: ${diagnostics[0]?.message}`);
  return output;
}

/** Assembles source text to a flat binary; include folders end with a slash. */
export function assembleText(source: string, includePaths: readonly string[] = []): Uint8Array {
  const { output, diagnostics } = assemble('guest.asm', source, { format: 'bin', includePaths }, reader);
  if (!output) throw new Error(diagnostics.map((d) => `${d.range.line + 1}: ${d.message}`).join('\n'));
  return output;
}

/** Powers on a guest with the defaults of tests: 16 MiB, bare metal, translation on. */
export function powerOn(program: Uint8Array, options: Partial<LaunchOptions> = {}): Target {
  const target = createTarget({
    name: 'guest',
    program,
    boot: 'auto',
    virtualization: 'none',
    memory: 16 * 1024 * 1024,
    cpus: 1,
    tier1: 'on',
    ...options,
  });
  if (isLoadError(target)) throw new Error(target.message);
  return target;
}

/** Runs to the guest's end, at most so many instructions. */
export function runToEnd(target: Target, limit = 1e9, slice = 100_000): Stop {
  for (;;) {
    const stop = target.run(Math.min(target.instructions + slice, limit));
    if (stop.kind !== 'limit' || target.instructions >= limit) return stop;
  }
}
