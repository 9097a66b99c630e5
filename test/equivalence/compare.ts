/** A generated guest run in every way: what the bare machine interprets is what all others must end with. */
import { assembleText, powerOn, runToEnd } from '../guests';
import { type Bits, generate } from './generator';

/** Most instructions that a program takes. */
const LIMIT = 300_000;

const ways = [
  ['none', 'off'],
  ['none', 'on'],
  ['none', 'always'],
  ['ept', 'off'],
  ['ept', 'on'],
  ['ept', 'always'],
] as const;

export interface Run {
  way: string;
  stop: string;
  instructions: number;
  hash: string;
  serial: string;
}

/** The runs of a program, the bare interpreter's first. */
export function runAll(seed: number, bits: Bits): Run[] {
  const program = assembleText(generate(seed, bits));
  return ways.map(([virtualization, tier1]) => {
    const target = powerOn(program, { boot: 'flat', entryBits: bits, memory: 4 << 20, virtualization, tier1 });
    const stop = runToEnd(target, LIMIT);
    return {
      way: `${virtualization}, translation ${tier1}`,
      stop: stop.kind === 'ended' ? `${stop.kind} ${stop.reason} ${stop.value}` : stop.kind,
      instructions: target.instructions,
      hash: target.hash(),
      serial: target.serialOutput,
    };
  });
}

/** What went otherwise than on the bare interpreter, a line each; empty if all is well. */
export function differences(seed: number, bits: Bits): string[] {
  const [reference, ...others] = runAll(seed, bits);
  const name = `seed ${seed}, ${bits} bits`;
  const found: string[] = [];
  if (reference.stop !== 'ended debug-exit 0') found.push(`${name}: ${reference.way}: ${reference.stop}`);
  for (const run of others) {
    for (const key of ['stop', 'instructions', 'serial', 'hash'] as const) {
      if (run[key] === reference[key]) continue;
      found.push(`${name}: ${run.way}: ${key} ${run[key]} instead of ${reference[key]}`);
      break;
    }
  }
  return found;
}
