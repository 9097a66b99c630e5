/**
 * The decoder beside others: whether bytes are an instruction, and how long it is.
 *
 *     node scripts/campaign.mjs decode [--sites N] [--bits 16,32,64] [--seed N]
 *
 * Random bytes beside objdump and ndisasm: every place where objdump sees an instruction or none is a site, a million in each
 * mode unless told. Where the decoder says otherwise, a rule of differences.ts explains it by the manual, or ndisasm agrees with
 * the decoder; anything else is a failure. Then every opcode of every map beside the host processor, if that is one of Intel's.
 */
import { join } from 'node:path';
import { decode, isDecoded } from '../../../isa/decoder';
import { buildProbe } from '../../host/probe';
import { Random } from '../../host/random';
import { compareWithHost, isIntel } from './beside-host';
import { type Bits, randomCode } from './bytes';
import { explain, type Site } from './differences';
import { ndisasmEach, objdump } from './disassemblers';

const words = process.argv.slice(2);
const option = (name: string, standard: string): string => {
  const at = words.indexOf(`--${name}`);
  return at < 0 ? standard : words[at + 1];
};
const wanted = Number(option('sites', '1000000'));
const modes = option('bits', '16,32,64').split(',').map(Number) as Bits[];
const LONGEST = 15;
const CHUNK = 1_000_000;

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');

function describe({ bits, bytes, ours, theirs }: Site): string {
  const own = isDecoded(ours) ? `${ours.form.mnemonic}, ${ours.length} bytes` : 'no instruction';
  return `${bits}-bit ${hex(bytes.subarray(0, LONGEST))}: here ${own}; objdump ${theirs.text}, ${theirs.length} bytes`;
}

let passed = 0;
let failed = 0;
for (const bits of modes) {
  const random = new Random(Number(option('seed', '1')) + bits);
  const reasons = new Map<string, number>();
  const open: Site[] = [];
  let sites = 0;
  let same = 0;
  while (sites < wanted) {
    const bytes = randomCode(CHUNK, bits, random);
    for (const theirs of objdump(bytes, bits)) {
      // The last instructions of a chunk may be cut off.
      if (sites >= wanted || theirs.offset + 2 * LONGEST > bytes.length) break;
      sites++;
      const site = { bits, bytes: bytes.subarray(theirs.offset, theirs.offset + 2 * LONGEST), theirs };
      const ours = decode(site.bytes, 0, bits);
      const valid = isDecoded(ours);
      if (valid === theirs.valid && (!valid || ours.length === theirs.length)) {
        same++;
        continue;
      }
      const why = explain({ ...site, ours });
      if (why === undefined) open.push({ ...site, ours });
      else reasons.set(why, (reasons.get(why) ?? 0) + 1);
    }
  }
  const second = ndisasmEach(
    open.map(({ bytes }) => bytes),
    bits,
  );
  const failures = open.filter(({ ours }, i) => {
    const { valid, length } = second[i];
    return isDecoded(ours) ? !valid || length !== ours.length : valid;
  });
  console.log(
    `${bits}-bit: ${sites} sites, ${same} as objdump; ndisasm agrees in ${open.length - failures.length} more`,
  );
  for (const [why, count] of reasons) console.log(`  ${count}: ${why}`);
  for (const failure of failures.slice(0, 40)) console.log(`  ${describe(failure)}`);
  passed += sites - failures.length;
  failed += failures.length;
}

const program = isIntel() ? buildProbe(join(import.meta.dirname, '../../host')) : undefined;
for (const bits of modes) {
  const result = program === undefined ? undefined : compareWithHost(program, bits);
  if (result === undefined) {
    console.log(`${bits}-bit: nothing to compare with: no Intel processor, C compiler or Linux that runs this mode`);
    continue;
  }
  const { pieces, absent, later, failures } = result;
  console.log(
    `${bits}-bit: ${pieces} encodings beside the processor, ${failures.length} differences; ${later} of later extensions; ` +
      `not on this processor: ${[...absent].join(' ')}`,
  );
  for (const failure of failures.slice(0, 40)) console.log(`  ${failure}`);
  passed += pieces - failures.length;
  failed += failures.length;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
