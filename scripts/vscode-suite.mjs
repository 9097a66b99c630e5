/**
 * Runs test/vscode/ in a real VS Code and reports each test as it ends. Two parts:
 *  - suite/: mocha inside the extension host, against the `vscode` API. It runs in a desktop VS Code through
 *    @vscode/test-electron, or in VS Code's server from npm, opened by a headless browser.
 *  - ui/: the same workbench driven from outside by keyboard and mouse, as a person does. Needs server and browser.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { browserArguments, findBrowser } from './browser.mjs';
import { desktopCode } from './desktop-vscode.mjs';
import { cache, root, run, step } from './process.mjs';
import { ensureServer, startServer, workbenchAddress } from './vscode-server.mjs';

const compiled = join(root, 'out', 'test', 'vscode');
const suite = join(compiled, 'index.cjs');
const folder = join(cache, 'vscode-suite');
const report = join(folder, 'report.ndjson');
const requests = join(folder, 'requests');

/**
 * @typedef {{ title: string, state: 'passed' | 'failed' | 'pending', milliseconds: number, error?: string }} TestReport
 * @typedef {{ passed: number, failed: number, skipped: string[] }} Outcome
 */

/** Compiles suite/ for the extension host. */
async function compile() {
  await build({
    entryPoints: [join(root, 'test/vscode/suite/index.ts')],
    outfile: suite,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['vscode', 'mocha'],
    sourcemap: 'inline',
    logLevel: 'warning',
  });
}

/** A fresh copy of the samples, because the suite edits files. */
function freshWorkspace() {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(requests, { recursive: true });
  const workspace = mkdtempSync(join(tmpdir(), 'ringside-workspace-'));
  cpSync(join(root, 'samples'), workspace, { recursive: true, filter: (path) => !path.endsWith('.test.ts') });
  return workspace;
}

/** Prints what the suite appends to its report, until stopped; returns the sums. */
function followReport() {
  let read = 0;
  const outcome = { passed: 0, failed: 0, skipped: /** @type {string[]} */ ([]) };
  const take = () => {
    if (!existsSync(report)) return;
    const lines = readFileSync(report, 'utf8').split('\n').slice(0, -1);
    for (; read < lines.length; read++) {
      const test = /** @type {TestReport} */ (JSON.parse(lines[read]));
      if (test.state === 'passed') outcome.passed++;
      else if (test.state === 'failed') outcome.failed++;
      else outcome.skipped.push(test.title);
      const mark = { passed: '✓', failed: '✗', pending: '-' }[test.state];
      console.log(`  ${mark} ${test.title} (${test.milliseconds} ms)`);
      if (test.error) console.log(test.error.replace(/^/gm, '      '));
    }
  };
  const timer = setInterval(take, 200);
  return {
    stop() {
      clearInterval(timer);
      take();
      return outcome;
    },
  };
}

/** Answers the suite's wish for a picture: a file in requests/ names it. */
function takeScreenshots(/** @type {import('playwright-core').Page} */ page) {
  const marker = '.driver';
  writeFileSync(join(requests, marker), '');
  let busy = false;
  const timer = setInterval(async () => {
    if (busy) return;
    busy = true;
    try {
      for (const name of readdirSync(requests)) {
        if (name === marker) continue;
        await page.screenshot({ path: join(folder, `${name}.png`) });
        rmSync(join(requests, name));
      }
    } finally {
      busy = false;
    }
  }, 100);
  return () => clearInterval(timer);
}

/** @param {string} browserPath @param {string} workspace @param {AbortSignal} deadline */
async function inServer(browserPath, workspace, deadline) {
  const { chromium } = await import('playwright-core');
  const userData = mkdtempSync(join(tmpdir(), 'ringside-vscode-'));
  const server = await startServer({ userData });
  const browser = await chromium.launch({ executablePath: browserPath, args: browserArguments });
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    /** @type {Promise<number>} */
    const ended = new Promise((done, fail) => {
      page.exposeFunction('codeAutomationExit', (/** @type {number} */ code) => done(code));
      page.exposeFunction('codeAutomationLog', () => {});
      page.on('crash', () => fail(new Error('the page crashed')));
      deadline.addEventListener('abort', async () => {
        await page.screenshot({ path: join(folder, 'timeout.png') }).catch(() => {});
        fail(new Error(`the suite did not end in time; the screen is in ${join(folder, 'timeout.png')}`));
      });
    });
    const stopScreenshots = takeScreenshots(page);
    await page.goto(workbenchAddress({ port: server.port, folder: workspace, extension: root, tests: suite }));
    await ended.finally(stopScreenshots);
  } finally {
    await browser.close();
    await server.stop();
    rmSync(userData, { recursive: true, force: true });
  }
}

/** @param {string} executable @param {string} workspace */
async function inDesktop(executable, workspace) {
  const { runTests } = await import('@vscode/test-electron');
  await runTests({
    vscodeExecutablePath: executable,
    extensionDevelopmentPath: root,
    extensionTestsPath: suite,
    launchArgs: [workspace, '--disable-extensions', '--disable-workspace-trust'],
  }).catch(() => {}); // the report says what failed
}

/** Runs the part inside the extension host. @param {string | undefined} browser @returns {Promise<Outcome>} */
async function runSuite(browser) {
  const desktop = process.env.RINGSIDE_VSCODE === 'server' ? undefined : await desktopCode();
  if (!desktop && !browser) {
    return {
      passed: 0,
      failed: 0,
      skipped: ['the suite in a real VS Code: no browser was found'],
    };
  }
  if (!desktop) await ensureServer();
  await compile();
  const workspace = freshWorkspace();
  const following = followReport();
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), 600_000);
  let problem = '';
  try {
    await step(`The suite inside ${desktop ? 'a desktop VS Code' : "VS Code's server"}`, () =>
      desktop ? inDesktop(desktop, workspace) : inServer(/** @type {string} */ (browser), workspace, deadline.signal),
    );
  } catch (error) {
    problem = String(error);
  } finally {
    clearTimeout(timer);
    rmSync(workspace, { recursive: true, force: true });
  }
  const outcome = following.stop();
  if (!problem && outcome.passed + outcome.failed === 0) problem = 'the suite reported no test';
  if (problem) {
    console.log(problem);
    outcome.failed++;
  }
  return outcome;
}

/** Runs the part that drives the workbench. @param {string | undefined} browser @returns {Promise<Outcome>} */
async function runUi(browser) {
  if (!browser)
    return {
      passed: 0,
      failed: 0,
      skipped: ['the workbench driven from outside: no browser was found'],
    };
  await ensureServer();
  const results = join(folder, 'ui.json');
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  await run(
    process.execPath,
    [
      vitest,
      'run',
      '--config',
      join(root, 'test/vscode/ui/vitest.config.mts'),
      '--reporter=verbose',
      '--reporter=json',
      `--outputFile=${results}`,
    ],
    { env: { RINGSIDE_BROWSER: browser } },
  ).catch(() => {});
  const { numPassedTests: passed, numFailedTests, success } = JSON.parse(readFileSync(results, 'utf8'));
  return { passed, failed: success ? 0 : Math.max(1, numFailedTests), skipped: [] };
}

/** Both parts. @returns {Promise<Outcome>} */
export async function runVscodeSuites() {
  const browser = await findBrowser();
  const parts = [await runSuite(browser), await runUi(browser)];
  return {
    passed: parts.reduce((sum, part) => sum + part.passed, 0),
    failed: parts.reduce((sum, part) => sum + part.failed, 0),
    skipped: parts.flatMap((part) => part.skipped),
  };
}
