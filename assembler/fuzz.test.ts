import { describe, expect, it } from 'vitest';
import { check, mutated, Random } from '../test/mutated-sources';

/**
 * Sources that nobody would write. None may crash or hang the assembler, and each ends with output or with an error that
 * points into the source. The campaign `assembler-fuzz` tries many more.
 */
const cases = Number(process.env.FUZZ_CASES ?? 1500);
const seed = Number(process.env.FUZZ_SEED ?? 1);

describe('a mutated source', () => {
  it(`gives output or an error (${cases} sources, seed ${seed})`, { timeout: cases * 200 + 30_000 }, () => {
    const random = new Random(seed * 2654435761 + 1);
    for (let n = 0; n < cases; n++) {
      const { source, options } = mutated(random);
      const problem = check(source, options);
      if (problem) expect.fail(`source ${n} of seed ${seed}: ${problem}\n--- ${options.format}\n${source}`);
    }
  });
});
