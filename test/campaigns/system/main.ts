/**
 * The system campaign: guest programs of named checks (exceptions, segmentation, gates, tasks, virtual-8086 mode, paging, debug
 * registers, interrupts, timers), assembled with our assembler and run on this machine in every way, bare and under the VMM,
 * interpreted and translated, and on Bochs. A check passes if all the ways give one answer, and it is Bochs's or stands, with the
 * section of the manual that says so, in the table of differences. QEMU is asked about the differences as a second opinion.
 *
 *     npm run campaign -- system [PROGRAM...]
 */
import { type Difference, differences } from '../../../machine/cpu/system/guests/differences';
import { runBochs, runHere, runQemu, ways } from './machines';
import { assembleProgram, checksOf, programNames } from './programs';

/** How many checks there are at least: a program that ends early must not pass unnoticed. */
const LEAST = 400;

interface Explained extends Difference {
  bochs: string;
  qemu: string;
}

const only = process.argv.slice(2);
const names = only.length > 0 ? only : programNames;
const explained: Explained[] = [];
const unexplained: string[] = [];
let checks = 0;
let equal = 0;

for (const name of names) {
  const began = Date.now();
  const program = assembleProgram(name);
  const here = ways.map((way) => ({ way, checks: checksOf(runHere(program, way)) }));
  const bochs = checksOf(await runBochs(program));
  const reference = here[0].checks;
  const table = new Map(differences.filter(({ guest }) => guest === name).map((each) => [each.check, each]));
  const all = new Set([...bochs.keys(), ...here.flatMap(({ checks: answers }) => [...answers.keys()])]);
  const qemu = table.size > 0 ? checksOf(await runQemu(program)) : undefined;
  let own = 0;
  for (const check of all) {
    if (check === 'DONE') {
      if (!bochs.has(check) || here.some(({ checks: answers }) => !answers.has(check))) {
        unexplained.push(`${name}: not every machine got to the end`);
      }
      continue;
    }
    own++;
    const answer = reference.get(check);
    const other = here.find(({ checks: answers }) => answers.get(check) !== answer);
    const theirs = bochs.get(check);
    const difference = table.get(check);
    if (other) {
      unexplained.push(
        `${name}: ${check}: ${ways[0].name} gives ${answer}, ${other.way.name} gives ${other.checks.get(check)}`,
      );
    } else if (answer !== undefined && answer === theirs) {
      equal++;
      if (difference)
        unexplained.push(`${name}: ${check}: the table of differences has a line for what does not differ`);
    } else if (difference && difference.here === answer && theirs !== undefined) {
      explained.push({ ...difference, bochs: theirs, qemu: qemu?.get(check) ?? 'does not get there' });
    } else unexplained.push(`${name}: ${check}: ${answer} here, ${theirs} in Bochs`);
  }
  checks += own;
  console.log(`${name}: ${own} checks, ${((Date.now() - began) / 1000).toFixed(1)} s`);
}

console.log('\nWhere this machine differs from Bochs, and why:');
for (const { guest, check, here, bochs, qemu, manual, why } of explained) {
  console.log(`  ${guest}: ${check}`);
  console.log(`    here: ${here} | Bochs: ${bochs} | QEMU: ${qemu === here ? 'as here' : qemu}`);
  console.log(`    ${manual}: ${why}`);
}
for (const line of unexplained) console.log(`unexplained: ${line}`);
if (only.length === 0 && checks < LEAST) unexplained.push(`only ${checks} checks`);
const seconded = explained.filter(({ here, qemu }) => here === qemu).length;
console.log(
  `\n${checks} named checks, each in every way here and once in Bochs: ${equal} equal, ${explained.length} different and explained (QEMU agrees with ${seconded} of them), ${unexplained.length} unexplained`,
);
console.log(`${equal + explained.length} passed, ${unexplained.length} failed`);
process.exitCode = unexplained.length === 0 ? 0 : 1;
