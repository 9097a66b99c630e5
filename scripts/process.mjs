/**
 * What the scripts share: steps that show they are alive, child processes, and where npm is. Only Node's own modules are
 * imported here and in the other files that run before `npm ci` has.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** Everything fetched or made outside npm's care; ignored by git, safe to delete. */
export const cache = join(root, '.cache');

const windows = process.platform === 'win32';

/**
 * Runs `work` under a title: one line when it begins, one every ten seconds while it lasts, one when it ends.
 * @template T
 * @param {string} title
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const began = Date.now();
  const seconds = () => `${((Date.now() - began) / 1000).toFixed(1)} s`;
  console.log(`> ${title}`);
  const alive = setInterval(() => console.log(`  … ${title}: ${seconds()}`), 10_000);
  alive.unref();
  try {
    const result = await work();
    console.log(`  done in ${seconds()}`);
    return result;
  } catch (error) {
    console.log(`  failed after ${seconds()}`);
    throw error;
  } finally {
    clearInterval(alive);
  }
}

/** A child process that ended with another status than 0. */
export class CommandFailed extends Error {
  /**
   * @param {string} command
   * @param {number | string} status
   * @param {string} output
   */
  constructor(command, status, output) {
    super(`${command}: exit status ${status}${output ? `\n${output}` : ''}`);
    this.status = status;
    this.output = output;
  }
}

/**
 * Runs a command to its end. Its output is shown as it comes, or with `quiet` kept and shown only on failure.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, quiet?: boolean, env?: Record<string, string | undefined>, onOutput?: (text: string) => void }} [options]
 * @returns {Promise<string>} what it printed on stdout, and with `quiet` on stderr too
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? root,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: windows && /\.(cmd|bat)$|^npm$|^code$/.test(command),
    });
    let output = '';
    const take = (/** @type {Buffer} */ bytes, /** @type {NodeJS.WriteStream} */ stream) => {
      output += bytes.toString();
      options.onOutput?.(bytes.toString());
      if (!options.quiet) stream.write(bytes);
    };
    child.stdout.on('data', (bytes) => take(bytes, process.stdout));
    child.stderr.on('data', (bytes) => take(bytes, process.stderr));
    child.on('error', (error) => reject(new CommandFailed(command, error.message, '')));
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output);
      else
        reject(
          new CommandFailed(
            [command, ...args].join(' '),
            code ?? signal ?? 1,
            options.quiet ? output.slice(-4000) : '',
          ),
        );
    });
  });
}

/** npm's own script, so that it runs under this Node also where no `npm` is on the PATH. */
export function npmScript() {
  const candidates = [
    process.env.npm_execpath,
    join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js'),
    join(dirname(process.execPath), 'node_modules/npm/bin/npm-cli.js'),
  ];
  return candidates.find((path) => path?.endsWith('npm-cli.js') && existsSync(path));
}

/**
 * Runs npm quietly.
 * @param {readonly string[]} args
 * @param {{ cwd?: string }} [options]
 */
export function npm(args, options = {}) {
  const script = npmScript();
  const quiet = { quiet: true, ...options };
  return script ? run(process.execPath, [script, ...args], quiet) : run('npm', args, quiet);
}

/**
 * The path of a command on the PATH, or undefined.
 * @param {string} name
 */
export function which(name) {
  const names = windows ? [`${name}.exe`, `${name}.cmd`, name] : [name];
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const each of names) {
      const path = join(folder, each);
      if (folder && existsSync(path)) return path;
    }
  }
  return undefined;
}
