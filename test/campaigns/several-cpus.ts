/**
 * Generated guests of two to four CPUs on the bare machine and under the VMM, interpreted and translated, in slices of several
 * sizes: the same counts of instructions on each CPU, output and end. Arguments: number of seeds, and the first seed.
 */
import { join } from 'node:path';
import { smpDifferences } from '../smp/compare';

const count = Number(process.argv[2] ?? 120);
const first = Number(process.argv[3] ?? 5000);
const folder = join(process.cwd(), 'test/smp/guests/');
let passed = 0;
let failed = 0;
for (let seed = first; seed < first + count; seed++) {
  const found = smpDifferences(seed, 2 + (seed % 3), folder);
  for (const line of found) console.log(line);
  if (found.length === 0) passed++;
  else failed++;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
