/** Data breakpoints and stops on exceptions: a guest cannot tell that it was stopped. The guests are those of the machine's own checks. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Target } from '../../hypervisor/target';
import { assembleFile, powerOn, root } from '../guests';

const folder = join(root, 'machine/cpu/system/guests');
/** Those in which most is delivered, and pushed. */
const guests = ['breakpoints', 'interrupts', 'segmentation', 'single-step', 'tasks', 'virtual8086'];
const DISKETTE = 1474560;
const LIMIT = 3e6;

function guest(name: string, virtualization: 'none' | 'ept', tier1: 'off' | 'always'): Target {
  const program = new Uint8Array(DISKETTE);
  program.set(assembleFile(join(folder, `${name}.asm`)));
  return powerOn(program, { virtualization, tier1, memory: 8 << 20 });
}

/** Everything of how a run ended, and how often it stopped on the way. */
function outcome(target: Target): { stops: number; kind: string; instructions: number; hash: string; serial: string } {
  let stops = 0;
  for (;;) {
    const stop = target.run(Math.min(target.instructions + 100_000, LIMIT));
    if (stop.kind === 'watchpoint' || stop.kind === 'exception') stops++;
    else if (stop.kind !== 'limit' || target.instructions >= LIMIT) {
      const { instructions, serialOutput } = target;
      return { stops, kind: stop.kind, instructions, hash: target.hash(), serial: serialOutput };
    }
  }
}

describe.each([
  ['none', 'always'],
  ['ept', 'off'],
] as const)('under %s, tier 1 %s', (virtualization, tier1) => {
  it.each(guests)('%s ends the same with all exceptions and its stack watched', (name) => {
    const plain = outcome(guest(name, virtualization, tier1));
    const watched = guest(name, virtualization, tier1);
    watched.setBreakOnExceptions(Array.from({ length: 32 }, (_, vector) => vector));
    watched.setWatchpoints([{ address: 0x7000n, length: 0xc00, reads: true, writes: true }]);
    const stopped = outcome(watched);
    expect({ ...stopped, stops: 0 }).toEqual({ ...plain, stops: 0 });
    expect(plain).toMatchObject({ stops: 0, kind: 'ended' });
    expect(stopped.stops).toBeGreaterThan(100);
  });
});
