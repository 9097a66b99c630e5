/**
 * Snapshots at random moments of the samples and the benchmark guests: restored into the same target and into a fresh one,
 * and run on for ten million instructions or to the end, they lead to what a run leads to that nobody interrupted: hash,
 * instruction count, serial output, screen, exits, all registers and the state of every device.
 * Arguments: number of moments (1000), seed (1), and the path of a Linux kernel, of whose boot 20 moments are taken instead.
 */
import type { Snapshot, Stop, Target } from '../../../hypervisor/target';
import { Random } from '../../host/random';
import { type Guest, guests } from './guests';
import { bootLinux, LINUX_MOMENTS } from './linux';
import { differences, type Moment, momentOf } from './state';

const DISTANCE = 10_000_000;
/** A fresh target costs more than a restore: so many moments share one, before it is replaced. */
const SHARED = 10;

const [count = '1000', seed = '1', kernel] = process.argv.slice(2);
let passed = 0;
let failed = 0;

function report(name: string, found: readonly string[]): void {
  if (found.length === 0) passed++;
  else {
    failed++;
    console.log(`${name}:\n  ${found.slice(0, 4).join('\n  ')}`);
  }
}

/** Runs to an instruction count; where the guest ended before, to there. */
function runTo(target: Target, instructions: number): Stop {
  for (;;) {
    const stop = target.run(instructions);
    if (stop.kind !== 'limit' || target.instructions >= instructions) return stop;
  }
}

/** The run that is not interrupted: what there is to see at each of these instruction counts. */
function reference(target: Target, counts: readonly number[]): Map<number, Moment> {
  const moments = new Map<number, Moment>();
  for (const at of [...new Set(counts)].sort((a, b) => a - b)) {
    const stop = runTo(target, at);
    moments.set(at, momentOf(target, stop));
  }
  return moments;
}

/** @param make powers the guest on */
function tryMoments(name: string, make: () => Target, moments: readonly number[]): void {
  const sorted = [...moments].sort((a, b) => a - b);
  const expected = reference(
    make(),
    sorted.map((at) => at + DISTANCE),
  );
  const same = make();
  let fresh = make();
  let later: Snapshot | undefined;
  sorted.forEach((at, i) => {
    if (later) same.restore(later);
    runTo(same, at);
    const snapshot = same.snapshot();
    // on, so that what comes back by the restore was left behind before
    const next = sorted[i + 1];
    if (next !== undefined) {
      runTo(same, next);
      later = same.snapshot();
    } else runTo(same, at + DISTANCE / 2);
    if (i % SHARED === 0) fresh = make();
    const goal = expected.get(at + DISTANCE) as Moment;
    for (const [where, target] of [
      ['the same target', same],
      ['a fresh target', fresh],
    ] as const) {
      target.restore(snapshot);
      const stop = runTo(target, at + DISTANCE);
      report(`${name}, at ${at}, restored into ${where}`, differences(momentOf(target, stop), goal));
    }
  });
}

const random = new Random(Number(seed));
const methods = ['none', 'ept'] as const;
const all: Guest[] = kernel ? [{ name: 'Linux', powerOn: (method) => bootLinux(kernel, method) }] : guests();
// Linux without a root file system reboots again and again: its first boot is what is wanted.
const longest = kernel ? 6e9 : 2e10;
const each = kernel ? LINUX_MOMENTS / 2 : Math.ceil(Number(count) / (all.length * methods.length));
for (const guest of all) {
  const whole = guest.powerOn('none');
  runTo(whole, longest);
  const length = whole.instructions;
  for (const method of methods) {
    const moments = Array.from({ length: each }, () => Math.floor((random.u32() / 2 ** 32) * length));
    const began = process.cpuUsage();
    const before = passed + failed;
    tryMoments(`${guest.name}, ${method}`, () => guest.powerOn(method), moments);
    const { user, system } = process.cpuUsage(began);
    const seconds = ((user + system) / 1e6).toFixed(1);
    console.log(
      `${guest.name}, ${method}: ${each} moments among ${length}, ${passed + failed - before} restores, ${seconds} s of CPU`,
    );
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
