import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AssembleOptions, AssembleResult, SourceReader } from '../assembler/api';
import { assemble } from '../assembler/assemble';
import { decodeSource } from '../assembler/source/utf8';

/** Milliseconds after which one source counts as a hang; by the clock, on machines that may be busy with other things. */
export const patience = 60_000;

/** Tests and campaigns both run in the root of the project. */
const folder = 'assembler/test-cases';
const texts = new Map(
  readdirSync(folder).map((name) => [name, decodeSource(readFileSync(join(folder, name)))] as const),
);
const corpus = [...texts].filter(([name]) => name.endsWith('.asm')).map(([, text]) => text);
const corpusByLines = corpus.map((text) => text.split('\n'));
const corpusLines = corpusByLines.flat();
const words = [...new Set(corpusLines.join(' ').split(/[\s,()[\]{}]+/))].filter((word) => word.length < 40);
const extremes = [
  '0',
  '1',
  '-1',
  '255',
  '256',
  '-129',
  '65536',
  '0x7fffffff',
  '0x80000000',
  '0xffffffff',
  '0x8000000000000000',
  '0xffffffffffffffff',
  '1e400',
  '__?nan?__',
  '$',
  '$$',
  '%%x',
  '%1',
  '%0',
  '%{1:-1}',
  '%[1]',
  '%!PATH',
  "'",
  '"',
  '`\\u',
  '%+',
  '%$x',
  '%$$x',
  '..start',
  '.x',
  '1<<63',
  '1/0',
  '%(',
  '\\',
  ';',
  '%if',
  '%rep 3',
  '%endrep',
  '%macro m 1-*',
  '%endmacro',
  'times 3',
]; // prettier-ignore

export class Random {
  constructor(private state: number) {}
  /** From 0 to `below` - 1 (xorshift, 32 bits). */
  next(below: number): number {
    let x = this.state | 0;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return (x >>> 0) % below;
  }
  of<T>(list: readonly T[]): T {
    return list[this.next(list.length)]!;
  }
}

/** One change to a list of lines. */
function mutate(lines: string[], random: Random): void {
  const at = random.next(Math.max(lines.length, 1));
  const line = lines[at] ?? '';
  const column = random.next(line.length + 1);
  switch (random.next(11)) {
    case 0:
      lines.splice(at, 1);
      break;
    case 1:
      lines.splice(at, 0, line);
      break;
    case 2:
      lines.splice(at, 0, random.of(corpusLines));
      break;
    case 3:
      lines[at] = line.slice(0, column) + String.fromCharCode(32 + random.next(96)) + line.slice(column);
      break;
    case 4:
      lines[at] = line.slice(0, column) + line.slice(column + 1 + random.next(6));
      break;
    case 5:
      lines[at] = line.replace(/-?\b\d\w*/, () => random.of(extremes));
      break;
    case 6:
      lines[at] = `${line.slice(0, column)} ${random.of(extremes)} ${line.slice(column)}`;
      break;
    case 7:
      lines[at] = line.replace(/\b[a-z_.?]\w*/i, () => random.of(words));
      break;
    case 8: {
      const other = random.next(Math.max(lines.length, 1));
      [lines[at], lines[other]] = [lines[other] ?? '', line];
      break;
    }
    case 9:
      lines[at] = line.slice(0, column) + random.of(corpusLines).slice(random.next(20));
      break;
    default:
      lines.push(...random.of(corpusByLines).slice(0, 1 + random.next(8)));
  }
}

/** A source of the test cases with one to six changes, cut to `most` lines; and how it is to be assembled. */
export function mutated(random: Random, most = Number.POSITIVE_INFINITY): { source: string; options: AssembleOptions } {
  const lines = [...random.of(corpusByLines)];
  if (lines.length > most) lines.splice(0, random.next(lines.length - most + 1));
  lines.splice(most);
  for (let k = 1 + random.next(6); k > 0; k--) mutate(lines, random);
  const options: AssembleOptions = {
    format: random.of(['bin', 'bin', 'elf32', 'elf64'] as const),
    listing: random.next(2) === 0,
  };
  if (options.format !== 'bin' && random.next(2)) options.debug = true;
  return { source: lines.join('\n'), options };
}

const reader: SourceReader = {
  resolve: (name) => (texts.has(name) ? name : undefined),
  readText: (path) => texts.get(path),
  readBytes: (path) => {
    const text = texts.get(path);
    return text === undefined ? undefined : new TextEncoder().encode(text);
  },
};

/** What is wrong with how a source is taken; empty where it gives output or errors that point into it, in time. */
export function check(source: string, options: AssembleOptions, more: SourceReader = reader): string {
  const started = Date.now();
  let result: AssembleResult;
  try {
    result = assemble('fuzzed.asm', source, { ...options, cancelled: () => Date.now() - started > patience }, more);
  } catch (error) {
    return `crash: ${(error as Error).stack}`;
  }
  if (Date.now() - started > patience) return 'hang';
  const errors = result.diagnostics.filter(({ severity }) => severity === 'error');
  if ((result.output === undefined) !== errors.length > 0) return 'neither output nor error, or both';
  for (const { message, range } of result.diagnostics) {
    const { file, line, column, endLine, endColumn } = range;
    if (line < 0 || column < 0 || endLine < line || (endLine === line && endColumn < column))
      return `bad range ${JSON.stringify(range)} of ${message}`;
    if (/^fuzzed/.test(file) && line > source.split('\n').length && !source.includes('%line') && !source.includes('# '))
      return `message behind the end: ${message}`;
  }
  void result.lines.length;
  void result.symbols.length;
  void result.macros.length;
  return '';
}
