/** Installs the packages when they are missing or not what the lockfile says. Runs before any package can be imported. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { npm, root, step } from './process.mjs';

/** What of a lockfile is looked at here. @typedef {{ packages: Record<string, { version?: string, optional?: boolean }> }} Lockfile */

/** Why `npm ci` is needed, or undefined. */
function staleness() {
  const installedFile = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedFile)) return 'node_modules is missing';
  const wanted = /** @type {Lockfile} */ (JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')));
  const installed = /** @type {Lockfile} */ (JSON.parse(readFileSync(installedFile, 'utf8')));
  for (const [path, { version, optional }] of Object.entries(wanted.packages)) {
    // Optional ones are for other platforms; the empty path is this package itself.
    if (path === '' || (optional && !installed.packages[path])) continue;
    if (installed.packages[path]?.version !== version) return `${path} is not at ${version}`;
  }
  return undefined;
}

export async function ensureDependencies() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) {
    console.error(`Ringside needs Node 20 or newer; this is ${process.version}.`);
    process.exit(2);
  }
  const reason = staleness();
  if (reason) await step(`Installing packages (npm ci: ${reason})`, () => npm(['ci', '--no-audit', '--no-fund']));
}
