import type { Diagnostics } from '../diagnostics';
import type { Integer } from '../expression/integer';
import type { DirectiveValue } from '../parser/directive';
import type { Item } from '../program/item';
import type { Section } from '../program/section';
import type { ProgramSymbol } from '../program/symbol';
import type { Symbols } from '../program/symbols';
import type { Token } from '../source/token';
import type { ContentsWriter, FieldResolver } from './contents';

/** What an output format works on. */
export interface FormatProgram {
  readonly diagnostics: Diagnostics;
  readonly sections: Section[];
  readonly symbols: Symbols;
  readonly items: readonly Item[];
  /** The section of that name, made where there is none. */
  sectionNamed(name: string): Section;
  /** A number that a directive needs now; says so where it is none. */
  number(text: string, at: Token, what: string): Integer | undefined;
  readonly origin: Integer | undefined;
  /** Symbols in the order of their definitions and declarations. */
  readonly definitionOrder: readonly ProgramSymbol[];
}

/** What differs between `bin`, `elf32` and `elf64`. */
export interface OutputFormat {
  readonly name: 'bin' | 'elf32' | 'elf64';
  readonly bits: 16 | 32 | 64;
  /** Bytes of the largest address that a file can hold for the linker. */
  readonly addressBytes: number;
  /** Where a source begins without a SECTION. */
  readonly firstSection: string;
  /** Before each run over the source. */
  reset(): void;
  /** `[section name attributes]`: the section to go on in. */
  enterSection(value: DirectiveValue): Section | undefined;
  alignSection(section: Section, alignment: number): void;
  /** What ALIGN asked of a section hangs on which lines stand before it: edits of single lines cannot tell. */
  readonly alignsByOrder?: boolean;
  /** Names of the directives of this format alone. */
  readonly directives: readonly string[];
  directive(value: DirectiveValue): void;
  /** When names of sections become symbols: after the first run over the source. */
  defineSymbols(): void;
  /** What a warning says of RESB in a section with bytes, and of bytes in one without. */
  zeroing(section: Section): string;
  ignored(section: Section): string;
  /** After the last pass: addresses of sections. False where they make no sense, which has been said. */
  place(): boolean;
  readonly resolver: FieldResolver;
  /** Address of a section as listings and debuggers see it, and its place in the file (-1 none). */
  addressOf(section: Section): number;
  fileOffsetOf(section: Section): number;
  file(contents: ContentsWriter): Uint8Array;
  /** The map file, where the source asks for one; after {@link place}. */
  map?(sourceFile: string, outputFile: string): { file: string; text: string } | undefined;
}
