/**
 * The instruction campaign: every form of the table in every mode, with Debian's nasm as the oracle.
 *
 *     node scripts/campaign.mjs encode [--full] [--bits 16,32,64] [--only REGEX] [--quick]
 *
 * For each form: every operand over its registers, addresses and boundary values; then operands of every shape, right and
 * wrong; then every prefix; then -O0, -O1 and `default rel`. nasm and the encoder must make the same bytes or both refuse.
 * What was made is decoded, disassembled, and the text assembled with nasm: the same bytes again; lengths are compared with
 * ndisasm and objdump. Bytes that are no instruction on a processor are each explained by the manual (instructions/explained.ts).
 *
 * All of it takes some seven minutes of one core (`--full`). Without it, of the forms each second case is taken and of the shapes
 * each third, which stays above two million cases; prefixes, -O0, -O1 and `default rel` are whole.
 */

import type { Bits } from './instructions/addresses';
import type { Difference } from './instructions/compare';
import { type Plan, run, type Totals } from './instructions/run';

const words = process.argv.slice(2);

function option(name: string): string | undefined {
  const at = words.indexOf(`--${name}`);
  return at < 0 ? undefined : words[at + 1];
}

const modes = (option('bits') ?? '16,32,64').split(',').map(Number) as Bits[];
const only = option('only') === undefined ? undefined : new RegExp(`^(${option('only')})$`);
const quick = words.includes('--quick');
const full = words.includes('--full') || quick || only !== undefined;

const plans: [string, Plan][] = modes.flatMap((bits): [string, Plan][] => {
  const base = { bits, only, all: !quick };
  const few = { ...base, all: false };
  const list: [string, Plan][] = [
    ['forms', { ...base, part: 'forms', roundTrip: true, step: full ? 1 : 2 }],
    ['shapes', { ...base, part: 'shapes', step: full ? 1 : 3 }],
    ['prefixes', { ...base, part: 'prefixes' }],
    ['forms, -O0', { ...few, part: 'forms', options: { optimization: 0 } }],
    ['forms, -O1', { ...few, part: 'forms', options: { optimization: 1 } }],
  ];
  if (bits === 64) list.push(['forms, default rel', { ...few, part: 'forms', options: { defaultRel: true } }]);
  return list;
});

function show(difference: Difference): string {
  const { text, nasm, ours, bits } = difference;
  return `  ${bits} ${text}: nasm ${nasm}, here ${ours}`;
}

let cases = 0;
let differences = 0;
let decoded = 0;
let failures = 0;
const noInstruction = new Map<string, number>();
for (const [name, plan] of plans) {
  const began = performance.now();
  const totals: Totals = run(plan);
  const { refused, panics, later, otherWords } = totals;
  console.log(
    `${plan.bits}-bit ${name}: ${totals.cases} cases, ${totals.differences.length} differences; ` +
      `both refuse ${refused} (${otherWords} in other words), AVX-512 or XOP in nasm only ${later}, nasm breaks down ${panics}; ` +
      `${Math.round((performance.now() - began) / 1000)} s`,
  );
  for (const difference of totals.differences.slice(0, 20)) console.log(show(difference));
  if (plan.roundTrip) {
    console.log(
      `  read back: ${totals.decoded} different instructions, ${totals.failures.length} not the same again, ` +
        `${totals.lengths.length} of another length than ndisasm and objdump say`,
    );
    for (const line of [...totals.failures.slice(0, 10), ...totals.lengths.slice(0, 10)]) console.log(`  ${line}`);
    for (const [why, count] of totals.undecodable) noInstruction.set(why, (noInstruction.get(why) ?? 0) + count);
  }
  cases += totals.cases;
  differences += totals.differences.length;
  decoded += totals.decoded;
  failures += totals.failures.length + totals.lengths.length;
}
console.log('bytes of nasm that are no instruction:');
for (const [why, count] of noInstruction) console.log(`  ${count}: ${why}`);
console.log(`encode: ${cases} cases, ${differences} differences; ${decoded} read back, ${failures} failures`);
console.log(`${cases + decoded - differences - failures} passed, ${differences + failures} failed`);
process.exitCode = differences + failures > 0 ? 1 : 0;
