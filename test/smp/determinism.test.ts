// A guest of four CPUs ends in the same state, with the same count of instructions on each CPU, however it was run.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Target } from '../../hypervisor/target';
import { root, runToEnd } from '../guests';
import { smpDifferences } from './compare';
import { powerOnSmp } from './guests';
import { outcome } from './outcome';

const finish = (target: Target): object => ({ stop: runToEnd(target), ...outcome(target) });

describe.each(['locks', 'interrupts', 'nmi', 'shootdown'])('%s', (name) => {
  const reference = finish(powerOnSmp(name, {}, true));

  describe.each(['none', 'ept'] as const)('under %s', (virtualization) => {
    const start = (): Target => powerOnSmp(name, { virtualization }, true);

    it('run again', () => expect(finish(start())).toEqual(reference));

    it.each(['off', 'always'] as const)('with translation %s', (tier1) => {
      expect(finish(powerOnSmp(name, { virtualization, tier1 }, true))).toEqual(reference);
    });

    it('in odd slices', () => {
      const target = start();
      const stop = runToEnd(target, 1e9, 331);
      expect({ stop, ...outcome(target) }).toEqual(reference);
    });

    it('single-stepped over the beginning and the change of turns', () => {
      const target = start();
      const seen = new Set<number>();
      for (let i = 0; i < 4000 && target.run(target.instructions + 1).kind === 'limit'; i++)
        seen.add(target.currentCpu);
      target.run(target.instructions + 9_000);
      for (let i = 0; i < 15_000 && target.run(target.instructions + 1).kind === 'limit'; i++)
        seen.add(target.currentCpu);
      expect(seen.size).toBeGreaterThan(1);
      expect(finish(target)).toEqual(reference);
    });

    it('looked at on the way, every CPU of it', () => {
      const target = start();
      while (target.run(target.instructions + 1777).kind === 'limit') {
        for (let cpu = 0; cpu < target.cpus; cpu++) {
          const { rip } = target.registers(cpu);
          target.readVirtual(rip, 16, cpu);
        }
      }
      expect(finish(target)).toEqual(reference);
    });

    it('with breakpoints on the way', () => {
      const target = start();
      target.run(25_000);
      const visited = new Set<bigint>();
      for (let i = 0; i < 60 && target.run(target.instructions + 1).kind === 'limit'; i++)
        visited.add(target.registers().rip);
      target.setBreakpoints([...visited]);
      for (let i = 0; i < 2000; i++) if (runToEnd(target).kind !== 'breakpoint') break;
      target.setBreakpoints([]);
      expect(finish(target)).toEqual(reference);
    });

    it('after a restored snapshot, here and in another target', () => {
      const target = start();
      const snapshots = [target.snapshot()];
      const step = Math.ceil((reference as { instructions: number }).instructions / 12) + 1;
      while (target.run(target.instructions + step).kind === 'limit') snapshots.push(target.snapshot());
      for (const snapshot of snapshots.reverse()) {
        target.restore(snapshot);
        expect(target.instructions).toBe(snapshot.instructions);
        expect(finish(target)).toEqual(reference);
      }
      const other = start();
      other.restore(snapshots[Math.floor(snapshots.length / 2)]);
      expect(finish(other)).toEqual(reference);
    });
  });
});

// a slice of `npm run campaign -- several-cpus`
describe('Generated guests', () => {
  it.each([
    [1, 2],
    [2, 4],
  ])('end the same bare and under the VMM, interpreted and translated: seed %d, %d CPUs', (seed, cpus) => {
    expect(smpDifferences(seed, cpus, join(root, 'test/smp/guests/'))).toEqual([]);
  });
});
