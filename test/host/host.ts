/** The host processor as a peer: builds the native harness and runs groups of cases through it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Instance } from './instructions';
import { FX_SIZE, GROUP_HEADER, GroupFlag, RESULT_SIZE } from './layout';
import { stateSize } from './states';

/** What the harness needs to know of an instruction. */
export type HostInstance = Pick<Instance, 'code' | 'float' | 'bits' | 'segments'>;

/** One instruction and the states that it is run in. */
export interface Group<T extends HostInstance = Instance> {
  instance: T;
  count: number;
  /** `count` states, each of {@link stateSize}. */
  states: Uint8Array;
}

export const resultSize = (instance: HostInstance): number => RESULT_SIZE + (instance.float ? FX_SIZE : 0);

/** Builds the harness from this folder; undefined where there is no C compiler, or no x86-64 Linux. */
export function buildHarness(here = dirname(fileURLToPath(import.meta.url))): string | undefined {
  if (process.arch !== 'x64' || process.platform !== 'linux') return undefined;
  const folder = join(here, '../../.cache');
  mkdirSync(folder, { recursive: true });
  const program = join(folder, 'host-harness');
  const options =
    '-O1 -Wall -static -nostdlib -ffreestanding -fno-stack-protector -fno-pie -no-pie -mgeneral-regs-only';
  // the program lies below 4 GiB, as 32-bit code must reach nothing of it by chance
  const place = ['-Wl,-Ttext-segment=0x10000000', '-Wl,-z,noexecstack'];
  const made = spawnSync('gcc', [...options.split(' '), ...place, join(here, 'harness.c'), '-o', program]);
  return made.status === 0 && spawnSync(program, { input: '' }).status === 0 ? program : undefined;
}

/** Bytes of a group as the harness reads them. */
function encodeGroup({ instance, count, states }: Group<HostInstance>, out: Buffer, at: number): number {
  const { code, float, bits, segments } = instance;
  const flags =
    (float ? GroupFlag.float : 0) | (bits === 32 ? GroupFlag.bits32 : 0) | (segments ? GroupFlag.segments : 0);
  out.writeUInt32LE(code.length, at);
  out.writeUInt32LE(count, at + 4);
  out.writeUInt32LE(flags, at + 8);
  out.set(code, at + 16);
  out.set(states, at + GROUP_HEADER);
  return at + GROUP_HEADER + states.length;
}

/** Runs groups on the host; the results of each, one behind the other. */
export function runOnHost(program: string, groups: readonly Group<HostInstance>[]): Uint8Array[] {
  let inputSize = 0;
  let outputSize = 0;
  for (const { instance, count } of groups) {
    inputSize += GROUP_HEADER + count * stateSize(instance);
    outputSize += count * resultSize(instance);
  }
  const input = Buffer.alloc(inputSize);
  let at = 0;
  for (const group of groups) at = encodeGroup(group, input, at);
  const run = spawnSync(program, { input, maxBuffer: outputSize + 4096 });
  if (run.status !== 0 || run.stdout.length !== outputSize) {
    throw new Error(
      `the host harness ended with ${run.status ?? run.signal} after ${run.stdout.length} bytes of ${outputSize}`,
    );
  }
  let from = 0;
  return groups.map(({ instance, count }) => {
    const size = count * resultSize(instance);
    from += size;
    return run.stdout.subarray(from - size, from);
  });
}
