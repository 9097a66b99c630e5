// The same images in QEMU with four CPUs, in turns: what they print does not depend on when.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { installed } from '../installed';
import { expectedText, notInQemu, smpGuests, smpImage } from './guests';

const QEMU = 'qemu-system-x86_64';
const folder = mkdtempSync(join(tmpdir(), 'ringside-smp-'));
afterAll(() => rmSync(folder, { recursive: true }));

function runQemu(name: string): string {
  const kernel = join(folder, name);
  writeFileSync(kernel, smpImage(name));
  const args =
    '-M pc -accel tcg,thread=single -smp 4 -display none -serial stdio -no-reboot -device isa-debug-exit,iobase=0xf4,iosize=1';
  try {
    return execFileSync(QEMU, [...args.split(' '), '-kernel', kernel], {
      encoding: 'latin1',
      timeout: 160_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch (error) {
    // it ends with (value << 1) | 1
    return (error as { stdout: string }).stdout;
  }
}

describe.skipIf(!installed(QEMU))('QEMU with four CPUs prints the same', () => {
  it.each(smpGuests.filter((name) => !notInQemu.has(name)))('%s', { timeout: 170_000 }, (name) => {
    expect(runQemu(name)).toBe(expectedText(name));
  });
});
