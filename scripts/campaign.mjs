/**
 * Runs campaigns: tests too long for `npm test`, which `.ci/run` runs. `npm run campaign -- NAME [ARGUMENTS]` runs one, without
 * NAME it lists them. A campaign is test/campaigns/NAME.ts or test/campaigns/NAME/main.ts: a program that takes its
 * expectations from elsewhere, keeps to a budget of its own, and prints `N passed, N failed` as its last line.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './process.mjs';

const folder = join(root, 'test/campaigns');

/** @param {string} name */
const entryOf = (name) => [join(folder, `${name}.ts`), join(folder, name, 'main.ts')].find((path) => existsSync(path));

const names = existsSync(folder)
  ? [...new Set(readdirSync(folder).map((file) => file.replace(/\.ts$/, '')))].filter((name) => entryOf(name)).sort()
  : [];

const [name, ...args] = process.argv.slice(2);
if (name === undefined) {
  for (const each of names) console.log(each);
  process.exit(0);
}
const entry = entryOf(name);
if (!entry) {
  console.error(`there is no campaign ${name}; there are: ${names.join(', ')}`);
  process.exit(2);
}
const outfile = join(root, 'out', 'campaigns', `${name}.mjs`);
await build({
  entryPoints: [entry],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  packages: 'external',
  sourcemap: 'inline',
  // Paths that a campaign makes from its own place mean the same in the bundle.
  define: {
    'import.meta.dirname': JSON.stringify(join(entry, '..')),
    'import.meta.url': JSON.stringify(`file://${entry}`),
  },
  logLevel: 'warning',
});
const campaign = spawn(process.execPath, ['--enable-source-maps', outfile, ...args], { stdio: 'inherit', cwd: root });
campaign.on('close', (code, signal) => {
  if (signal) console.error(`campaign ${name}: ended by ${signal}`);
  process.exit(code ?? 1);
});
