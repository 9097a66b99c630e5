import type { SourceReader } from '../assembler/api';
import { dependencyRule, emptyRule, quotedForMake } from '../assembler/preprocess';
import type { OptionSpec, Options } from './options';

/** NASM's options about dependencies (NASM manual 2.1.5 to 2.1.11). */
export const dependencySpecs: readonly OptionSpec[] = [
  { name: '-M', help: 'print what the source is made from, as a rule of a Makefile; assemble nothing' },
  { name: '-MG', help: 'the same; files that are missing will be made' },
  { name: '-MF', value: 'FILE', help: 'write the rule to a file' },
  { name: '-MD', value: 'FILE', help: 'assemble, and write the rule to a file' },
  { name: '-MT', value: 'TARGET', help: 'the target of the rule' },
  { name: '-MQ', value: 'TARGET', help: 'the same, quoted for make' },
  { name: '-MP', help: 'also an empty rule for each file' },
];

/** NASM takes the file of `-MD` for absent where another option follows. */
export function withOptionalFile(args: readonly string[]): string[] {
  return args.flatMap((arg, i) => (arg === '-MD' && (args[i + 1] ?? '-').startsWith('-') ? ['-MD', ''] : [arg]));
}

/** Where the rule goes, `-` for standard output; undefined where none is asked for. */
export function dependencyFile(options: Options): string | undefined {
  const file = options.get('-MF') ?? options.get('-MD');
  if (file !== undefined && file !== '') return file;
  return options.has('-M') || options.has('-MG') ? '-' : undefined;
}

/** Nothing is assembled. */
export function onlyDependencies(options: Options): boolean {
  return options.has('-M') || options.has('-MG');
}

/** The rule. @param output the file that would be assembled */
export function dependencyText(options: Options, output: string, files: readonly string[]): string {
  const quoted = options.get('-MQ');
  const target = quoted !== undefined ? quotedForMake(quoted) : (options.get('-MT') ?? quotedForMake(output));
  const phony = options.has('-MP') ? files.map(emptyRule).join('') : '';
  return dependencyRule(target, files) + phony;
}

const MISSING = '\0';

/** A reader for which files that are not there are empty: they count as dependencies all the same. */
export function assumingReader(reader: SourceReader): SourceReader {
  return {
    resolve: (name, from, paths) => reader.resolve(name, from, paths) ?? `${MISSING}${name}`,
    readText: (path) => (path.startsWith(MISSING) ? '' : reader.readText(path)),
    readBytes: (path) => (path.startsWith(MISSING) ? new Uint8Array(0) : reader.readBytes(path)),
  };
}

/** Names as they were written. */
export function writtenNames(files: readonly string[]): string[] {
  return files.map((name) => name.replaceAll(MISSING, ''));
}
