import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { AssembleOptions, AssembleResult, SourceReader } from '../assembler/api';
import { assemble } from '../assembler/assemble';
import { decodeSource } from '../assembler/source/utf8';

/** A source assembled here and by Debian's nasm: what tests and campaigns of the assembler compare. */
export interface Pair {
  /** NASM's arguments, without input and output. */
  args: readonly string[];
  ours: AssembleResult;
  nasm: { status: number | null; stderr: string; output: Buffer | undefined; listing: string | undefined };
}

const isFile = (path: string): boolean => existsSync(path) && statSync(path).isFile();

/** Files of a folder, by names relative to it. */
export function folderReader(folder: string): SourceReader {
  return {
    resolve: (name, _from, paths) =>
      [name, ...paths.map((path) => join(path, name))].find((one) => isFile(resolve(folder, one))),
    readText: (path) => decodeSource(readFileSync(resolve(folder, path))),
    readBytes: (path) => readFileSync(resolve(folder, path)),
  };
}

/** What NASM's arguments are to the library. */
export function optionsFrom(args: readonly string[]): AssembleOptions {
  const options: AssembleOptions = { format: 'bin', listing: true, environment: process.env as Record<string, string> };
  const add = <K extends 'includePaths' | 'undefines' | 'preIncludes' | 'warnings'>(key: K, value: string): void => {
    options[key] = [...(options[key] ?? []), value];
  };
  args.forEach((arg, i) => {
    const value = arg.slice(2);
    if (arg === '-f') options.format = args[i + 1] as 'bin';
    else if (arg === '-g') options.debug = true;
    else if (arg.startsWith('-O')) options.optimization = value === 'x' ? 'x' : (Number(value) as 0);
    else if (arg.startsWith('-I')) add('includePaths', value);
    else if (arg.startsWith('-U')) add('undefines', value);
    else if (arg.startsWith('-P')) add('preIncludes', value);
    else if (arg.startsWith('-w')) add('warnings', value);
    else if (arg.startsWith('-D')) {
      const [name, ...rest] = value.split('=');
      options.defines = [...(options.defines ?? []), { name: name!, value: rest.join('=') }];
    }
  });
  return options;
}

/** Assembles `file` of `folder` here and with nasm, which writes into `scratch`. */
export function assembleBoth(folder: string, file: string, args: readonly string[], scratch: string): Pair {
  const output = join(scratch, 'nasm.out');
  const listing = join(scratch, 'nasm.lst');
  for (const path of [output, listing]) rmSync(path, { force: true });
  const { status, stderr } = spawnSync('nasm', [...args, file, '-o', output, '-l', listing], {
    cwd: folder,
    encoding: 'latin1',
    timeout: 60_000,
    maxBuffer: 1 << 28,
  });
  const read = (path: string): Buffer | undefined => (existsSync(path) ? readFileSync(path) : undefined);
  const source = decodeSource(readFileSync(join(folder, file)));
  const ours = assemble(file, source, optionsFrom(args), folderReader(folder));
  return {
    args,
    ours,
    nasm: {
      status,
      stderr,
      output: status === 0 ? read(output) : undefined,
      listing: read(listing)?.toString('latin1'),
    },
  };
}

/** Our messages as NASM prints them. */
export function printed(result: AssembleResult): string[] {
  const lines: string[] = [];
  for (const { severity, message, range, code, chain } of result.diagnostics) {
    const name = severity === 'note' ? 'info' : severity;
    const suffix = code ? ` [-w+${severity === 'error' ? 'error=' : ''}${code}]` : '';
    lines.push(`${range.file}:${range.line + 1}: ${name}: ${message}${suffix}`);
    for (const { message: from, range: at } of [...chain].reverse()) {
      if (!from.includes('single-line')) lines.push(`${at.file}:${at.line + 1}: ${from}`);
    }
  }
  return lines;
}

/** What differs on purpose: fatal errors are errors, and an open %if is shown where it stands, not at the end. */
export function comparable(lines: readonly string[]): string[] {
  const fixed = lines.map((line) =>
    line.replace(': fatal: ', ': error: ').replace(/^.*(expected `%endif' before end of file)/, '$1'),
  );
  return [...new Set(fixed)].sort();
}

/** The lines of NASM's messages. */
export function nasmMessages({ nasm }: Pair): string[] {
  return nasm.stderr.split('\n').filter(Boolean);
}
