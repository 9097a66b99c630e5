import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the generator of the benchmarks may be: beside the repository, or where the benchmarks put it. */
const places = ['../shared/bench/src/gen_nasm.py', '.cache/bench/src/gen_nasm.py'];

export interface GeneratedProgram {
  file: string;
  lines: number;
}

/**
 * Programs of gen_nasm.py, one for each of `sizes` (lines) with a seed of its own; the script's is fixed, so a copy gets
 * another. A string where there is no generator or nothing to run it: the reason.
 */
export function generate(folder: string, sizes: readonly number[]): GeneratedProgram[] | string {
  const script = places.find((path) => existsSync(path));
  if (script === undefined) return 'gen_nasm.py is not there';
  const text = readFileSync(script, 'utf8');
  const seed = /random\.Random\((\d+)\)/;
  if (!seed.test(text)) return 'gen_nasm.py has no seed that could be changed';
  const programs: GeneratedProgram[] = [];
  for (const [i, lines] of sizes.entries()) {
    const copy = join(folder, 'generator.py');
    writeFileSync(copy, text.replace(seed, `random.Random(${i === 0 ? 12345 : 1000 + i})`));
    const { stdout, error } = spawnSync('python3', [copy, String(lines)], { maxBuffer: 1 << 28 });
    if (error) return 'there is no python3';
    const file = `generated-${lines}-${i}.asm`;
    writeFileSync(join(folder, file), stdout);
    programs.push({ file, lines });
  }
  return programs;
}

/** Options that a hand-written source does not assemble without, as its build.sh gives them. */
export const benchmarkSettings: Readonly<Record<string, readonly string[]>> = { 'boot.asm': ['-DSTAGE2_SECTORS=2'] };

/** The hand-written sources beside the generator. */
export function benchmarkSources(): { folder: string; files: string[] } | undefined {
  const script = places.find((path) => existsSync(path));
  if (script === undefined) return undefined;
  const files = ['bench32.asm', 'bench64.asm', 'boot.asm', 'vmxprobe.asm'];
  const folder = join(script, '..');
  return { folder, files: files.filter((file) => existsSync(join(folder, file))) };
}
