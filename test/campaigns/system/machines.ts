/** The machines that run the programs: this one in every way, Bochs, and QEMU without acceleration. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runBochs as bochs, watch } from '../../bochs';
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

const file = (name: string): string => join(folder, name);

function diskette({ name, diskette: bytes }: Program): string {
  const path = file(`${name}.img`);
  writeFileSync(path, bytes);
  return path;
}

export function runBochs(program: Program): Promise<string> {
  return bochs(diskette(program), folder, program.name, PATIENCE.bochs);
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
