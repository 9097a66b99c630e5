/** The machines that run the programs: this one in every way, Bochs, and QEMU without acceleration. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { powerOn, runToEnd } from '../../guests';
import type { Program } from './programs';

/** Milliseconds that Bochs may take for a program, and QEMU, which does not get to the end of some. */
const PATIENCE = { bochs: 90_000, qemu: 20_000 };
/** Instructions that a program may take here. */
const LIMIT = 40e6;

const folder = mkdtempSync(join(tmpdir(), 'ringside-system-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

export interface Way {
  readonly name: string;
  readonly virtualization: 'none' | 'ept';
  readonly tier1: 'off' | 'always';
}

export const ways: readonly Way[] = (['none', 'ept'] as const).flatMap((virtualization) =>
  (['off', 'always'] as const).map((tier1) => ({
    name: `${virtualization}, translation ${tier1}`,
    virtualization,
    tier1,
  })),
);

/** Runs a program here; what stopped it, if it did not end by itself, is the last line. */
export function runHere({ diskette }: Program, { virtualization, tier1 }: Way): string {
  const target = powerOn(diskette, { virtualization, tier1, memory: 64 << 20 });
  const stop = runToEnd(target, LIMIT);
  const text = target.serialOutput;
  return stop.kind === 'ended' && stop.reason === 'debug-exit' ? text : `${text}\nstopped: ${JSON.stringify(stop)}`;
}

/** Runs a peer until it has printed DONE into a file, or its time is over. */
async function watch(command: string, args: readonly string[], output: string, patience: number): Promise<string> {
  const peer = spawn(command, args, { env: { ...process.env, TERM: 'xterm' }, detached: true, stdio: 'ignore' });
  let running = true;
  peer.on('exit', () => {
    running = false;
  });
  const read = (): string => (existsSync(output) ? readFileSync(output, 'latin1') : '');
  const end = Date.now() + patience;
  while (running && Date.now() < end && !read().includes('DONE\r')) await new Promise((done) => setTimeout(done, 100));
  // the group: Bochs runs under `script`, which gives it the terminal it wants
  if (running && peer.pid !== undefined) process.kill(-peer.pid, 'SIGKILL');
  return read();
}

const file = (name: string): string => join(folder, name);

function diskette({ name, diskette: bytes }: Program): string {
  const path = file(`${name}.img`);
  writeFileSync(path, bytes);
  return path;
}

/** Bochs 2.7, with the processor model whose features come nearest to this one's. */
export function runBochs(program: Program): Promise<string> {
  const output = file(`${program.name}.bochs`);
  const settings = [
    'cpu: model=corei7_icelake_u, count=1, ips=50000000, reset_on_triple_fault=0',
    'memory: guest=64, host=64',
    'romimage: file=/usr/share/bochs/BIOS-bochs-latest, options=fastboot',
    'vgaromimage: file=/usr/share/vgabios/vgabios.bin',
    `floppya: 1_44=${diskette(program)}, status=inserted`,
    'boot: floppy',
    'display_library: term',
    `com1: enabled=1, mode=file, dev=${output}`,
    `log: ${file('log')}`,
    'panic: action=fatal',
    'clock: sync=none, time0=local',
    'plugin_ctrl: unmapped=1, biosdev=1, speaker=0, extfpuirq=1, parallel=0, serial=1, iodebug=1',
  ];
  writeFileSync(file('rc'), settings.join('\n'));
  writeFileSync(file('go'), 'c\n');
  return watch(
    'script',
    ['-qec', `exec bochs -q -f ${file('rc')} -rc ${file('go')}`, '/dev/null'],
    output,
    PATIENCE.bochs,
  );
}

/** QEMU's interpreter-translator (TCG) with everything that it knows. */
export function runQemu(program: Program): Promise<string> {
  const output = file(`${program.name}.qemu`);
  const args = [
    ...['-accel', 'tcg', '-cpu', 'max', '-m', '64', '-display', 'none', '-no-reboot'],
    ...['-drive', `file=${diskette(program)},format=raw,if=floppy`, '-boot', 'a'],
    ...['-serial', `file:${output}`, '-device', 'isa-debug-exit,iobase=0xf4,iosize=4', '-monitor', 'none'],
  ];
  return watch('qemu-system-x86_64', args, output, PATIENCE.qemu);
}
