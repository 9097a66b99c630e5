/**
 * How fast the assembler is beside nasm, in one run: whole processes from the shell at 1,000, 10,000 and 100,000 lines, time
 * per line as sources grow (also sources that are bad for finding sizes), and assembling again after an edit, in-process.
 * `node bench/assembler-speed.mjs [ROUNDS]`, after `npm run build`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const rounds = Number(process.argv[2] ?? 5);
const cli = join(root, 'dist/cli.js');
const generator = join(root, '../shared/bench/src/gen_nasm.py');
const folder = mkdtempSync(join(tmpdir(), 'ringside-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

// Where it is set Node reads all certificates of the system before anything else: no part of assembling.
delete process.env.NODE_EXTRA_CA_CERTS;

function fail(message) {
  console.error(message);
  process.exit(2);
}
if (!existsSync(cli)) fail('dist/cli.js is missing: run `npm run build` first');
if (spawnSync('nasm', ['-v']).status !== 0) fail('nasm is not installed');

/** The assembler as a library, for what is measured in-process. */
const bundle = join(folder, 'assembler.mjs');
await build({
  stdin: {
    contents: `export { assemble } from './assembler/assemble';
      export { ProgramModel } from './assembler/program-model';
      export { generatedSource } from './assembler/testing/generated-source';`,
    resolveDir: root,
    loader: 'ts',
  },
  outfile: bundle,
  bundle: true,
  platform: 'node',
  format: 'esm',
  logLevel: 'error',
});
const { assemble, ProgramModel, generatedSource } = await import(pathToFileURL(bundle).href);

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const ms = (n) => `${n.toFixed(n < 100 ? 1 : 0)} ms`;

/** The source of gen_nasm.py where it is at hand, else one of the same kind. */
function source(lines) {
  if (existsSync(generator)) {
    const { status, stdout } = spawnSync('python3', [generator, String(lines)], { maxBuffer: 1 << 28 });
    if (status === 0) return stdout.toString();
  }
  return generatedSource(lines);
}

/** Milliseconds of one process. */
function timed(command, args) {
  const began = performance.now();
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  const time = performance.now() - began;
  if (status !== 0) fail(`${command} ${args.join(' ')}: ${stderr}`);
  return time;
}

function beside(name, text, count) {
  const input = join(folder, `${name}.asm`);
  writeFileSync(input, text);
  const ours = [];
  const theirs = [];
  for (let i = 0; i < count; i++) {
    // In turns, so that what else the machine does meets both.
    ours.push(timed(process.execPath, [cli, 'asm', input, '-o', join(folder, 'ours.bin')]));
    theirs.push(timed('nasm', ['-f', 'bin', input, '-o', join(folder, 'theirs.bin')]));
  }
  if (!readFileSync(join(folder, 'ours.bin')).equals(readFileSync(join(folder, 'theirs.bin'))))
    fail(`${name}: the bytes differ`);
  return { ours, theirs };
}

function report(name, { ours, theirs }) {
  const least = Math.min(...theirs) / Math.min(...ours);
  const middle = median(theirs) / median(ours);
  console.log(
    `${name.padEnd(14)} ringside ${ms(Math.min(...ours)).padStart(9)} (median ${ms(median(ours))}), ` +
      `nasm ${ms(Math.min(...theirs)).padStart(9)} (median ${ms(median(theirs))}): ` +
      `${least.toFixed(2)} times nasm's speed (median ${middle.toFixed(2)})`,
  );
}

console.log(`whole processes, ${rounds} rounds`);
const times = new Map();
for (const lines of [1_000, 10_000, 100_000]) {
  const result = beside(`${lines} lines`, source(lines), lines > 10_000 ? Math.min(rounds, 2) : rounds);
  times.set(lines, Math.min(...result.ours));
  report(`${lines} lines`, result);
}
const start = Math.min(...Array.from({ length: rounds }, () => timed(process.execPath, ['-e', '0'])));
console.log(`node alone     ${ms(start)}`);
console.log(
  `time per line at 100,000 lines by that at 10,000: ${(times.get(100_000) / 10 / times.get(10_000)).toFixed(2)}`,
);

/** `count` pieces of text, each from its number. */
const pieces = (count, piece) => Array.from({ length: count }, (_, i) => piece(i)).join('\n');

/** Sources whose sizes are hard to find, by their number of lines. */
const hard = {
  // Each of a hundred jumps is one byte short of too far, until the next has grown: a pass for each.
  'chains of jumps': (n) =>
    `bits 32\n${pieces(n / 2, (i) => `l${i}: jmp ${i % 100 === 99 ? 'far_away' : `l${i + 2}`}\n times 62 nop`)}\n` +
    `l${n / 2}:\nl${n / 2 + 1}:\ntimes 1000 nop\nfar_away:`,
  'jumps near their reach': (n) =>
    `${pieces(n / 2, (i) => `l${i}: jz l${i + 32}\n jmp l${Math.max(i - 31, 0)}`)}\n${pieces(32, (i) => `l${n / 2 + i}:`)}`,
  'times of distances': (n) =>
    pieces(
      n / 3,
      (i) =>
        `at${i}: jmp at${Math.max(i - 20, 0)}\n times ${i > 0 ? `(b${i - 1}-at${i - 1})` : 3} & 7 db 1\nb${i}: dw b${i}-at${i}`,
    ),
  'align between': (n) =>
    pieces(
      n / 3,
      (i) => `c${i}: jmp c${Math.max(i - 9, 0)}\n align 16\n jz c${Math.min(i + 9, Math.floor(n / 3) - 1)}`,
    ),
};
const reader = { resolve: () => undefined, readText: () => undefined, readBytes: () => undefined };
function inProcess(text, options = {}) {
  const began = performance.now();
  const result = assemble('a.asm', text, { format: 'bin', ...options }, reader);
  const time = performance.now() - began;
  const error = result.diagnostics.find(({ severity }) => severity === 'error');
  if (error) fail(`${text.slice(0, 40)}: line ${error.range.line + 1}: ${error.message}`);
  return time;
}

// The first time in this process: what a language server feels.
const text = source(10_000);
const first = inProcess(text);
console.log('\nin-process, 10,000 lines');
console.log(`the first time ${ms(first)}`);
const lines = text.split('\n');
const find = (pattern, from) => lines.findIndex((line, i) => i >= from && pattern.test(line));
/** One-line edits: each gives the lines of the changed text. */
const edits = {
  'an immediate': (i) => lines.with(find(/^\s+(add|sub)\s+e\w\w, \d+/, 200), `        add     eax, ${1000 + i}`),
  'a shorter immediate': (i) => lines.with(find(/^\s+(add|sub|cmp)\s+e\w\w, \d{4}/, 200), `        add     ecx, ${i}`),
  'an instruction before many jumps': (i) => lines.toSpliced(find(/^start:/, 0) + 1, 0, `        add     ebx, ${i}`),
  'an instruction fewer': (i) => lines.toSpliced(find(/^\s+mov\s+r\w\w, r\w\w$/, 400 + i * 40), 1),
  'a new jump': (i) => lines.toSpliced(700, 0, `        jmp     func_${i + 1}`),
  'a new local label': (i) => lines.toSpliced(find(/^\.l\d+:/, 500), 0, `.fresh_${i}:`),
  'a new label': (i) => lines.toSpliced(find(/^func_\d+:/, 500), 0, `fresh_${i}:`),
  'a label that divides a function': (i) => lines.toSpliced(find(/^\s+mov\s/, 900), 0, `fresh_${i}:`),
  'a call of a macro': (i) => lines.toSpliced(find(/^\s+mov\s/, 700), 0, `        check   rax, ${i}`),
  'a constant': (i) => lines.with(find(/equ/, 0), lines[find(/equ/, 0)].replace(/\d+$/, String(64 + 8 * i))),
  'a broken line': (i) => lines.toSpliced(600, 0, `        mov     eax, (${i}`),
  'a comment': (i) => lines.toSpliced(600, 0, `        ; ${i}`),
  'a new %define': (i) => lines.toSpliced(find(/^start:/, 0), 0, `%define FRESH ${i}`),
};
const model = new ProgramModel('a.asm', { format: 'bin' }, reader);
model.update(text);
for (const [name, edit] of Object.entries(edits)) {
  const spent = [];
  let incremental = 0;
  for (let i = 0; i < 2 * rounds + 1; i++) {
    // An edit and its taking back are both edits.
    for (const changed of [edit(i).join('\n'), text]) {
      const began = performance.now();
      model.update(changed);
      spent.push(performance.now() - began);
      if (model.incremental) incremental++;
    }
  }
  const share = median(spent) / first;
  console.log(
    `${name.padEnd(33)} ${ms(median(spent)).padStart(8)}, ${share.toFixed(3)} of the first time` +
      `${incremental < spent.length ? ` (${spent.length - incremental} of ${spent.length} read all again)` : ''}`,
  );
}

console.log('\nin-process, time per line as sources that are hard on sizes grow');
for (const [name, make] of Object.entries(hard)) {
  const small = make(6_000);
  const large = make(60_000);
  inProcess(small);
  const a = Math.min(...Array.from({ length: 3 }, () => inProcess(small)));
  const b = Math.min(...Array.from({ length: 2 }, () => inProcess(large)));
  console.log(`${name.padEnd(22)} ${ms(a)} at 6,000, ${ms(b)} at 60,000: per line ${(b / 10 / a).toFixed(2)} times`);
}
