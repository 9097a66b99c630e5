import type { AssembleOptions, AssembleResult, Diagnostic } from '../assembler/api';
import { preprocess } from '../assembler/preprocess';
import { ExitStatus } from '../debug-adapter/exit-status';
import { SettlingReader } from '../debug-adapter/program/file-access';
import { baseName } from '../debug-adapter/program/paths';
import type { Toolchain } from '../debug-adapter/toolchain';
import {
  assumingReader,
  dependencyFile,
  dependencySpecs,
  dependencyText,
  onlyDependencies,
  withOptionalFile,
  writtenNames,
} from './asm-dependencies';
import type { Command, Environment } from './command';
import { type OptionSpec, Options, optionHelp } from './options';
import { UsageError } from './usage-error';

/** Of the toolchain only the assembler: so this command can be loaded alone. */
type Tools = Pick<Toolchain, 'assemble'>;

/** NASM's letters: what a Makefile gives to nasm it can give to `ringside asm`. */
const specs: readonly OptionSpec[] = [
  { name: '-f', value: 'FORMAT', help: 'bin (the default), elf32, elf64' },
  { name: '-o', value: 'FILE', help: 'output; by default the input’s name without .asm, or with .o' },
  { name: '-l', value: 'FILE', help: 'listing' },
  { name: '-I', value: 'DIR', repeated: true, help: 'folder searched by %include and incbin' },
  { name: '-D', value: 'NAME=V', repeated: true, help: 'macro to define' },
  { name: '-d', value: 'NAME=V', repeated: true },
  { name: '-U', value: 'NAME', repeated: true, help: 'macro to undefine' },
  { name: '-P', value: 'FILE', repeated: true, help: 'file to include first' },
  { name: '-O', value: '0|1|x', repeated: true, help: 'optimization of sizes; x is the default' },
  { name: '-w', value: '+CLASS|-CLASS', repeated: true, help: 'warnings on or off; -w+error makes them errors' },
  { name: '-W', value: 'CLASS|no-CLASS', repeated: true, help: 'the same in GCC’s manner' },
  { name: '-g', help: 'line information in the output' },
  { name: '-F', value: 'FORMAT', help: 'format of the line information; dwarf is the one there is' },
  { name: '-E', help: 'print the preprocessed source (or write it to the output); assemble nothing' },
  { name: '-e' },
  ...dependencySpecs,
  { name: '-s', help: 'messages go to standard output' },
  { name: '-Z', value: 'FILE', help: 'messages go to a file' },
];

/** NASM: `-W` is `-w` with other signs. */
function warningSwitch(text: string): string {
  return text.startsWith('no-') ? `-${text.slice(3)}` : `+${text}`;
}

function defaultOutput(input: string, format: string): string {
  const base = baseName(input);
  const stem = base.replace(/\.[^.]*$/, '');
  if (format !== 'bin') return `${stem}.o`;
  return stem === base ? 'nasm.out' : stem;
}

/** Steps into macros and included files that are printed of one diagnostic. */
const SHOWN_STEPS = 16;

/** `file:line: error: message`, as NASM prints it, with what the text came from below. */
function diagnosticLines({ range, severity, message, code, chain, suggestion, hint }: Diagnostic): string {
  const kind = code ? ` [-w+${code}]` : '';
  const lines = [`${range.file}:${range.line + 1}: ${severity}: ${message}${kind}`];
  // Of a recursion the first steps say it all.
  const shown = chain.length > SHOWN_STEPS + 1 ? chain.slice(0, SHOWN_STEPS) : chain;
  for (const step of shown) lines.push(`${step.range.file}:${step.range.line + 1}: ... ${step.message}`);
  if (shown !== chain)
    lines.push(`${range.file}:${range.line + 1}: ... and ${chain.length - shown.length} more such steps`);
  if (suggestion !== undefined) lines.push(`${range.file}:${range.line + 1}: note: did you mean \`${suggestion}\`?`);
  if (hint !== undefined) lines.push(`${range.file}:${range.line + 1}: note: ${hint}`);
  return `${lines.join('\n')}\n`;
}

function assembleOptions(options: Options): AssembleOptions {
  const level = options.all('-O').at(-1) ?? 'x';
  if (!/^(0|1|x|[2-9]|v)$/i.test(level)) throw new UsageError(`-O is 0, 1 or x, not \`${level}\``);
  const format = options.choice('-f', ['bin', 'elf32', 'elf64', 'elf'], 'bin');
  const debugFormat = options.get('-F');
  if (debugFormat !== undefined && debugFormat !== 'dwarf') throw new UsageError(`-F is dwarf, not \`${debugFormat}\``);
  const defines = [...options.all('-D'), ...options.all('-d')].map((define) => {
    const [name, ...value] = define.split('=');
    return { name: name!, value: value.join('=') };
  });
  return {
    format: format === 'elf' ? 'elf32' : format,
    includePaths: options.all('-I'),
    defines,
    undefines: options.all('-U'),
    preIncludes: options.all('-P'),
    optimization: level === '0' ? 0 : level === '1' ? 1 : 'x',
    warnings: [...options.all('-w'), ...options.all('-W').map(warningSwitch)],
    debug: options.has('-g'),
    listing: options.has('-l'),
  };
}

async function asm(args: readonly string[], environment: Environment<Tools>): Promise<number> {
  const options = new Options(withOptionalFile(args), specs);
  const input = options.single('input file');
  const settings: AssembleOptions = {
    ...assembleOptions(options),
    environment: environment.variables,
    directory: environment.directory,
  };
  const bytes = environment.readFile(input);
  if (!bytes) throw new UsageError(`cannot read ${input}`);
  const source = new TextDecoder().decode(bytes);
  const reader = new SettlingReader({ readBytes: (path) => environment.readFile(path) });
  const output = options.get('-o') ?? defaultOutput(input, settings.format);
  const rules = (files: readonly string[]): void => {
    const file = dependencyFile(options);
    const text = dependencyText(options, output, writtenNames(files));
    if (file === '-') environment.out(text);
    else if (file !== undefined) environment.writeFile(file, text);
  };
  if (onlyDependencies(options)) {
    rules(preprocess(input, source, settings, assumingReader(reader)).dependencies);
    return 0;
  }
  if (options.has('-E') || options.has('-e')) {
    const { text, diagnostics } = preprocess(input, source, settings, reader);
    report(diagnostics, options, environment);
    if (options.has('-o')) environment.writeFile(output, text);
    else environment.out(text);
    return diagnostics.some(({ severity }) => severity === 'error') ? ExitStatus.BadInput : 0;
  }
  const result = environment.tools.assemble(input, source, { ...settings, outputFile: output }, reader);
  report(result.diagnostics, options, environment);
  if (!result.output) return ExitStatus.BadInput;
  environment.writeFile(output, result.output);
  const listing = options.get('-l');
  if (listing !== undefined) environment.writeFile(listing, result.listing ?? '');
  if (result.map) writeMap(result.map, environment);
  rules(result.dependencies);
  return 0;
}

function writeMap({ file, text }: NonNullable<AssembleResult['map']>, environment: Environment<Tools>): void {
  if (file === 'stdout') environment.out(text);
  else if (file === 'stderr') environment.err(text);
  else environment.writeFile(file, text);
}

function report(diagnostics: readonly Diagnostic[], options: Options, environment: Environment<Tools>): void {
  const text = diagnostics.map(diagnosticLines).join('');
  const file = options.get('-Z');
  if (file !== undefined) environment.writeFile(file, text);
  else if (options.has('-s')) environment.out(text);
  else if (text !== '') environment.err(text);
}

export const asmCommand: Command<Tools> = {
  name: 'asm',
  usage: 'ringside asm INPUT -f bin|elf32|elf64 [-o OUTPUT] [options]',
  summary: 'assembles NASM source; the options are NASM’s',
  help: `${optionHelp(specs)}

Exit status: 0, or 2 where the source has errors, an option is wrong or a file is missing.`,
  run: asm,
};
