/**
 * Random instructions on the host processor and here: `host-processor [CASES PER FORM] [SEED] [MNEMONICS]`, the last a regular
 * expression. Prints three differences a mnemonic.
 */

import { join } from 'node:path';
import { compareWithHost } from '../host/compare';
import { buildHarness } from '../host/host';

const [cases = '100', seed = '1', only = ''] = process.argv.slice(2);
const program = buildHarness(join(import.meta.dirname, '../host'));
if (program === undefined) {
  console.log('no C compiler for the host harness');
  console.log('0 passed, 0 failed');
} else {
  const { cases: count, differences } = compareWithHost(program, Number(cases), Number(seed), new RegExp(only));
  const shown = new Map<string, number>();
  for (const line of differences) {
    const mnemonic = line.slice(0, line.indexOf(' '));
    const so = shown.get(mnemonic) ?? 0;
    shown.set(mnemonic, so + 1);
    if (so < 3) console.log(line);
  }
  for (const [mnemonic, so] of shown) console.log(`${mnemonic}: ${so}`);
  console.log(`${count - differences.length} passed, ${differences.length} failed`);
  process.exitCode = differences.length === 0 ? 0 : 1;
}
