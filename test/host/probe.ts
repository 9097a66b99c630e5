/** Lengths of instructions on the host processor: builds and runs probe.c. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Probed {
  /** Bytes that the processor fetched. */
  length: number;
  /** #UD. */
  undefinedOpcode: boolean;
}

const UD = 6;
const NOT_TRIED = 255;

/** Builds the probe of the folder `here` (test/host); undefined where that or running it is not possible. */
export function buildProbe(here: string): string | undefined {
  if (process.arch !== 'x64' || process.platform !== 'linux') return undefined;
  const folder = join(here, '../../.cache');
  mkdirSync(folder, { recursive: true });
  const program = join(folder, 'host-probe');
  const options = ['-O1', '-Wall', '-static-pie', '-fno-stack-protector'];
  return spawnSync('gcc', [...options, join(here, 'probe.c'), '-o', program]).status === 0 ? program : undefined;
}

/** What the processor makes of each piece of at least 15 bytes; undefined for system calls, which are not tried. */
export function probe(
  program: string,
  bits: 16 | 32 | 64,
  pieces: readonly Uint8Array[],
): (Probed | undefined)[] | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'ringside-probe-'));
  try {
    const input = new Uint8Array(16 * pieces.length);
    pieces.forEach((piece, i) => {
      input.set(piece.subarray(0, 16), 16 * i);
    });
    const [cases, results] = [join(folder, 'cases'), join(folder, 'results')];
    writeFileSync(cases, input);
    // Kernels without 16-bit segments, and emulators of user mode, refuse.
    if (spawnSync(program, [`${bits}`, cases, results], { timeout: 240_000 }).status !== 0) return undefined;
    const output = readFileSync(results);
    return pieces.map((_, i) => {
      const [length, outcome] = [output[2 * i], output[2 * i + 1]];
      return outcome === NOT_TRIED ? undefined : { length, undefinedOpcode: outcome === UD };
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
