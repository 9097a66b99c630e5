import type { AssembleOptions, Diagnostic, SourceReader } from './api';
import type { Frame } from './diagnostics';
import { makeAssembly } from './output/result';
import type { Preprocessor } from './preprocessor/preprocessor';
import { textOf } from './source/token';

export interface PreprocessResult {
  /** The source without preprocessor constructs, with `%line` where a line does not follow the one before. */
  text: string;
  diagnostics: Diagnostic[];
  /** Files read, in order of first use. */
  dependencies: string[];
}

/** Only preprocesses a source: NASM's `-E`, and `-M` by its list of files. */
export function preprocess(
  file: string,
  source: string,
  options: AssembleOptions,
  reader: SourceReader,
): PreprocessResult {
  const assembly = makeAssembly(file, options, reader);
  // What NASM's macros see where nothing is assembled.
  assembly.passNumber = 3;
  const preprocessor = assembly.startSource(file, source);
  assembly.preprocessing = true;
  preprocessor.blankLines = true;
  const out = new PlacedLines();
  for (let tokens = preprocessor.next(); tokens; tokens = preprocessor.next()) {
    const text = `${tokens[0]?.space ? ' ' : ''}${textOf(tokens)}`;
    out.add(withoutFill(text), shownLine(preprocessor));
  }
  return { text: out.text(), diagnostics: assembly.diagnostics.list, dependencies: preprocessor.dependencies };
}

/** A file name as make reads it. */
export function quotedForMake(name: string): string {
  return name.replace(/[ \t#]/g, '\\$&').replaceAll('$', '$$$$');
}

/** A rule without prerequisites: a file that goes away does not stop make. */
export function emptyRule(name: string): string {
  return `${quotedForMake(name)} :\n\n`;
}

/**
 * The rule of a Makefile that says what a target is made from: what NASM's `-M` writes.
 * @param target quoted already
 */
export function dependencyRule(target: string, dependencies: readonly string[]): string {
  const most = 62;
  let text = `${target} :`;
  let column = text.length;
  for (const dependency of dependencies) {
    const name = quotedForMake(dependency);
    if (column + 1 + name.length > most) {
      text += ' \\\n ';
      column = 1;
    }
    text += ` ${name}`;
    column += name.length + 1;
  }
  return `${text}\n\n`;
}

/** ALIGN of `%use smartalign` is a directive of this assembler's own: what any other understands in its place. */
function withoutFill(text: string): string {
  const [, size] = /^\[__\?fill\?__ [^,]*,[^,]*,(.*)\]$/.exec(text) ?? [];
  return size === undefined ? text : `times ${size} nop`;
}

/** Where a line is said to come from: lines of standard macros belong to the line that called them. */
function shownLine({ line, frame, inputs }: Preprocessor): { file: string; number: number } {
  for (let f: Frame | undefined = frame; f && line.builtin; f = f.parent) line = f.callLine;
  if (!line.builtin) return line;
  // Of a package: the line of the file that asked for it.
  for (let i = inputs.length - 1; i >= 0; i--) {
    const { reader } = inputs[i]!;
    if (reader) return reader;
  }
  return line;
}

/** Lines with the `%line` directives that make the numbers of a later program's messages right. */
class PlacedLines {
  private readonly out: string[] = [];
  private file: string | undefined;
  /** Number (from 1) of the next line if nothing is said; -1: it must be said. */
  private next = -1;
  private step = 1;

  add(text: string, line: { file: string; number: number }): void {
    const number = line.number + 1;
    if (line.file !== this.file) {
      this.file = line.file;
      this.next = -1;
      this.step = 1;
    } else if (this.step === 0) {
      if (this.next + 1 === number) this.step = 1;
    } else if (this.next + this.step === number) {
      this.out.push('');
      this.next += this.step;
    } else if (this.next - this.step === number) this.step = 0;
    if (this.next === -1 && text === '') return;
    if (this.next !== number) this.out.push(`%line ${number}+${this.step} ${line.file}`);
    this.next = number + this.step;
    this.out.push(text);
  }

  text(): string {
    return this.out.length ? `${this.out.join('\n')}\n` : '';
  }
}
