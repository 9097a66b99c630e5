import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export interface Fetched {
  /** The unpacked source; undefined where it could not be had. */
  folder?: string;
  /** Why not. */
  reason?: string;
}

/** Where sources are kept between runs. */
const cache = '.cache/sources';

/**
 * The upstream sources of Debian packages, by apt from where this machine gets its packages; nothing of the machine's own apt
 * state is touched. `folder`: where there are some already.
 */
export function fetchSources(names: readonly string[], folder = cache): Map<string, Fetched> {
  const place = resolve(folder);
  mkdirSync(place, { recursive: true });
  const result = new Map<string, Fetched>();
  let apt: { config: string } | { reason: string } | undefined;
  for (const name of names) {
    const target = join(place, name);
    if (!existsSync(target)) {
      apt ??= prepareApt(place);
      const reason = 'reason' in apt ? apt.reason : download(name, target, apt.config);
      if (reason !== undefined) {
        result.set(name, { reason });
        continue;
      }
    }
    const [top, ...others] = readdirSync(target);
    result.set(name, { folder: top !== undefined && others.length === 0 ? join(target, top) : target });
  }
  return result;
}

/** A private apt that knows the same archives, with their sources. */
function prepareApt(place: string): { config: string } | { reason: string } {
  if (spawnSync('apt-get', ['--version']).error) return { reason: 'there is no apt-get' };
  const state = join(place, 'apt');
  for (const path of ['lists/partial', 'cache/archives/partial', 'parts'])
    mkdirSync(join(state, path), { recursive: true });
  const lists: string[] = [];
  const parts = '/etc/apt/sources.list.d';
  for (const file of existsSync(parts) ? readdirSync(parts) : []) {
    if (!file.startsWith('debian') || !file.endsWith('.sources')) continue;
    const text = readFileSync(join(parts, file), 'utf8').replace(/^Types:.*$/gm, 'Types: deb-src');
    writeFileSync(join(state, 'parts', file), text);
    lists.push(file);
  }
  const old = '/etc/apt/sources.list';
  if (existsSync(old)) {
    const lines = readFileSync(old, 'utf8').replace(/^deb /gm, 'deb-src ');
    if (/^deb-src/m.test(lines)) lists.push(old);
    writeFileSync(join(state, 'parts/main.list'), lines);
  }
  if (lists.length === 0) return { reason: 'apt knows no archive of Debian here' };
  const config = join(state, 'apt.conf');
  writeFileSync(
    config,
    `Dir::State::lists "${state}/lists";\nDir::Cache "${state}/cache";\nDir::Etc::sourcelist "/dev/null";\n` +
      `Dir::Etc::sourceparts "${state}/parts";\nAcquire::Retries "1";\n`,
  );
  const { status } = aptGet(config, ['update'], state, 120_000);
  return status === 0 ? { config } : { reason: 'the archives of Debian cannot be reached' };
}

function aptGet(config: string, args: string[], cwd: string, timeout: number) {
  return spawnSync('apt-get', args, { cwd, timeout, env: { ...process.env, APT_CONFIG: config }, encoding: 'utf8' });
}

/** Fetches and unpacks one package; the reason where that failed. */
function download(name: string, target: string, config: string): string | undefined {
  const archive = `${target}.download`;
  mkdirSync(archive, { recursive: true });
  const { status } = aptGet(config, ['source', '--download-only', name], archive, 120_000);
  if (status !== 0) return 'apt cannot fetch it';
  const upstream = readdirSync(archive).find((file) => /\.tar\.\w+$/.test(file) && !file.includes('.debian.'));
  if (upstream === undefined) return 'it has no upstream archive';
  mkdirSync(target, { recursive: true });
  const unpacked = spawnSync('tar', ['xf', join(archive, upstream), '-C', target]);
  return unpacked.status === 0 ? undefined : 'its archive cannot be unpacked';
}
