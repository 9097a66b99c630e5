/**
 * Devices beside QEMU: a guest programs them and prints what it reads back, a line each; the same lines must come from here,
 * on the bare machine and under the VMM, as from QEMU. Where they differ by intent, explained.ts says why.
 * Argument: `--print` shows every line.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assembleFile, powerOn, runToEnd } from '../../guests';
import { explained } from './explained';

const MEMORY = 64;
const program = assembleFile(join(process.cwd(), 'test/campaigns/devices/guest.asm'));
const noise = (bytes: number, step: number) =>
  Uint8Array.from({ length: bytes }, (_, i) => (i * step + (i >> 9)) & 0xff);
const disk = noise(1024 * 512, 7);
const cdrom = noise(64 * 2048, 13);

/** Lines by name, in order. */
function linesOf(serial: string): Map<string, string> {
  const lines = new Map<string, string>();
  for (const line of serial.split(/\r?\n/)) {
    const at = line.lastIndexOf('=');
    if (at > 0) lines.set(line.slice(0, at), line.slice(at + 1));
  }
  return lines;
}

function onQemu(): Map<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'ringside-devices-'));
  try {
    const file = (name: string, bytes: Uint8Array) => {
      writeFileSync(join(folder, name), bytes);
      return join(folder, name);
    };
    const drive = (path: string, index: number, media: string) => [
      '-drive',
      `file=${path},format=raw,if=ide,index=${index},media=${media}`,
    ];
    const args = [
      // time by instructions, a microsecond each: else timers would depend on how busy this computer is
      ...['-icount', 'shift=10,sleep=off', '-rtc', 'base=2025-01-01,clock=vm'],
      ...['-accel', 'tcg', '-M', 'pc', '-m', `${MEMORY}`, '-nic', 'none', '-display', 'none', '-no-reboot'],
      ...['-serial', 'stdio', '-serial', 'null', '-device', 'isa-debug-exit,iobase=0xf4,iosize=4'],
      ...drive(file('disk.img', disk), 0, 'disk'),
      ...drive(file('cd.iso', cdrom), 2, 'cdrom'),
      ...['-kernel', file('guest.bin', program)],
    ];
    const run = spawnSync('qemu-system-x86_64', args, { encoding: 'latin1', timeout: 300_000 });
    if (run.error) throw run.error;
    return linesOf(run.stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function here(virtualization: 'none' | 'ept'): Map<string, string> {
  const target = powerOn(program, { virtualization, memory: MEMORY << 20, boot: 'multiboot', disk, cdrom });
  const stop = runToEnd(target, 2e9, 10_000_000);
  if (stop.kind !== 'ended') console.log(`${virtualization}: ${stop.kind} after ${target.instructions} instructions`);
  return linesOf(target.serialOutput);
}

const reference = onQemu();
let passed = 0;
let failed = 0;
for (const method of ['none', 'ept'] as const) {
  const found = here(method);
  for (const name of new Set([...reference.keys(), ...found.keys()])) {
    const theirs = reference.get(name);
    const ours = found.get(name);
    const known = explained[name];
    if (process.argv[2] === '--print') console.log(`${method} ${name}: ${ours} QEMU ${theirs}`);
    if (known ? ours === known.here && theirs === known.qemu : ours === theirs) passed++;
    else {
      failed++;
      console.log(
        `${method}: ${name}: ${ours}, QEMU ${theirs}${known ? `; explained are ${known.here} and ${known.qemu}` : ''}`,
      );
    }
  }
}
console.log(`${reference.size} lines, ${Object.keys(explained).length} of them differ by intent`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && reference.has('end') ? 0 : 1;
