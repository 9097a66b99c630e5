/** The guests whose moments are taken: all samples, and the benchmark guests with workloads made short. */
import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Target, VirtualizationMethod } from '../../../hypervisor/target';
import { assembleFile, powerOn } from '../../guests';
import { benchImage, hasBench } from '../bench-images/image';

export interface Guest {
  readonly name: string;
  /** It unpacks itself before it prints anything. */
  readonly unpacks?: true;
  powerOn(method: VirtualizationMethod): Target;
}

/** Repeats that make some 60 million instructions of a benchmark guest's four billion. */
const SHORT = {
  R_SIEVE: '1',
  R_MEMREP: '4',
  R_MEMMOV: '4',
  FIB_N: '22',
  R_CRC: '1',
  R_PT: '100000',
  R_INT: '50000',
  R_PIO: '20000',
  R_PF: '50000',
  R_SMC: '20000',
};

const sampleSources = (): string[] => {
  const folder = join(process.cwd(), 'samples');
  return readdirSync(folder)
    .flatMap((name) => ['boot.asm', 'kernel.asm'].map((file) => join(folder, name, file)))
    .filter((path) => existsSync(path));
};

export function guests(): Guest[] {
  const guest = (name: string, program: Uint8Array): Guest => ({
    name,
    powerOn: (virtualization) => powerOn(program, { virtualization }),
  });
  const found = sampleSources().map((path) => guest(relative(process.cwd(), path), assembleFile(path)));
  if (hasBench) {
    for (const bits of ['32', '64'] as const) found.push(guest(`bench${bits}`, benchImage(bits, SHORT)));
  } else console.log('there are no benchmark guests in ../shared/bench: only the others are taken');
  return found;
}
