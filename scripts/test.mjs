/**
 * `npm test`: sets up, builds, checks types and style, and runs all quick suites, the one in a real VS Code among them.
 * What cannot run here is skipped and named, with the command that brings it; with RINGSIDE_NO_SKIPS=1 a skip is a failure.
 * `npm test -- --only unit` (or `vscode`, `lint`) runs one part. The last line is `N passed, N failed`.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ensureDependencies } from './dependencies.mjs';
import { CommandFailed, cache, root, run, step, which } from './process.mjs';

const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : undefined;
const bin = (/** @type {string} */ path) => join(root, 'node_modules', path);

/** Programs that tests take their expectations from, and Debian's packages of them. */
const peers = [
  { command: 'nasm', debian: 'nasm' },
  { command: 'ndisasm', debian: 'nasm' },
  { command: 'qemu-system-x86_64', debian: 'qemu-system-x86' },
  { command: 'objdump', debian: 'binutils' },
  { command: 'gcc', debian: 'gcc libc6-dev' },
  { command: 'gdb', debian: 'gdb' },
  { command: 'chromium', debian: 'chromium' },
  { command: 'iasl', debian: 'acpica-tools' },
  { command: 'bochs', debian: 'bochs bochs-term bochsbios vgabios' },
];

/** @type {{ name: string, passed: number, failed: number, skipped: string[] }[]} */
const results = [];

/**
 * A part that either holds or does not: one test.
 * @param {string} name
 * @param {() => Promise<unknown>} work
 */
async function check(name, work) {
  try {
    await step(name, work);
    results.push({ name, passed: 1, failed: 0, skipped: [] });
    return true;
  } catch (error) {
    if (!(error instanceof CommandFailed)) console.error(error);
    else if (error.output) console.error(error.output);
    results.push({ name, passed: 0, failed: 1, skipped: [] });
    return false;
  }
}

/**
 * What vitest skipped, file by file.
 * @param {{ name: string, assertionResults: { status: string }[] }[]} files
 */
function skippedTests(files) {
  return files
    .map(({ name, assertionResults }) => {
      const count = assertionResults.filter(({ status }) => status === 'skipped' || status === 'pending').length;
      return count > 0 ? `${count} tests in ${relative(root, name)}` : '';
    })
    .filter(Boolean);
}

/** The one command after which nothing is skipped. @param {readonly string[]} skips */
function remedy(skips) {
  const needed = peers.filter(
    ({ command }) => command !== 'chromium' || skips.some((skip) => skip.includes('browser')),
  );
  const missing = needed.filter(({ command }) => !which(command));
  // Peers whose answers are checked in are asked again only on demand: PEERS.
  const again = 'PEERS=1 npm test';
  if (missing.length === 0) return again;
  if (!which('apt-get')) return `install ${missing.map(({ command }) => command).join(', ')}, then ${again}`;
  const packages = [...new Set(missing.map(({ debian }) => debian))].join(' ');
  return `sudo apt-get install -y --no-install-recommends ${packages} && ${again}`;
}

async function unit() {
  const report = join(cache, 'unit.json');
  mkdirSync(cache, { recursive: true });
  rmSync(report, { force: true });
  const args = ['run', '--reporter=default', '--reporter=json', `--outputFile=${report}`];
  await run(process.execPath, [bin('vitest/vitest.mjs'), ...args]).catch(() => {});
  const { numPassedTests, numFailedTests, success, testResults } = JSON.parse(readFileSync(report, 'utf8'));
  const skipped = skippedTests(testResults);
  // A file that cannot be loaded fails no test of its own.
  const failed = success ? 0 : Math.max(1, numFailedTests);
  results.push({ name: 'unit tests', passed: numPassedTests, failed, skipped });
}

async function vscode() {
  const { runVscodeSuites } = await import('./vscode-suite.mjs');
  results.push({ name: 'suite in a real VS Code', ...(await runVscodeSuites()) });
}

await ensureDependencies();
const built = await check('build', () => run(process.execPath, [join(root, 'scripts/build.mjs')]));
if (!only || only === 'lint') {
  await check('types of tests and benchmarks', () => run(process.execPath, [bin('typescript/bin/tsc'), '-b']));
  await check('style (biome)', () => run(process.execPath, [bin('@biomejs/biome/bin/biome'), 'check', '.']));
}
if (!only || only === 'unit') await unit();
if (built && (!only || only === 'vscode')) await vscode();

const passed = results.reduce((sum, each) => sum + each.passed, 0);
let failed = results.reduce((sum, each) => sum + each.failed, 0);
const skips = results.flatMap((each) => each.skipped);
console.log('');
for (const each of results) console.log(`${each.name}: ${each.passed} passed, ${each.failed} failed`);
for (const skip of skips) console.log(`skipped: ${skip}`);
if (skips.length > 0) console.log(`to run what was skipped: ${remedy(skips)}`);
if (skips.length > 0 && process.env.RINGSIDE_NO_SKIPS) {
  console.log('RINGSIDE_NO_SKIPS is set: each skip is a failure');
  failed += skips.length;
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
