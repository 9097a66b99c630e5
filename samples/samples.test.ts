import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SourceReader } from '../assembler/api';
import { assemble } from '../assembler/assemble';

const here = dirname(fileURLToPath(import.meta.url));
const samples = ['boot-sector/boot.asm', 'long-mode/kernel.asm'];
const has = (command: string, option: string) => spawnSync(command, [option]).status === 0;
const hasNasm = has('nasm', '-v');
const hasQemu = has('qemu-system-x86_64', '--version');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringside-samples-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const disk: SourceReader = {
  resolve: (name, from) => [name, join(dirname(from), name)].find((path) => existsSync(path)),
  readText: (path) => readFileSync(path, 'utf8'),
  readBytes: (path) => readFileSync(path),
};

function nasm(sample: string): string {
  const image = join(folder, `${sample.replace('/', '-')}.img`);
  // `-Werror`: a sample gives no warning either.
  // NASM looks for what is included from where it is started.
  const cwd = join(here, dirname(sample));
  execFileSync('nasm', ['-f', 'bin', '-Wall', '-Werror', '-o', image, basename(sample)], { cwd });
  return image;
}

/** Boots the image on QEMU until it ends by itself or has printed `until`; gives the serial text and the exit status. */
function qemu(image: string, until?: string): Promise<{ serial: string; status: number | null }> {
  const device = ['-device', 'isa-debug-exit,iobase=0xf4,iosize=4'];
  const drive = ['-drive', `file=${image},format=raw,if=floppy`];
  const process = spawn('qemu-system-x86_64', [...drive, ...device, '-serial', 'stdio', '-display', 'none']);
  process.stdin.end();
  let serial = '';
  process.stdout.on('data', (data: Buffer) => {
    serial += data.toString('latin1');
    if (until !== undefined && serial.includes(until)) process.kill();
  });
  const timer = setTimeout(() => process.kill(), 30_000);
  return new Promise((resolve) => {
    process.on('close', (status) => {
      clearTimeout(timer);
      resolve({ serial, status });
    });
  });
}

/** The block in the sample's README that says what will be printed. */
function promised(sample: string): string {
  const readme = readFileSync(join(here, dirname(sample), 'README.md'), 'utf8');
  return /Expected on the serial port[^`]*(?:`[^`\n]+`[^`]*)?```\n([^`]*)```/.exec(readme)?.[1] ?? '';
}

const withoutCpu = (text: string) =>
  text
    .replace(/\r/g, '')
    .split('\n')
    .filter((line) => !line.startsWith('cpu:'));

describe.skipIf(!hasNasm)('each sample', () => {
  it.each(samples)('%s assembles with nasm, without a warning, to the same bytes as here', (sample) => {
    const expected = readFileSync(nasm(sample));
    const path = join(here, sample);
    const { output, diagnostics } = assemble(path, readFileSync(path, 'utf8'), { format: 'bin' }, disk);
    expect(diagnostics).toEqual([]);
    expect(Buffer.from(output ?? [])).toEqual(expected);
  });
});

describe.skipIf(!hasNasm || !hasQemu)('on QEMU', () => {
  it('the boot sector greets on the serial port, once', async () => {
    const { serial } = await qemu(nasm('boot-sector/boot.asm'), '\n');
    expect(serial).toBe('Hello from the boot sector\r\n');
  });

  it('the long-mode kernel prints what its README says and ends with status 33', async () => {
    const { serial, status } = await qemu(nasm('long-mode/kernel.asm'));
    expect(status).toBe(33);
    expect(withoutCpu(promised('long-mode/kernel.asm'))).toContain('done');
    expect(withoutCpu(serial)).toEqual(withoutCpu(promised('long-mode/kernel.asm')));
  });
});
