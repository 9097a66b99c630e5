/**
 * How fast guests run, as a ratio to QEMU TCG in the same run: `node bench/guest-speed.mjs [32|64] [ROUNDS] [METHOD]`.
 * Takes the benchmark guests and the runner from ../shared/bench (or the folder in BENCH), assembles the guests with the
 * `ringside` command, runs both emulators in turn and prints, a workload a line, the CPU time of each and QEMU's speed as 1.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const source = process.env.BENCH ?? join(root, '../shared/bench');
const [bits = '64', rounds = '3', method = 'none'] = process.argv.slice(2);
const cli = join(root, 'dist/cli.js');
/** The workloads whose geometric mean is quoted. */
const quoted = ['sieve', 'memmov', 'fib', 'crc32'];

if (!existsSync(cli)) fail('dist/cli.js is missing: run `npm run build` first');
if (!existsSync(join(source, 'run.mjs')))
  fail(`${source} has no run.mjs: set BENCH to the folder with the benchmark guests`);
const folder = join(root, '.cache/bench');
mkdirSync(folder, { recursive: true });
cpSync(source, folder, { recursive: true, force: true, mode: 0 });
spawnSync('chmod', ['-R', 'u+w', folder]);
buildImage();

const results = { qemu: [], ringside: [] };
for (let i = 0; i < Number(rounds); i++) {
  results.qemu.push(measure(['qemu', bits, '1']));
  results.ringside.push(
    measure(['cmd', bits, '1', '--', process.execPath, cli, 'run', '{img}', '--virtualization', method]),
  );
}
report();

function fail(message) {
  console.error(message);
  process.exit(2);
}

/** A 1.44 MB image: boot sector and stage 2, as the folder's build.sh makes it with nasm. */
function buildImage() {
  const src = join(folder, 'src');
  const asm = (/** @type {string[]} */ args) =>
    execFileSync(process.execPath, [cli, 'asm', ...args], { cwd: src, stdio: 'inherit' });
  asm([`bench${bits}.asm`, '-f', 'bin', '-o', join(folder, `bench${bits}.mb`)]);
  const stage2 = readFileSync(join(folder, `bench${bits}.mb`));
  asm([
    'boot.asm',
    '-f',
    'bin',
    '-D',
    `STAGE2_SECTORS=${Math.ceil(stage2.length / 512)}`,
    '-o',
    join(folder, 'boot.bin'),
  ]);
  const image = join(folder, `bench${bits}.img`);
  writeFileSync(image, Buffer.concat([readFileSync(join(folder, 'boot.bin')), stage2]));
  truncateSync(image, 1474560);
}

/** CPU milliseconds by workload, and whether every checksum was right. */
function measure(args) {
  const run = spawnSync(process.execPath, ['run.mjs', ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, LIMIT_S: '900' },
  });
  const rows = new Map();
  for (const line of run.stdout.split('\n')) {
    const f = line.trim().split(/\s+/);
    if (f.at(-1) === 'ok' || f.at(-1) === 'WRONG') rows.set(f[0], { cpu: Number(f[3]), ok: f.at(-1) === 'ok' });
  }
  if (rows.size === 0) fail(`${args[0]}: no result\n${run.stdout}${run.stderr}`);
  return rows;
}

function report() {
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  const names = [...results.qemu[0].keys()];
  let product = 1;
  let wrong = 0;
  console.log('workload   QEMU ms  Ringside ms  speed (QEMU = 1)');
  for (const name of names) {
    const at = (rows) => median(rows.map((row) => row.get(name)?.cpu ?? Number.NaN));
    const [q, r] = [at(results.qemu), at(results.ringside)];
    if (quoted.includes(name)) product *= q / r;
    const right = results.ringside.every((row) => row.get(name)?.ok);
    if (!right) wrong++;
    console.log(
      name.padEnd(9),
      q.toFixed(1).padStart(8),
      r.toFixed(1).padStart(12),
      (q / r).toFixed(2).padStart(10),
      right ? '' : 'WRONG',
    );
  }
  console.log(
    `geometric mean of ${quoted.join(', ')}: ${(product ** (1 / quoted.length)).toFixed(2)} of QEMU TCG; ${wrong} wrong checksums`,
  );
  process.exit(wrong === 0 ? 0 : 1);
}
