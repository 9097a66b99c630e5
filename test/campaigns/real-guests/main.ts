/**
 * Guests that Debian packages, run by the command dist/cli.js: what they print on the serial line or show on the screen. The
 * packages are fetched by `apt-get download`; where that fails their guests are skipped, by name, which is a failure with
 * RINGSIDE_NO_SKIPS=1. Arguments: words that a guest's name or method must contain, all of them.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Guest, guests } from './guests';
import { unpacked } from './packages';

/** Of one run, in milliseconds: a guest that takes longer hangs. */
const TIMEOUT = 420_000;
const AT_ONCE = 2;
const METHODS = ['none', 'ept'];

interface Result {
  status: number;
  reason: string;
  explanation: string;
  instructions: number;
  serial: string;
  screen: string[];
}

const cli = join(process.cwd(), 'dist/cli.js');
if (!existsSync(cli)) spawnSync(process.execPath, ['scripts/build.mjs', '--no-types'], { stdio: 'inherit' });

let passed = 0;
let failed = 0;
const noSkips = process.env.RINGSIDE_NO_SKIPS !== undefined;

/** Runs the command; the error is what it said where it gave no result. */
function run(args: readonly string[], input: string): Promise<{ result: Result } | { error: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [cli, 'run', ...args, '--json'], { timeout: TIMEOUT, killSignal: 'SIGKILL' });
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    child.stdin.on('error', () => {}); // it may end before it has read all
    child.stdin.end(input);
    child.on('error', (error) => resolve({ error: error.message }));
    child.on('close', (code, signal) => {
      try {
        resolve({ result: JSON.parse(output) });
      } catch {
        const how = signal ? `it did not end within ${TIMEOUT / 1000} s` : `it ended with status ${code}`;
        resolve({ error: `${how}: ${errors.trim().split('\n')[0]}` });
      }
    });
  });
}

/** What is wrong with a run, empty if nothing. */
function problems(guest: Guest, result: Result): string[] {
  const found: string[] = [];
  const status = guest.status ?? 0;
  if (result.status !== status) found.push(`it ended with status ${result.status}: ${result.explanation}`);
  for (const wanted of guest.serial ?? []) {
    if (!wanted.test(result.serial)) found.push(`${wanted} is not in its serial output`);
  }
  for (const wanted of guest.screen ?? []) {
    if (!result.screen.some((line) => wanted.test(line))) found.push(`${wanted} is not on its screen`);
  }
  return found;
}

async function check(guest: Guest, method: string): Promise<void> {
  const name = `${guest.name}, ${method}`;
  const at: string[] = [];
  for (const each of guest.packages) {
    const where = unpacked(each);
    if ('missing' in where) {
      console.log(`${noSkips ? 'FAILED' : 'skipped'}: ${name}: ${where.missing}`);
      if (noSkips) failed++;
      return;
    }
    at.push(where.path);
  }
  const began = performance.now();
  const input = guest.input === undefined ? [] : ['--input', '-'];
  const done = await run([...guest.args(at), '--virtualization', method, ...input], guest.input ?? '');
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const wrong = 'error' in done ? [done.error] : problems(guest, done.result);
  if (wrong.length === 0) passed++;
  else failed++;
  const count = 'result' in done ? `${done.result.instructions} instructions` : 'no result';
  console.log(`${wrong.length === 0 ? 'ok' : 'FAILED'}: ${name}: ${count} in ${seconds} s`);
  for (const line of wrong) console.log(`  ${line}`);
  if (wrong.length > 0 && 'result' in done) {
    console.log(`  serial: ...${JSON.stringify(done.result.serial.slice(-500))}`);
    for (const line of done.result.screen.filter((each) => each !== '')) console.log(`  | ${line}`);
  }
}

const words = process.argv.slice(2);
const work = guests
  .flatMap((guest) =>
    METHODS.filter((method) => (guest.methods ?? METHODS).includes(method)).map((method) => ({ guest, method })),
  )
  .filter(({ guest, method }) => words.every((word) => `${guest.name}, ${method}`.includes(word)));
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (let next = work.shift(); next; next = work.shift()) await check(next.guest, next.method);
  }),
);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
