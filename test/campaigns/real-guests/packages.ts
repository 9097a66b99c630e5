/** Debian packages with guests: fetched and unpacked once into out/real-guests/. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const folder = join(process.cwd(), 'out/real-guests');

const run = (command: string, args: readonly string[], cwd = folder): { ok: boolean; output: string } => {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: 120_000 });
  return { ok: status === 0, output: error ? error.message : `${stdout}${stderr}` };
};

/** The package that a pattern means: that with the highest version in its name. */
function resolve(name: string): string {
  if (!name.startsWith('^')) return name;
  const found = run('apt-cache', ['search', '--names-only', name]).output.split('\n');
  const names = found.map((line) => line.split(' ')[0] ?? '').filter((each) => each !== '');
  return names.sort(new Intl.Collator('en', { numeric: true }).compare).at(-1) ?? name;
}

/** Folder with the package's files, or why there is none. */
export function unpacked(name: string): { path: string } | { missing: string } {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name.replace(/\W+/g, '-').replace(/^-|-$/g, ''));
  if (existsSync(join(path, 'usr'))) return { path };
  const wanted = resolve(name);
  mkdirSync(path, { recursive: true });
  const fetched = run('apt-get', ['download', wanted], path);
  const archive = readdirSync(path).find((file) => file.endsWith('.deb'));
  if (!fetched.ok || archive === undefined) {
    const reason = fetched.output.trim().split('\n').at(-1);
    return { missing: `the package ${wanted} cannot be fetched by apt-get download: ${reason}` };
  }
  const opened = run('dpkg-deb', ['-x', archive, '.'], path);
  return opened.ok ? { path } : { missing: `${archive} cannot be unpacked: ${opened.output.trim()}` };
}

/** Path of the file in a folder of a package whose name is like `pattern`. */
export function fileIn(path: string, below: string, pattern: RegExp): string {
  const name = readdirSync(join(path, below)).find((file) => pattern.test(file));
  if (name === undefined) throw new Error(`${join(path, below)} has no ${pattern}`);
  return join(path, below, name);
}

export const bytesOf = (path: string): Uint8Array => new Uint8Array(readFileSync(path));
