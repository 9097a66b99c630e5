import type { SourceLine } from '../source/source-line';
import type { Token } from '../source/token';
import type { Mode } from './item';
import type { Section } from './section';
import type { ProgramSymbol } from './symbol';

/** What a line does to lines after it, its labels aside. */
export const Effect = {
  None: 0,
  /** Something that reading the line again does not change: an alignment of the section. */
  Repeatable: 1,
  Lasting: 2,
} as const;

/** The state in which a line of the main file is read, the preprocessor's macros aside. */
export interface LineState {
  /** Index of the first item that the line, or one after it, made. */
  firstItem: number;
  mode: Mode;
  section: Section;
  /** The label that local names belong to. */
  scope: string;
  /** Number of the next macro call: in the names of its labels. */
  unique: number;
  /** Conditionals (%if) open around it. */
  depth: number;
  /** In a branch of %if that is not taken. */
  skipped: boolean;
  /** In the body of a macro or %rep that is being collected. */
  defining: boolean;
}

/** A mention of a name in a macro's body: one for each call. */
export interface ForeignReference {
  readonly list: Token[];
  readonly token: Token;
  /** Undefined for a macro. */
  readonly symbol: ProgramSymbol | undefined;
}

/** What stood ready when a line of the main file was read, and what came of it. */
export interface LineRecord extends LineState {
  line: SourceLine;
  /** One of {@link Effect}. */
  effect: number;
  /** Where macros that it calls mention names, in their bodies. */
  foreign: ForeignReference[] | undefined;
  /** It is an %else or %endif, or one of their relatives. */
  closes: boolean;
}

/** The lines of the main file by number; a line that is the continuation of another has none. */
export class LineRecords {
  readonly list: (LineRecord | undefined)[] = [];
  /** After the last line. */
  end: LineState | undefined;
  /** Lines have the numbers that they have in the file. */
  usable = true;
  /** The last line after which macros are not what they were before it. */
  lastChange: SourceLine | undefined;
  private current: LineRecord | undefined;

  clear(): void {
    this.usable = true;
    this.list.length = 0;
    this.current = undefined;
    this.end = undefined;
    this.lastChange = undefined;
  }

  begin(line: SourceLine, state: LineState): void {
    this.current = { ...state, line, effect: Effect.None, closes: false, foreign: undefined };
    if (state.defining) this.current.effect = Effect.Lasting;
    this.list[line.number] = this.current;
  }

  /** The line in hand has this effect, on macros perhaps. */
  note(effect: number, onMacros: boolean): void {
    const { current } = this;
    if (!current) return;
    if (effect > current.effect) current.effect = effect;
    if (onMacros) this.lastChange = current.line;
  }

  noteReference(list: Token[], token: Token, symbol: ProgramSymbol | undefined): void {
    const { current } = this;
    if (!current || token.line === current.line) return;
    current.foreign ??= [];
    current.foreign.push({ list, token, symbol });
  }

  noteClosing(): void {
    if (this.current) this.current.closes = true;
  }
}
