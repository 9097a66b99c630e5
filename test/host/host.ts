/** The host processor as a peer: builds the native harness and runs batches of cases through it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestCase } from './cases';

export interface HostResult {
  /** 0, or the signal's number. */
  signal: number;
  gpr: bigint[];
  flags: number;
  /** FXSAVE64 image. */
  fx: Uint8Array;
  memory: Uint8Array;
}

const FX = 128 + 16;
const MACHINE = FX + 512;
const CASE = 24 + MACHINE + 256;
const RESULT = 8 + MACHINE + 256;

/** Builds the harness from this folder; undefined where there is no C compiler. */
export function buildHarness(here = dirname(fileURLToPath(import.meta.url))): string | undefined {
  const source = join(here, 'harness.c');
  const folder = join(dirname(source), '../../.cache');
  mkdirSync(folder, { recursive: true });
  const program = join(folder, 'host-harness');
  const made = spawnSync('gcc', ['-O1', '-Wall', '-no-pie', '-Wl,-Ttext-segment=0x10000000', source, '-o', program]);
  return made.status === 0 ? program : undefined;
}

export function runOnHost(program: string, cases: readonly TestCase[]): HostResult[] {
  const input = Buffer.alloc(CASE * cases.length);
  cases.forEach((test, i) => {
    const at = i * CASE;
    input.writeUInt32LE(test.code.length, at);
    input.set(test.code, at + 4);
    test.gpr.forEach((value, r) => {
      input.writeBigUInt64LE(value, at + 24 + 8 * r);
    });
    input.writeBigUInt64LE(BigInt(test.flags), at + 24 + 128);
    input.set(test.fx, at + 24 + FX);
    input.set(test.memory, at + 24 + MACHINE);
  });
  const run = spawnSync(program, { input, maxBuffer: RESULT * cases.length + 4096 });
  if (run.status !== 0) throw new Error(`the host harness ended with ${run.status ?? run.signal}: ${run.stderr}`);
  const out = run.stdout;
  return cases.map((_, i) => {
    const at = i * RESULT;
    return {
      signal: out.readUInt32LE(at),
      gpr: Array.from({ length: 16 }, (_unused, r) => out.readBigUInt64LE(at + 8 + 8 * r)),
      flags: Number(out.readBigUInt64LE(at + 8 + 128) & 0xffffffffn),
      fx: new Uint8Array(out.subarray(at + 8 + FX, at + 8 + MACHINE)),
      memory: new Uint8Array(out.subarray(at + 8 + MACHINE, at + RESULT)),
    };
  });
}
