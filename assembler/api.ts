/**
 * What the rest of the house sees of the assembler. No file access of its own: a {@link SourceReader} is passed in.
 * Parsing never fails: every function returns what could be made and the diagnostics.
 */

/** A place in a source file; lines and columns count from 0, columns in UTF-16 units, `end` exclusive. */
export interface SourceRange {
  file: string;
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
}

export interface Diagnostic {
  severity: 'error' | 'warning' | 'note';
  /** NASM's wording where users know it. */
  message: string;
  range: SourceRange;
  /** NASM's warning class (`number-overflow`, `label-orphan`, ...) where it is a warning. */
  code?: string;
  /** Where the offending text came from: macro expansions and includes, innermost first. */
  chain: { message: string; range: SourceRange }[];
  /** What to write instead, when one replacement is near certain. */
  suggestion?: string;
  /** What else helps, in a few words: why it is refused, or where the thing meant is. */
  hint?: string;
}

/** Gives the text (or for INCBIN the bytes) of a file named in a source; `undefined` where there is none. */
export interface SourceReader {
  /** Resolves `name` as %include does: as written, then beside the including file, then on the include path. */
  resolve(name: string, from: string, includePaths: readonly string[]): string | undefined;
  readText(path: string): string | undefined;
  readBytes(path: string): Uint8Array | undefined;
}

export interface AssembleOptions {
  format: 'bin' | 'elf32' | 'elf64';
  /** `-I`. */
  includePaths?: readonly string[];
  /** `-D NAME=VALUE`, in order. */
  defines?: readonly { name: string; value: string }[];
  /** `-U`. */
  undefines?: readonly string[];
  /** `-P`. */
  preIncludes?: readonly string[];
  /** `-O`: 0, 1 or `x` (the default). */
  optimization?: 0 | 1 | 'x';
  /** `-w+class`, `-w-class`, `-w+error`, in order. */
  warnings?: readonly string[];
  /** `-g`: line information in the output (DWARF, in `elf32` and `elf64`). */
  debug?: boolean;
  /** What names of files are relative to, for debuggers; not said unless given. */
  directory?: string;
  /** The name of the output file, for the map that `[map]` asks for; the source's without extension unless given. */
  outputFile?: string;
  /** Ask for the listing text. */
  listing?: boolean;
  /** Environment variables, for `%!NAME` and `%ifenv`; none unless given. */
  environment?: Readonly<Record<string, string>>;
  /** The time that `__?DATE?__` and its relatives say; now unless given. */
  time?: Date;
  /** Asked now and then (at least once per some thousand lines or expansions); where it answers true, assembling ends with an error. */
  cancelled?: () => boolean;
}

/** Bytes made by one source line (the innermost file and line, and the line of the outermost expansion). */
export interface LineEntry {
  /** Address in the program: org / vstart plus offset for `bin`, offset in the section for ELF. */
  address: number;
  length: number;
  /** Offset in the output file, -1 in sections that occupy none. */
  fileOffset: number;
  section: string;
  file: string;
  /** From 0. */
  line: number;
  /** Where a macro was called: the outermost call's file and line; equal to `file`, `line` outside macros. */
  callFile: string;
  callLine: number;
  /** Code bits in force: how the bytes would be disassembled. */
  bits: 16 | 32 | 64;
  /** Made by an instruction (else data, alignment or incbin). */
  code: boolean;
}

export interface SymbolInfo {
  /** Full name: `func.loop` for a local label. */
  name: string;
  kind: 'label' | 'constant' | 'extern' | 'common';
  scope: 'local' | 'global' | 'extern' | 'common' | 'static';
  /** Address of a label (in ELF its offset in the section), number of a constant. */
  value: bigint;
  /** The value will be the same when the errors are mended: no error stands before it. */
  certain: boolean;
  section: string;
  definition: SourceRange;
  references: SourceRange[];
  /** Bytes reserved or written from the label to the next, where it labels data. */
  size?: number;
}

export interface MacroInfo {
  name: string;
  kind: 'define' | 'macro' | 'assign' | 'xdefine';
  /** Parameters as written: `2`, `1-*`, `1+`. */
  parameters: string;
  definition: SourceRange;
  references: SourceRange[];
  /** The comment block directly above or beside the definition. */
  documentation: string;
}

export interface AssembleResult {
  /** Absent where there was an error. */
  output?: Uint8Array;
  diagnostics: Diagnostic[];
  symbols: SymbolInfo[];
  macros: MacroInfo[];
  /** Sorted by section, then address. */
  lines: LineEntry[];
  /** Files read, in order of first use. */
  dependencies: string[];
  listing?: string;
  /** What `[map]` of a `bin` program asks for; `file` as the source names it, or `stdout` (where it names none) or `stderr`. */
  map?: { file: string; text: string };
  /** Address of the first byte of a `bin` program (`org`), 0 where none. */
  origin: number;
}
