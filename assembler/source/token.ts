import type { MultiLineMacro } from '../preprocessor/multi-line-macro';
import type { SingleLineMacro } from '../preprocessor/single-line-macro';
import type { Keyword } from './keywords';
import type { SourceLine } from './source-line';

/**
 * Token types. A one-character operator has its character code, so that parsers compare numbers;
 * what the preprocessor alone sees comes below 32, longer operators above 255.
 */
export const T = {
  End: 0,
  Identifier: 1,
  Number: 2,
  Float: 3,
  /** Quoted; the text has its quotes. */
  String: 4,
  /** `%define`, `%foo`. */
  Preprocessor: 5,
  /** `%1 %+1 %-1 %0 %{1:3}`. */
  MacroParameter: 6,
  /** `%%label`. */
  MacroLabel: 7,
  /** `%$name`. */
  ContextLocal: 8,
  /** `%!NAME`. */
  Environment: 9,
  /** `%[...]`; the text is what stands between the brackets. */
  Indirect: 10,
  /** `%+`. */
  Paste: 11,
  /** `%,`. */
  ConditionalComma: 12,
  /** `%?` and `%*?`. */
  MacroName: 13,
  /** `%??`. */
  MacroNameDefined: 14,
  /** A parameter in the body of a single-line macro; `value` is its index. */
  BodyParameter: 15,
  /** Text that is a string without ever having been quoted (an environment variable's value). */
  NakedString: 16,
  /** `$`. */
  Here: 17,
  /** `$$`. */
  SectionStart: 18,
  ShiftLeft: 256,
  ShiftRight: 257,
  ShiftRightArithmetic: 258,
  SignedDivide: 259,
  SignedModulo: 260,
  Equal: 261,
  NotEqual: 262,
  LessEqual: 263,
  GreaterEqual: 264,
  /** `<=>`. */
  Compare: 265,
  LogicalAnd: 266,
  LogicalOr: 267,
  LogicalXor: 268,
} as const;

/** How a token came out of a single-line macro. */
export interface Expansion {
  macro: SingleLineMacro;
  /** The name as it stood in the call; it may come from an expansion itself. */
  call: Token;
  /** Where the token stands in the definition; undefined for what was computed. */
  body: Token | undefined;
}

/**
 * A word that can be a name. One object per spelling and session: macros, symbols and keywords hang on it,
 * so that a token is looked up once, when it is read.
 */
export class Identifier {
  /** The identifier of the lower-case spelling, on which the macros of all spellings hang. */
  readonly folded: Identifier;
  /** Single-line macros of this name in any case, the newest first. Only on a folded identifier. */
  macro: SingleLineMacro | undefined = undefined;
  /** Multi-line macros of this name in any case, the newest first. Only on a folded identifier. */
  multiLine: MultiLineMacro | undefined = undefined;
  /** Stands in a line whose meaning is remembered (see known-lines.ts). Only on a folded identifier. */
  inKnownLine = false;
  /**
   * The line of the main file at which a macro of this name was last made or undone; undefined for none and for those
   * that are built in. Only on a folded identifier.
   */
  changedAt: SourceLine | undefined = undefined;

  constructor(
    readonly text: string,
    folded: Identifier | undefined,
    /** Register, mnemonic, size and so on; undefined for a free name. */
    readonly keyword: Keyword | undefined,
  ) {
    this.folded = folded ?? this;
  }
}

/** Immutable: a macro body's tokens are shared by all its expansions. */
export class Token {
  constructor(
    readonly type: number,
    /** As written; an identifier's `$` prefix and a `%{...}`'s braces are gone. */
    readonly text: string,
    /** White space stands before it. */
    readonly space: boolean,
    readonly line: SourceLine,
    /** Columns in the line's text, `end` exclusive. */
    readonly column: number,
    readonly end: number,
    /** Of identifiers and preprocessor words. */
    readonly identifier: Identifier | undefined,
    readonly expansion: Expansion | undefined,
    /** Index of a {@link T.BodyParameter}; 1 for an identifier written with `$`, which is never a keyword. */
    readonly value: number,
  ) {}

  withSpace(space: boolean): Token {
    if (space === this.space) return this;
    return new Token(
      this.type,
      this.text,
      space,
      this.line,
      this.column,
      this.end,
      this.identifier,
      this.expansion,
      this.value,
    );
  }

  /** The same token as the product of a macro: positioned at the call, remembering where it stands in the body. */
  expanded(expansion: Expansion, space: boolean): Token {
    const call = expansion.call;
    return new Token(
      this.type,
      this.text,
      space,
      call.line,
      call.column,
      call.end,
      this.identifier,
      expansion,
      this.value,
    );
  }
}

/** Text of tokens as NASM writes them back: one space where there was white space. */
export function textOf(tokens: readonly Token[], from = 0, to = tokens.length): string {
  let text = '';
  for (let i = from; i < to; i++) {
    const token = tokens[i]!;
    text += token.space && i > from ? ` ${sourceText(token)}` : sourceText(token);
  }
  return text;
}

function sourceText(token: Token): string {
  if (token.value === 1 && token.type === T.Identifier) return `$${token.text}`;
  if (token.type === T.Indirect) return `%[${token.text}]`;
  return token.text;
}
