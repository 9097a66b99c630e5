/** Runs Debian's nasm over many instructions at once: for each, its bytes or its complaint. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Answer {
  /** Where the instruction stood: `$` depends on it. */
  address: number;
  bytes?: Uint8Array;
  /** The first error, without place. */
  error?: string;
  /** Warnings, each once, without class. */
  warnings: string[];
}

/** Is there a nasm? */
export function hasNasm(): boolean {
  return spawnSync('nasm', ['-v']).status === 0;
}

const messageLine = /^[^:]*:(\d+): (error|warning): (.*?)(?: \[-w\+([a-z-]+)\])?$/;

/** nasm 2.16 has assertions of its own that some instructions run into. */
const panicLine = /^panic: [^:]*:(\d+): /;

/** Assembles the lines in order, one after the other in one file; refused lines are left out of the addresses. */
export function assemble(lines: readonly string[], bits: 16 | 32 | 64, options: readonly string[] = []): Answer[] {
  const folder = mkdtempSync(join(tmpdir(), 'ringside-nasm-'));
  try {
    const answers: Answer[] = lines.map(() => ({ address: 0, warnings: [] }));
    // What the first run refuses is left out of the second, which gives bytes; that may refuse more, in its later passes.
    for (let round = 0; round < 400; round++) {
      if (runOnce(folder, lines, bits, options, answers)) return answers;
    }
    throw new Error('nasm still refuses after many runs');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** One run over the lines that have no error yet; true if there was none. */
function runOnce(
  folder: string,
  lines: readonly string[],
  bits: number,
  options: readonly string[],
  answers: Answer[],
): boolean {
  const source = join(folder, 'i.asm');
  const text = lines.map((line, i) => (answers[i].error === undefined ? line : ''));
  writeFileSync(source, `bits ${bits}\n${text.join('\n')}\n`);
  const listing = join(folder, 'i.lst');
  const output = join(folder, 'i.bin');
  rmSync(output, { force: true });
  const run = spawnSync('nasm', ['-f', 'bin', '-o', output, '-l', listing, '-w+all', ...options, source], {
    maxBuffer: 1 << 30,
  });
  let clean = true;
  for (const answer of answers) answer.warnings = [];
  for (const line of run.stderr.toString().split('\n')) {
    const panic = panicLine.exec(line);
    if (panic) {
      answers[Number(panic[1]) - 2].error = 'panic';
      return false;
    }
    const found = messageLine.exec(line);
    if (!found) continue;
    const answer = answers[Number(found[1]) - 2];
    if (!answer) continue;
    if (found[2] === 'error') {
      clean = false;
      answer.error ??= found[3];
    } else if (!answer.warnings.includes(found[3])) answer.warnings.push(found[3]);
  }
  if (!clean) return false;
  if (run.status !== 0)
    throw new Error(
      `nasm failed: ${run.stderr
        .toString()
        .split('\n')
        .filter((line) => !line.includes('warning'))
        .join('; ')
        .slice(0, 400)}`,
    );
  readAddresses(readFileSync(listing, 'latin1'), readFileSync(output), answers);
  return true;
}

/** Takes each line's bytes out of the output, by the addresses of the listing. */
function readAddresses(listing: string, output: Uint8Array, answers: Answer[]): void {
  const starts: { line: number; address: number }[] = [];
  for (const line of listing.split('\n')) {
    const number = Number(line.slice(0, 6));
    const address = /^[0-9A-F]{8}/.exec(line.slice(7));
    // A long instruction goes on in further lines with the same number.
    if (address && starts[starts.length - 1]?.line !== number)
      starts.push({ line: number, address: Number.parseInt(address[0], 16) });
  }
  starts.forEach(({ line, address }, i) => {
    const answer = answers[line - 2];
    if (!answer) return;
    answer.address = address;
    answer.bytes = output.subarray(address, starts[i + 1]?.address ?? output.length);
  });
}

/** Writes bytes to a file for a disassembler and gives its output. */
function disassembled(bytes: Uint8Array, command: (file: string) => [string, string[]]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'ringside-disassembler-'));
  try {
    const file = join(folder, 'i.bin');
    writeFileSync(file, bytes);
    const [program, options] = command(file);
    return execFileSync(program, options, { maxBuffer: 1 << 30 })
      .toString()
      .split('\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Lengths of instructions as ndisasm reads them, by offset. */
export function ndisasmLengths(bytes: Uint8Array, bits: number): Map<number, number> {
  const result = new Map<number, number>();
  let last = -1;
  for (const line of disassembled(bytes, (file) => ['ndisasm', ['-b', `${bits}`, file]])) {
    const start = /^([0-9A-F]{8}) {2}([0-9A-F]+)/.exec(line);
    const more = /^ +-([0-9A-F]+)/.exec(line);
    if (start) {
      last = Number.parseInt(start[1], 16);
      result.set(last, start[2].length / 2);
    } else if (more && last >= 0) result.set(last, result.get(last)! + more[1].length / 2);
  }
  return result;
}

/** Lengths of instructions as objdump reads them, by offset. */
export function objdumpLengths(bytes: Uint8Array, bits: number): Map<number, number> {
  const machine = bits === 16 ? 'i8086' : bits === 32 ? 'i386' : 'i386:x86-64';
  const options = [
    '-D',
    '-z',
    '-b',
    'binary',
    '-m',
    machine,
    '-M',
    bits === 64 ? 'intel64' : 'intel',
    '--insn-width=16',
  ];
  const result = new Map<number, number>();
  for (const line of disassembled(bytes, (file) => ['objdump', [...options, file]])) {
    const start = /^ *([0-9a-f]+):\t([0-9a-f ]+)/.exec(line);
    if (start) result.set(Number.parseInt(start[1], 16), start[2].trim().split(' ').length);
  }
  return result;
}
