/** The benchmark guests of ../shared/bench (or the folder in BENCH), assembled here. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assembleFile } from '../../guests';

/** Campaigns run in the repository's folder. */
export const benchFolder = process.env.BENCH ?? join(process.cwd(), '../shared/bench');
const sources = join(benchFolder, 'src');

/** The sources are a neighbour of the repository, not a part of it. */
export const hasBench = existsSync(join(sources, 'boot.asm'));

export type BenchBits = '32' | '64';
const SECTOR = 512;
const DISKETTE = 1_474_560;

/** Stage 2 alone: a Multiboot 1 image. */
export const stage2 = (bits: BenchBits, repeats: Record<string, string> = {}): Uint8Array =>
  assembleFile(join(sources, `bench${bits}.asm`), repeats);

/**
 * A diskette: boot sector and stage 2, as the folder's build.sh makes it.
 * @param repeats macros of params.inc that make workloads shorter
 */
export function benchImage(bits: BenchBits, repeats: Record<string, string> = {}): Uint8Array {
  const second = stage2(bits, repeats);
  const sectors = Math.ceil(second.length / SECTOR);
  const image = new Uint8Array(DISKETTE);
  image.set(assembleFile(join(sources, 'boot.asm'), { STAGE2_SECTORS: String(sectors) }));
  image.set(second, SECTOR);
  return image;
}

/** A workload of a guest at its full length: instructions that it takes, and what it must come to. */
export interface Workload {
  readonly instr: number;
  readonly check: string;
}

/** By workload: what counts.py of the folder worked out. */
export const expectedOf = (bits: BenchBits): Record<string, Workload> =>
  JSON.parse(readFileSync(join(benchFolder, 'counts.json'), 'utf8'))[bits];
