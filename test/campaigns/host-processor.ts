/**
 * Random instructions on the host processor and here: `host-processor [INSTANCES] [STATES] [SEED] [MNEMONICS]`, the last a
 * regular expression.
 */
import { join } from 'node:path';
import { compareWithHost } from '../host/compare';
import { buildHarness } from '../host/host';

const [instances = '4', states = '8', seed = '1', only = ''] = process.argv.slice(2);
const program = buildHarness(join(import.meta.dirname, '../host'));
if (program === undefined) {
  console.log('no C compiler for the host harness');
  console.log('0 passed, 0 failed');
} else {
  const shown = new Map<string, number>();
  const start = Date.now();
  const r = compareWithHost(
    program,
    { instances: Number(instances), states: Number(states), seed: Number(seed), only: new RegExp(only) },
    (line) => {
      const mnemonic = line.slice(0, line.indexOf(' '));
      const so = shown.get(mnemonic) ?? 0;
      shown.set(mnemonic, so + 1);
      if (so < 3) console.log(line);
    },
  );
  for (const [mnemonic, so] of shown) console.log(`${mnemonic}: ${so}`);
  console.log(
    `${r.forms.size} forms, ${r.cases} cases, ${r.cases32} in 32-bit, ${r.faults} faults, ${r.comparisons} comparisons, ${Date.now() - start} ms`,
  );
  console.log(`${r.comparisons - r.differences.length} passed, ${r.differences.length} failed`);
  process.exitCode = r.differences.length === 0 ? 0 : 1;
}
