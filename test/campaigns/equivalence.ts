/**
 * Generated guests on the bare machine and under the VMM, interpreted and translated: the same instruction count, output and end.
 * Arguments: number of seeds of each mode, and the first seed.
 */
import { differences } from '../equivalence/compare';

const count = Number(process.argv[2] ?? 60);
const first = Number(process.argv[3] ?? 1000);
let passed = 0;
let failed = 0;
for (let seed = first; seed < first + count; seed++) {
  for (const bits of [16, 32, 64] as const) {
    const found = differences(seed, bits);
    for (const line of found) console.log(line);
    if (found.length === 0) passed++;
    else failed++;
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
