import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { assembleBoth } from '../../nasm';
import { fetchSources } from './fetch';
import { benchmarkSettings, benchmarkSources, generate } from './generated';
import { packages, type SourcePackage } from './packages';

const words = process.argv.slice(2);
function option(name: string): string | undefined {
  const at = words.indexOf(`--${name}`);
  return at < 0 ? undefined : words[at + 1];
}
const chosen = option('packages')?.split(',');
const verbose = words.includes('--verbose');
const scratch = mkdtempSync(join(tmpdir(), 'ringside-sources-'));

let passed = 0;
let failed = 0;
const started = Date.now();

/** The packages of every run; the others, which take long or have sources of later extensions, with --all. */
const inCi = new Set(['libjpeg-turbo', 'lame', 'libass', 'libsdl1.2']);

/** Instructions of later extensions: refused here by name, with these words. */
const later = /not supported yet/;

type Outcome = 'same' | 'later' | 'refused by nasm' | string;

function compare(folder: string, file: string, args: readonly string[], listing: boolean): Outcome {
  const pair = assembleBoth(folder, file, args, scratch);
  const { nasm, ours } = pair;
  if (nasm.status !== 0) return 'refused by nasm';
  if (!ours.output) {
    const errors = ours.diagnostics.filter(({ severity }) => severity === 'error');
    if (errors.some(({ message }) => later.test(message))) return 'later';
    const { message, range } = errors[0]!;
    return `refused here: ${range.file}:${range.line + 1}: ${message} (${errors.length} errors)`;
  }
  const theirs = nasm.output!;
  if (!Buffer.from(ours.output).equals(theirs)) {
    let at = 0;
    while (ours.output[at] === theirs[at]) at++;
    return `output differs at 0x${at.toString(16)} (${ours.output.length} bytes, nasm ${theirs.length})${firstLine(ours.listing, nasm.listing)}`;
  }
  const difference = listing ? firstLine(ours.listing, nasm.listing) : '';
  return difference ? `listing differs${difference}` : 'same';
}

/** Addresses and bytes of a listing; messages in it come as often as NASM's passes say them. */
function bytesOf(listing: string): string[] {
  return listing.split('\n').filter((line) => line && !line.includes('******'));
}

function firstLine(ours: string | undefined, nasm: string | undefined): string {
  const left = bytesOf(Buffer.from(ours ?? '').toString('latin1'));
  const right = bytesOf(nasm ?? '');
  const at = left.findIndex((line, i) => line.trimEnd() !== right[i]?.trimEnd());
  if (at < 0 && left.length === right.length) return '';
  return `\n    here ${left[at] ?? '(end)'}\n    nasm ${right[at] ?? '(end)'}`;
}

function filesBelow(folder: string, prefix = ''): string[] {
  return readdirSync(join(folder, prefix), { withFileTypes: true }).flatMap((entry) => {
    const path = prefix ? `${prefix}/${entry.name}` : entry.name;
    if (entry.isDirectory()) return filesBelow(folder, path);
    return entry.isFile() && /\.(asm|nas|nasmb?|inc)$/.test(entry.name) ? [path] : [];
  });
}

function runPackage({ name, builds, files }: SourcePackage, folder: string): void {
  const generated = join(scratch, `${name}-settings`);
  for (const [path, text] of Object.entries(files ?? {})) {
    mkdirSync(dirname(join(generated, path)), { recursive: true });
    writeFileSync(join(generated, path), text);
  }
  const all = filesBelow(folder).sort();
  const counts = { same: 0, later: 0, 'refused by nasm': 0 };
  const differences: string[] = [];
  const begun = Date.now();
  for (const build of builds) {
    for (const file of all) {
      if (!build.files.test(file)) continue;
      const args = [...build.args.split(' '), ...(files ? [`-I${generated}/`] : [])];
      const outcome = compare(folder, file, args, false);
      if (outcome in counts) counts[outcome as keyof typeof counts]++;
      else differences.push(`  ${file} ${build.args}: ${outcome}`);
    }
  }
  const seconds = ((Date.now() - begun) / 1000).toFixed(0);
  console.log(
    `${name}: ${counts.same} objects the same, ${differences.length} different; not compared: ` +
      `${counts['refused by nasm']} that nasm refuses by themselves, ${counts.later} of later extensions (${seconds} s)`,
  );
  for (const difference of differences.slice(0, verbose ? 1000 : 10)) console.log(difference);
  passed += counts.same;
  failed += differences.length;
}

/** What stands in one folder; listings too, up to 10,000 lines. */
function runFolder(
  title: string,
  folder: string,
  files: readonly string[],
  listing: (file: string) => boolean,
  settings: Readonly<Record<string, readonly string[]>> = {},
): void {
  const differences: string[] = [];
  for (const file of files) {
    const outcome = compare(folder, file, ['-f', 'bin', ...(settings[file] ?? [])], listing(file));
    if (outcome === 'same') passed++;
    else differences.push(`  ${file}: ${outcome}`);
  }
  failed += differences.length;
  console.log(`${title}: ${files.length - differences.length} the same, ${differences.length} different`);
  for (const difference of differences) console.log(difference);
}

function runGenerated(): void {
  const folder = join(scratch, 'generated');
  mkdirSync(folder);
  const programs = generate(folder, [1000, 1000, 5000, 10_000, 10_000, 30_000, 100_000]);
  if (typeof programs === 'string') console.log(`generated programs: skipped, ${programs}`);
  else {
    const short = new Set(programs.filter(({ lines }) => lines <= 10_000).map(({ file }) => file));
    runFolder(
      'generated programs, 1,000 to 100,000 lines',
      folder,
      programs.map(({ file }) => file),
      (file) => short.has(file),
    );
  }
  const written = benchmarkSources();
  if (written) runFolder('sources of the benchmarks', written.folder, written.files, () => true, benchmarkSettings);
}

try {
  if (!chosen) runGenerated();
  const all = words.includes('--all');
  const wanted = packages.filter(({ name }) => (chosen ? chosen.includes(name) : all || inCi.has(name)));
  const fetched = fetchSources(
    wanted.map(({ name }) => name),
    option('folder'),
  );
  for (const one of wanted) {
    const place = fetched.get(one.name);
    if (!place?.folder || !existsSync(place.folder)) console.log(`${one.name}: skipped, ${place?.reason}`);
    else if (Date.now() - started > 700_000) console.log(`${one.name}: skipped, no time is left`);
    else runPackage(one, place.folder);
  }
} finally {
  rmSync(scratch, { recursive: true });
}
console.log(`${((Date.now() - started) / 1000).toFixed(0)} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
