// Test guests in guests/*.asm: each prints one line a check on COM1. What they must print stands beside them, as Bochs 2.7
// (model corei7_icelake_u) printed it; set PEERS=1 to run Bochs again and compare.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { runBochs } from '../../../test/bochs';
import { Machine } from '../../machine';
import { differences } from './guests/differences';

const guests = fileURLToPath(new URL('guests/', import.meta.url));
const nasm = spawnSync('nasm', ['-v']).status === 0;
const peers = process.env.PEERS !== undefined && spawnSync('bochs', ['--help', 'cpu']).error === undefined;
const names = readdirSync(guests)
  .filter((name) => name.endsWith('.asm'))
  .map((name) => name.slice(0, -4));

const folder = mkdtempSync(join(tmpdir(), 'ringside-guests-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a line must be here: Bochs's, unless the table of differences has another answer. */
function here(guest: string, line: string): string {
  const check = line.slice(0, line.lastIndexOf(': '));
  const difference = differences.find((each) => each.guest === guest && each.check === check);
  return difference ? `${check}: ${difference.here}` : line;
}

const DISKETTE = 1474560;

function image(name: string): string {
  const path = join(folder, `${name}.img`);
  if (existsSync(path)) return path;
  execFileSync('nasm', ['-f', 'bin', '-w-number-overflow', `${name}.asm`, '-o', path], { cwd: guests });
  const bytes = Buffer.alloc(DISKETTE);
  readFileSync(path).copy(bytes);
  writeFileSync(path, bytes);
  return path;
}

const expected = (name: string): string[] => readFileSync(join(guests, `${name}.expected.txt`), 'latin1').split('\n');

function runHere(name: string, tier1: 'off' | 'always'): string[] {
  const machine = new Machine({ memory: 64 << 20, tier1, floppy: new Uint8Array(readFileSync(image(name))) });
  let serial = '';
  machine.platform.onSerial = (byte) => {
    if (byte !== 13) serial += String.fromCharCode(byte);
  };
  const stop = machine.run(20e6, false);
  if (stop.kind !== 'ended') serial += `stopped: ${stop.kind}`;
  return serial.split('\n');
}

async function bochsPrints(name: string): Promise<string[]> {
  const text = await runBochs(image(name), folder, name, 150_000);
  return text.replaceAll('\r', '').split('\n');
}

describe.skipIf(!nasm)('test guests', () => {
  for (const name of names) {
    it.each(['off', 'always'] as const)(`${name}: every check gives what Bochs gives, translation %s`, (tier1) => {
      expect(runHere(name, tier1)).toEqual(expected(name).map((line) => here(name, line)));
    });

    it.skipIf(!peers)(`${name}: the expectation is what Bochs prints`, async () => {
      expect(await bochsPrints(name)).toEqual(expected(name));
    });
  }
});
