import type { Frame } from '../diagnostics';
import type { Lexer } from '../source/lexer';
import type { SourceLine } from '../source/source-line';
import type { Token } from '../source/token';
import type { KnownLine } from './known-lines';

/** A line of a macro's or %rep's body. */
export class BodyLine {
  /** What the parser made of it before. */
  known: KnownLine | undefined = undefined;
  private made: readonly Token[] | undefined;

  constructor(
    /** The tokens, or the lexer that makes them when they are needed: most built-in macros are never called. */
    source: readonly Token[] | Lexer,
    readonly line: SourceLine,
    /** May have tokens that stand for arguments or macro-local labels. */
    readonly hasParameters: boolean,
    /** White space stood behind it: a label before a macro's call. The listing shows it. */
    readonly spaceAfter = false,
  ) {
    this.made = 'length' in source ? source : undefined;
    this.lexer = 'length' in source ? undefined : source;
  }

  private readonly lexer: Lexer | undefined;

  get tokens(): readonly Token[] {
    this.made ??= this.lexer!.line(this.line);
    return this.made;
  }
}

/** What `%macro` makes. */
export class MultiLineMacro {
  /** The next older one of this name in any case. */
  next: MultiLineMacro | undefined = undefined;
  readonly body: BodyLine[] = [];
  /** Parameters that have a default, from the first optional one on. */
  defaults: (readonly Token[])[] = [];
  /** Expansions that have not ended yet. */
  inProgress = 0;
  /** The body has `%00`: a label before the call is an argument. */
  capturesLabel = false;
  readonly references: Token[] = [];
  documentation = '';

  constructor(
    readonly name: string,
    readonly caseSensitive: boolean,
    readonly minimum: number,
    readonly maximum: number,
    /** The last parameter takes all that is left, commas included. */
    readonly greedy: boolean,
    readonly noList: boolean,
    /** 0, or how deep it may call itself (%rmacro). */
    readonly maximumDepth: number,
    readonly definition: Token,
  ) {}
}

/** One expansion of a multi-line macro. */
export class MacroCall implements Frame {
  rotation = 0;
  /** `%if`s open around it: those above are closed where %exitmacro leaves it. */
  conditions = 0;

  constructor(
    readonly macro: MultiLineMacro,
    /** The name as called. */
    readonly calledAs: string,
    /** From index 1; index 0 is the captured label. */
    readonly args: (readonly Token[])[],
    /** In the names of its labels: `..@12.loop`. */
    readonly unique: number,
    readonly callLine: SourceLine,
    readonly callFirst: Token,
    readonly callLast: Token,
    /** The expansion or %rep that the call stands in. */
    readonly parent: MacroCall | Repetition | undefined,
    /** Level in the listing. */
    readonly level: number,
  ) {}

  get macroName(): string {
    return this.macro.name;
  }
  get hidden(): boolean {
    return this.macro.noList || this.macro.definition.line.builtin;
  }
  get count(): number {
    return this.args.length - 1;
  }
  /** The n-th argument (from 1), rotation counted; undefined past the last. */
  argument(n: number): readonly Token[] | undefined {
    const count = this.count;
    if (n < 1 || n > count) return undefined;
    return this.args[((n - 1 + this.rotation) % count) + 1];
  }
}

/** One `%rep` being repeated. */
export class Repetition implements Frame {
  readonly body: BodyLine[] = [];
  /** Turns still to come. */
  remaining: number;
  /** `%exitrep` was met: the rest of this turn is skipped. */
  ended = false;
  readonly macroName = undefined;
  readonly hidden = true;

  constructor(
    count: number,
    readonly noList: boolean,
    readonly callLine: SourceLine,
    readonly callFirst: Token,
    readonly callLast: Token,
    readonly parent: MacroCall | Repetition | undefined,
    readonly level: number,
  ) {
    this.remaining = count;
  }
}
