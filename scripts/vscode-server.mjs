/**
 * A VS Code server from npm alone, for where no desktop VS Code can be had. The package code-server carries Microsoft's
 * server and workbench under lib/vscode; that is used directly, without code-server's own front. It is kept in .cache/,
 * outside the dependencies, because it is 300 MB and needed only by `npm start` and the tests.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { cache, npm, npmScript, run, step } from './process.mjs';

/** The newest code-server whose VS Code runs on Node 20. */
const codeServerVersion = '4.100.3';
const ripgrepVersion = '1.18.0';
const home = join(cache, `vscode-server-${codeServerVersion}`);
const main = join(home, 'out', 'server-main.js');
const ready = join(home, '.ready');

/** Sets the server up if it is not there yet (about a minute, 300 MB). Returns the path of its main script. */
export async function ensureServer() {
  if (existsSync(ready)) return main;
  const building = `${home}.building`;
  rmSync(building, { recursive: true, force: true });
  rmSync(home, { recursive: true, force: true });
  mkdirSync(building, { recursive: true });
  const install = ['install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];

  await step(
    `Fetching VS Code's server from npm (code-server ${codeServerVersion}, once, about a minute)`,
    async () => {
      writeFileSync(join(building, 'package.json'), '{ "private": true }');
      await npm([...install, '--no-save', `code-server@${codeServerVersion}`], { cwd: building });
      renameSync(join(building, 'node_modules', 'code-server', 'lib', 'vscode'), home);
      rmSync(building, { recursive: true, force: true });
    },
  );
  await step("Installing the server's packages", async () => {
    // Not `npm ci`: the shrinkwrap that comes with it is out of step with its package.json.
    await npm(install, { cwd: home });
    await npm(install, { cwd: join(home, 'extensions') });
    await installRipgrep(install);
    // The server looks for node_modules.asar first, as in the desktop build.
    symlinkSync('node_modules', join(home, 'node_modules.asar'), 'junction');
  });
  await step("Compiling the server's native modules (only its terminals need them)", buildNativeModules);
  await run(process.execPath, [main, '--version'], { quiet: true });
  writeFileSync(ready, '');
  return main;
}

/** Its own install script would download ripgrep from GitHub; npm has the same binary. @param {string[]} install */
async function installRipgrep(install) {
  const name = `@vscode/ripgrep-${process.platform}-${process.arch}`;
  const folder = join(home, '.ripgrep');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  await npm([...install, '--no-save', `${name}@${ripgrepVersion}`], { cwd: folder });
  const bin = join(home, 'node_modules', '@vscode', 'ripgrep', 'bin');
  rmSync(bin, { recursive: true, force: true });
  renameSync(join(folder, 'node_modules', name, 'bin'), bin);
  rmSync(folder, { recursive: true, force: true });
}

/** A failure is no reason to stop: the editor and the debugger work without these, its integrated terminals do not. */
async function buildNativeModules() {
  const script = npmScript();
  if (!script) return console.log("  npm's node-gyp was not found: integrated terminals will not work in this server");
  const nodeGyp = join(dirname(script), '..', 'node_modules', 'node-gyp', 'bin', 'node-gyp.js');
  const prefix = dirname(dirname(process.execPath));
  const headers = existsSync(join(prefix, 'include', 'node', 'node.h')) ? [`--nodedir=${prefix}`] : [];
  for (const name of ['@vscode/spdlog', 'node-pty', 'native-watchdog']) {
    try {
      await run(process.execPath, [nodeGyp, 'rebuild', ...headers], {
        cwd: join(home, 'node_modules', name),
        quiet: true,
      });
    } catch {
      console.log(`  ${name} could not be compiled here: integrated terminals will not work in this server`);
    }
  }
}

/** Settings under which nothing pops up that a person did not ask for. */
const quietSettings = {
  'security.workspace.trust.enabled': false,
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'telemetry.telemetryLevel': 'off',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'window.restoreWindows': 'none',
  'git.enabled': false,
};

/**
 * The options by which a server finds its folders, all of them inside `userData`.
 * @param {string} userData
 */
function folders(userData) {
  const data = join(userData, 'data');
  return ['--server-data-dir', userData, '--user-data-dir', data, '--extensions-dir', join(userData, 'extensions')];
}

/**
 * Installs a packed extension for servers that are started with the same `userData`.
 * @param {string} vsix
 * @param {string} userData
 */
export async function installExtension(vsix, userData) {
  const serverMain = await ensureServer();
  await run(process.execPath, [serverMain, '--install-extension', vsix, ...folders(userData)], { quiet: true });
}

/**
 * Starts the server on a free port of the loopback interface.
 * @param {{ userData: string, settings?: Record<string, unknown>, token?: string }} options
 *   `userData` is made if missing; existing settings in it are kept. Without a `token` any local process may connect.
 * @returns {Promise<{ port: number, stop: () => Promise<void>, ended: Promise<void>, log: () => string }>}
 */
export async function startServer({ userData, settings, token }) {
  const serverMain = await ensureServer();
  const user = join(userData, 'data', 'User');
  mkdirSync(user, { recursive: true });
  const file = join(user, 'settings.json');
  const kept = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  writeFileSync(file, JSON.stringify({ ...quietSettings, ...settings, ...kept }, undefined, 2));

  const child = spawn(
    process.execPath,
    [
      serverMain,
      ...['--host', '127.0.0.1', '--port', '0', '--accept-server-license-terms', '--telemetry-level', 'off'],
      ...(token ? ['--connection-token', token] : ['--without-connection-token']),
      ...folders(userData),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let log = '';
  /** @type {Promise<void>} */
  const ended = new Promise((done) => child.once('close', () => done()));
  const port = await new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error(`VS Code's server did not start in 60 s:\n${log}`)), 60_000);
    const take = (/** @type {Buffer} */ bytes) => {
      log += bytes.toString();
      const found = /Extension host agent listening on (\d+)/.exec(log);
      if (found) {
        clearTimeout(timer);
        done(Number(found[1]));
      }
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('close', (code) => {
      clearTimeout(timer);
      fail(new Error(`VS Code's server ended with status ${code}:\n${log}`));
    });
  });
  const stop = async () => {
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), 5000);
    await ended;
    clearTimeout(killer);
  };
  return { port, stop, ended, log: () => log };
}

/**
 * The address that opens `folder`, with the extension in the folder `extension` as an Extension Development Host.
 * @param {{ port: number, folder: string, extension?: string, tests?: string, token?: string }} options
 */
export function workbenchAddress({ port, folder, extension, tests, token }) {
  const remote = (/** @type {string} */ path) => `vscode-remote://127.0.0.1:${port}${resolve(path)}`;
  const query = new URLSearchParams({ folder: resolve(folder) });
  const payload = [];
  if (extension) payload.push(['extensionDevelopmentPath', remote(extension)]);
  if (tests) payload.push(['extensionTestsPath', remote(tests)]);
  if (payload.length > 0) query.set('payload', JSON.stringify(payload));
  if (token) query.set('tkn', token);
  return `http://127.0.0.1:${port}/?${query}`;
}
