/**
 * Snapshots at random moments of the samples, the benchmark guests and Linux's boot: restored into the same target and into a
 * fresh one, and run on for ten million instructions or to the end, they lead to what a run leads to that nobody interrupted:
 * hash, instruction count, serial output, screen, exits, all registers and the state of every device.
 * Linux comes from Debian's package; where it cannot be fetched it is skipped, which is a failure with RINGSIDE_NO_SKIPS=1.
 * Arguments: number of moments (1000), seed (1), number of moments of Linux's boot (20).
 */
import type { Snapshot, Stop, Target } from '../../../hypervisor/target';
import { Random } from '../../host/random';
import { type Guest, guests } from './guests';
import { linuxGuest } from './linux';
import { differences, type Moment, momentOf } from './state';

const DISTANCE = 10_000_000;
/** A fresh target costs more than a restore: so many moments share one, before it is replaced. */
const SHARED = 10;
const METHODS = ['none', 'ept'] as const;
/** Instructions of a guest that does not end by itself; and between two looks at what it printed. */
const LONGEST = 2e10;
const LOOK = 10_000_000;

const [count = '1000', seed = '1', ofLinux = '20'] = process.argv.slice(2);
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

/** Instructions of a guest from power-on to its end, and from where on it printed. */
function measure(target: Target): { length: number; printing: number } {
  let printing = 0;
  for (;;) {
    if (target.serialOutput === '') printing = target.instructions;
    const stop = target.run(Math.min(target.instructions + LOOK, LONGEST));
    if (stop.kind !== 'limit' || target.instructions >= LONGEST) return { length: target.instructions, printing };
  }
}

const random = new Random(Number(seed));
const between = (first: number, end: number): number => first + Math.floor((random.u32() / 2 ** 32) * (end - first));

function tryGuest(guest: Guest, each: number): void {
  const { length, printing } = measure(guest.powerOn('none'));
  for (const method of METHODS) {
    // Linux unpacks itself for three quarters of its instructions: of every three moments two are to be later ones
    const moments = Array.from({ length: each }, (_, i) =>
      between(guest.unpacks && i % 3 !== 0 ? printing : 0, length),
    );
    const began = process.cpuUsage();
    const before = passed + failed;
    tryMoments(`${guest.name}, ${method}`, () => guest.powerOn(method), moments);
    const { user, system } = process.cpuUsage(began);
    const seconds = ((user + system) / 1e6).toFixed(1);
    const restores = passed + failed - before;
    console.log(`${guest.name}, ${method}: ${each} moments among ${length}, ${restores} restores, ${seconds} s of CPU`);
  }
}

const all = guests();
for (const guest of all) tryGuest(guest, Math.ceil(Number(count) / (all.length * METHODS.length)));
if (Number(ofLinux) > 0) {
  const linux = linuxGuest();
  if (!('missing' in linux)) tryGuest(linux, Math.ceil(Number(ofLinux) / METHODS.length));
  else if (process.env.RINGSIDE_NO_SKIPS === undefined) console.log(`skipped: Linux: ${linux.missing}`);
  else report('Linux', [linux.missing]);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
