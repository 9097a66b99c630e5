/**
 * Random operations on all devices: nothing is thrown and nothing hangs. At random moments the whole state is taken over by a
 * fresh PC, which from then on answers every operation as the first one does: so nothing is missing from the saved state.
 */
import type { VirtualizationMethod } from '../../../hypervisor/target';
import { Random } from '../../host/random';
import { plain } from '../snapshots/state';
import { operation } from './device-operations';
import { DeviceWorld } from './device-world';

/** Operations from a seed, and between two take-overs about. */
const EPISODE = 2500;
const BETWEEN = 50;
/** Milliseconds that one operation may take: more is a hang. */
const PATIENCE = 5000;

export interface Outcome {
  passed: number;
  failed: number;
}

const texts = (world: DeviceWorld): Map<string, string> =>
  new Map(Object.entries(world.platform.save().devices).map(([name, state]) => [name, JSON.stringify(state, plain)]));

/** In which devices two PCs differ. */
function compareStates(a: DeviceWorld, b: DeviceWorld): string | undefined {
  const theirs = texts(b);
  for (const [name, mine] of texts(a)) {
    if (mine !== theirs.get(name))
      return `device ${name} is ${mine.slice(0, 600)}, and ${theirs.get(name)?.slice(0, 600)} where it was restored`;
  }
  if (a.machine.clock.next() !== b.machine.clock.next()) return 'the next alarms differ';
  if (a.target.serialOutput !== b.target.serialOutput) return 'the serial output differs';
  return a.target.hash() === b.target.hash() ? undefined : 'memory differs';
}

/** One episode from a seed; undefined if all is well. */
function episode(world: DeviceWorld, twin: DeviceWorld, seed: number): string | undefined {
  const random = new Random(seed);
  const lonely = random.below(EPISODE / 2);
  const moments = new Random(~seed);
  try {
    for (let i = 0; i < EPISODE; i++) {
      if (i === lonely || (i > lonely && moments.below(BETWEEN) === 0)) twin.restore(world.snapshot());
      const next = operation(random, world.memory);
      const began = performance.now();
      const first = next(world);
      const took = performance.now() - began;
      if (took > PATIENCE) return `operation ${i} took ${took.toFixed(0)} ms`;
      if (i < lonely) continue;
      const second = next(twin);
      if (first !== second) return `operation ${i} gave ${first}, and ${second} where the state was restored`;
    }
  } catch (thrown) {
    return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  }
  return compareStates(world, twin);
}

/** @returns operations in episodes that went well, and episodes that did not */
export function runDevices(operations: number, firstSeed: number): Outcome {
  const outcome = { passed: 0, failed: 0 };
  const methods: readonly VirtualizationMethod[] = ['none', 'ept'];
  const episodes = Math.ceil(operations / EPISODE);
  for (const [m, method] of methods.entries()) {
    let world = new DeviceWorld(method);
    let twin = new DeviceWorld(method);
    for (let i = m; i < episodes; i += methods.length) {
      const seed = firstSeed + i;
      const found = episode(world, twin, seed);
      if (found === undefined) {
        outcome.passed++;
        continue;
      }
      outcome.failed++;
      console.log(`devices, ${method}, seed ${seed}: ${found}`);
      world = new DeviceWorld(method);
      twin = new DeviceWorld(method);
    }
  }
  console.log(`devices: ${episodes * EPISODE} operations in ${episodes} episodes`);
  return outcome;
}
