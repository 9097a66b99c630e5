/** A generated guest of several CPUs run in every way: what the bare machine interprets is what all others must end with. */
import { assembleText, powerOn, runToEnd } from '../guests';
import { generateSmp } from './generator';
import { outcome } from './outcome';

/** Most instructions that a guest takes. */
const LIMIT = 3_000_000;

const ways = [
  ['none', 'off', 100_000],
  ['none', 'on', 100_000],
  ['none', 'always', 777],
  ['ept', 'off', 100_000],
  ['ept', 'on', 1001],
  ['ept', 'always', 100_000],
] as const;

/**
 * What went otherwise than on the bare interpreter, a line each; empty if all is well.
 * @param folder where smp.inc is, with a slash at its end
 */
export function smpDifferences(seed: number, cpus: number, folder: string): string[] {
  const program = assembleText(generateSmp(seed, cpus), [folder]);
  const name = `seed ${seed}, ${cpus} CPUs`;
  const runs = ways.map(([virtualization, tier1, slice]) => {
    const target = powerOn(program, { cpus, virtualization, tier1, memory: 16 << 20 });
    const stop = runToEnd(target, LIMIT, slice);
    return { way: `${virtualization}, translation ${tier1}`, stop: JSON.stringify(stop), ...outcome(target) };
  });
  const [reference, ...others] = runs;
  const found: string[] = [];
  if (!reference.stop.includes('debug-exit')) found.push(`${name}: ${reference.way}: ${reference.stop}`);
  for (const run of others) {
    for (const key of ['stop', 'instructions', 'each', 'serial', 'hash'] as const) {
      if (String(run[key]) === String(reference[key])) continue;
      found.push(`${name}: ${run.way}: ${key} ${run[key]} instead of ${reference[key]}`);
      break;
    }
  }
  return found;
}
