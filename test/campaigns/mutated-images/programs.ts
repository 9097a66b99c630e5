/** Mutated images are started: each gives one clear line, or a guest that runs, whatever it comes to. */
import { createTarget } from '../../../hypervisor/create-target';
import { BOOT_KINDS, isLoadError, type LaunchOptions } from '../../../hypervisor/launch-options';
import type { Stop } from '../../../hypervisor/target';
import { Random } from '../../host/random';
import type { Outcome } from './devices';
import { type Image, images } from './images';
import { powerOnAgain } from './machine-pool';
import { mutate } from './mutate';

/** A machine of its own for one image in so many; see machine-pool.ts. */
const FRESH = 50;
const INSTRUCTIONS = 12_000;
const SLICE = 6_000;
/** Milliseconds that an image may take: more is a hang. */
const PATIENCE = 10_000;
/** Bytes that the host process may come to hold: more is a leak or a blow-up. */
const MOST_MEMORY = 3 * 2 ** 30;

/** What became of an image; the kinds are counted. */
type Verdict = { kind: string } | { wrong: string };

/** One line that a person can read. */
const isClear = (message: string): boolean =>
  message.length > 10 && !/[\n\r]|undefined|NaN|\[object|null|Infinity/.test(message);

/** @param fresh in a machine of its own, from beginning to end */
export function start(options: LaunchOptions, fresh: boolean): Verdict {
  const began = performance.now();
  try {
    const target = fresh ? createTarget(options) : powerOnAgain(options);
    if (isLoadError(target)) return isClear(target.message) ? { kind: 'error' } : { wrong: `says "${target.message}"` };
    let before = -1;
    let stop: Stop = { kind: 'limit' };
    // a guest that only faults gets no further, and gives control back
    while (stop.kind === 'limit' && target.instructions < INSTRUCTIONS && target.instructions > before) {
      before = target.instructions;
      stop = target.run(before + SLICE);
    }
    const took = performance.now() - began;
    if (took > PATIENCE) return { wrong: `takes ${took.toFixed(0)} ms` };
    if (stop.kind === 'triple-fault' && !isClear(stop.explanation.replaceAll('\n', ' ')))
      return { wrong: `explains "${stop.explanation}"` };
    const stuck = stop.kind === 'limit' && target.instructions === before;
    if (stuck) return { kind: 'faulting for ever' };
    return { kind: stop.kind === 'ended' ? `ended by ${stop.reason}` : stop.kind };
  } catch (thrown) {
    return { wrong: `throws ${thrown instanceof Error ? thrown.stack : thrown}` };
  }
}

const pick = <T>(random: Random, list: readonly T[]): T => list[random.below(list.length)] as T;

/** Launch options of a user who means well, most of the time. */
function optionsFor(random: Random, program: Uint8Array): LaunchOptions {
  return {
    name: 'image',
    program,
    boot: random.below(8) === 0 ? pick(random, BOOT_KINDS) : 'auto',
    virtualization: pick(random, ['none', 'none', 'ept'] as const),
    memory: pick(random, [1, 4, 4, 4]) << 20,
    cpus: 1,
    tier1: 'on',
    ...(random.below(8) === 0 && { initrd: new Uint8Array(random.below(5000)) }),
    ...(random.below(8) === 0 && { commandLine: 'x'.repeat(random.below(600)) }),
  };
}

/** Each sound image starts and comes to its end: else the mutants would prove nothing. */
function checkSound(all: readonly Image[], outcome: Outcome): void {
  for (const { name, bytes } of all) {
    for (const virtualization of ['none', 'ept'] as const) {
      const verdict = start(
        { ...optionsFor(new Random(1), bytes), boot: 'auto', virtualization, memory: 4 << 20 },
        true,
      );
      if ('kind' in verdict && verdict.kind === 'ended by debug-exit') outcome.passed++;
      else {
        outcome.failed++;
        console.log(`${name}, not mutated, ${virtualization}: ${JSON.stringify(verdict)}`);
      }
    }
  }
}

/** @param count mutants; @param firstSeed of the first one */
export function runImages(count: number, firstSeed: number): Outcome {
  const outcome = { passed: 0, failed: 0 };
  const kinds = new Map<string, number>();
  const all = images();
  checkSound(all, outcome);
  for (let i = 0; i < count; i++) {
    const random = new Random(firstSeed + i);
    const image = all[i % all.length] as Image;
    const verdict = start(optionsFor(random, mutate(random, image)), random.below(FRESH) === 0);
    if ('kind' in verdict) {
      outcome.passed++;
      kinds.set(verdict.kind, (kinds.get(verdict.kind) ?? 0) + 1);
    } else {
      outcome.failed++;
      console.log(`${image.name}, seed ${firstSeed + i}: ${verdict.wrong}`);
    }
    const { rss } = i % 100 === 0 ? process.memoryUsage() : { rss: 0 };
    if (rss > MOST_MEMORY) {
      outcome.failed++;
      console.log(`after ${i + 1} images the process holds ${Math.round(rss / 2 ** 20)} MiB`);
      break;
    }
  }
  const sums = [...kinds].sort((a, b) => b[1] - a[1]).map(([kind, n]) => `${n} ${kind}`);
  console.log(`images: ${count} mutants: ${sums.join(', ')}`);
  return outcome;
}
