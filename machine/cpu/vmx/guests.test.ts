// Guest hypervisors in guests/*.asm on the bare machine: each prints what its VMX instructions say and what its exits show. What
// they must print stands beside them: as Bochs 2.7 (model corei7_icelake_u) printed it; set PEERS=1 to run Bochs again and
// compare.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { runBochs } from '../../../test/bochs';
import { Machine } from '../../machine';

const guests = fileURLToPath(new URL('guests/', import.meta.url));
const shared = fileURLToPath(new URL('../system/guests/', import.meta.url));
const nasm = spawnSync('nasm', ['-v']).status === 0;
const peers = process.env.PEERS !== undefined && spawnSync('bochs', ['--help', 'cpu']).error === undefined;
const names = ['vmx-instructions', 'vmx-exits', 'monitor-trap', 'processor-signals'];
/**
 * Of which Bochs is no peer: what they must print is by hand, from the manual. (An INIT makes the same exit in Bochs 2.7, but
 * stays pending there and makes it for ever.)
 */
const byHand = ['monitor-trap', 'processor-signals'];

const folder = mkdtempSync(join(tmpdir(), 'ringside-vmx-guests-'));
afterAll(() => rmSync(folder, { recursive: true }));

const DISKETTE = 1474560;

function image(name: string): string {
  const path = join(folder, `${name}.img`);
  if (existsSync(path)) return path;
  const options = ['-f', 'bin', '-w-number-overflow', '-I', shared];
  execFileSync('nasm', [...options, `${name}.asm`, '-o', path], { cwd: guests });
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

describe.skipIf(!nasm)('guest hypervisors', () => {
  for (const name of names) {
    it.each(['off', 'always'] as const)(`${name}: prints what it must, translation %s`, (tier1) => {
      expect(runHere(name, tier1)).toEqual(expected(name));
    });

    if (byHand.includes(name)) continue;
    it.skipIf(!peers)(`${name}: the expectation is what Bochs prints`, async () => {
      expect(await bochsPrints(name)).toEqual(expected(name));
    });
  }
});
