/**
 * Random instructions on the host processor and here, in 64-bit and 32-bit code: `host-processor [INSTANCES] [STATES] [SEED]
 * [MNEMONICS]`, the last a regular expression. Prints three differences a mnemonic, what is not compared and why, and the
 * counts. Uses all of the host's processors.
 */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Comparison, compareWithHost } from '../host/compare';
import { exceptions } from '../host/flag-masks';
import { buildHarness } from '../host/host';

/** 2,000,000 cases and a few more. */
const DEFAULTS = ['24', '32', '1', ''];
const WORKER = '--worker';
/** Differences that are shown of a mnemonic. */
const SHOWN = 3;

/** What a worker sends, a line of JSON each. */
type Message = { difference: string } | { result: Figures };

interface Figures extends Omit<Comparison, 'differences' | 'forms' | 'tally'> {
  differences: number;
  forms: number[];
  flags: [string, number][];
  exceptions: [string, number][];
}

function work(program: string, part: number, of: number, [instances, states, seed, only]: string[]): void {
  const send = (message: Message): void => void process.stdout.write(`${JSON.stringify(message)}\n`);
  const plan = {
    instances: Number(instances),
    states: Number(states),
    seed: Number(seed),
    only: new RegExp(only),
    part,
    of,
  };
  const {
    differences,
    forms: seen,
    tally,
    ...counts
  } = compareWithHost(program, plan, (difference) => send({ difference }));
  send({
    result: {
      ...counts,
      differences: differences.length,
      forms: [...seen],
      flags: [...tally.flags],
      exceptions: [...tally.exceptions],
    },
  });
}

/** Runs one worker to its end. */
function runWorker(args: string[], onDifference: (line: string) => void): Promise<Figures> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--enable-source-maps', process.argv[1], WORKER, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let figures: Figures | undefined;
    createInterface(child.stdout).on('line', (line) => {
      const message = JSON.parse(line) as Message;
      if ('result' in message) figures = message.result;
      else onDifference(message.difference);
    });
    child.on('close', (code) => {
      if (figures) resolve(figures);
      else reject(new Error(`a worker ended with ${code}`));
    });
  });
}

function sum(lists: readonly (readonly [string, number][])[]): Map<string, number> {
  const result = new Map<string, number>();
  for (const [key, value] of lists.flat()) result.set(key, (result.get(key) ?? 0) + value);
  return result;
}

/** Which flags are not compared after which instructions, how often they differed, and why. */
function printMasks(flags: ReadonlyMap<string, number>, excused: ReadonlyMap<string, number>): void {
  console.log('Not compared, with how often it differed:');
  const rows = new Map<string, [mnemonics: string[], differed: number]>();
  for (const [key, differed] of flags) {
    const space = key.indexOf(' ');
    const row = rows.get(key.slice(space + 1)) ?? [[], 0];
    rows.set(key.slice(space + 1), [[...row[0], key.slice(0, space)], row[1] + differed]);
  }
  for (const [what, [mnemonics, differed]] of [...rows].sort())
    console.log(`  ${what} (${mnemonics.sort().join(' ')}: ${differed})`);
  for (const [kind, { reason }] of Object.entries(exceptions)) console.log(`  ${reason} (${excused.get(kind) ?? 0})`);
}

async function main(args: string[]): Promise<void> {
  const start = Date.now();
  const shown = new Map<string, number>();
  const onDifference = (line: string): void => {
    const mnemonic = line.slice(0, line.indexOf(' '));
    const so = shown.get(mnemonic) ?? 0;
    shown.set(mnemonic, so + 1);
    if (so < SHOWN) console.log(line);
  };
  const workers = Math.min(availableParallelism(), 8);
  const figures = await Promise.all(
    Array.from({ length: workers }, (_, i) => runWorker([`${i}`, `${workers}`, ...args], onDifference)),
  );
  for (const [mnemonic, so] of shown) console.log(`${mnemonic}: ${so}`);
  printMasks(sum(figures.map((it) => it.flags)), sum(figures.map((it) => it.exceptions)));
  const total = (key: 'cases' | 'cases32' | 'faults' | 'comparisons' | 'differences'): number =>
    figures.reduce((so, it) => so + it[key], 0);
  const seen = new Set(figures.flatMap((it) => it.forms));
  const seconds = Math.round((Date.now() - start) / 1000);
  console.log(
    `${total('cases')} cases of ${seen.size} forms, ${total('cases32')} of them in 32-bit code, ${total('faults')} that fault; ` +
      `${total('comparisons')} results of both tiers compared in ${seconds} s by ${workers} workers`,
  );
  console.log(`${total('comparisons') - total('differences')} passed, ${total('differences')} failed`);
  process.exitCode = total('differences') === 0 ? 0 : 1;
}

const program = buildHarness(join(import.meta.dirname, '../host'));
const [first, ...rest] = process.argv.slice(2);
if (program === undefined) {
  console.log('no C compiler for the host harness, or no x86-64 Linux');
  console.log('0 passed, 0 failed');
} else if (first === WORKER) work(program, Number(rest[0]), Number(rest[1]), rest.slice(2));
else await main(DEFAULTS.map((value, i) => process.argv[2 + i] ?? value));
