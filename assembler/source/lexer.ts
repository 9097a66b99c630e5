import { classOf, Digit, hexDigit, IdentifierPart, IdentifierStart, isDigit, NumberPart, Space } from './characters';
import type { Identifiers } from './identifiers';
import type { SourceLine } from './source-line';
import { type Identifier, T, Token } from './token';

/** What the lexer has to say about a line: an error only for what cannot be read on, else a warning. */
export type LexerReport = (message: string, line: SourceLine, column: number, end: number) => void;

/** Splits lines into tokens. White space becomes a mark on the token after it; comments vanish. */
export class Lexer {
  constructor(
    private readonly identifiers: Identifiers,
    private readonly report: LexerReport,
  ) {}

  /** Tokens of a source line. */
  line(line: SourceLine): Token[] {
    return this.split(line.text, line, undefined);
  }

  /** Tokens of text that a macro put together, positioned at `at`. */
  pasted(text: string, at: Token): Token[] {
    return this.split(text, at.line, at);
  }

  identifier(text: string): Identifier {
    return this.identifiers.get(text);
  }

  /** One identifier (or `%$` name), positioned at `at`. */
  word(text: string, at: Token, space: boolean): Token {
    const type = text.startsWith('%$') ? T.ContextLocal : T.Identifier;
    return new Token(type, text, space, at.line, at.column, at.end, this.identifiers.get(text), at.expansion, 0);
  }

  private split(text: string, line: SourceLine, at: Token | undefined): Token[] {
    const tokens: Token[] = [];
    const length = text.length;
    let i = 0;
    let space = false;
    while (i < length) {
      const start = i;
      const c = text.charCodeAt(i);
      const bits = classOf(c);
      if (bits & Space) {
        space = true;
        i++;
        continue;
      }
      let type: number;
      if (bits & IdentifierStart) {
        do i++;
        while (classOf(text.charCodeAt(i)) & IdentifierPart);
        const identifier = this.identifiers.get(text.slice(start, i));
        tokens.push(
          at
            ? new Token(T.Identifier, identifier.text, space, line, at.column, at.end, identifier, at.expansion, 0)
            : new Token(T.Identifier, identifier.text, space, line, start, i, identifier, undefined, 0),
        );
        space = false;
        continue;
      }
      if (bits & Digit) {
        i = scanNumber(text, start);
        type = isFloat ? T.Float : T.Number;
      } else {
        switch (c) {
          case 59 /* ; */:
            return tokens;
          case 37 /* % */:
            {
              i = this.preprocessorToken(tokens, text, start, space, line, at);
              space = false;
              continue;
            }
          case 36 /* $ */:
            {
              const next = text.charCodeAt(i + 1);
              if (classOf(next) & IdentifierStart) {
                i++;
                do i++;
                while (classOf(text.charCodeAt(i)) & IdentifierPart);
                const name = text.slice(start + 1, i);
                const identifier = this.identifiers.get(text.slice(start, i));
                tokens.push(
                  new Token(
                    T.Identifier,
                    name,
                    space,
                    line,
                    at ? at.column : start,
                    at ? at.end : i,
                    identifier,
                    at?.expansion,
                    1,
                  ),
                );
                space = false;
                continue;
              }
              if (next === 36) {
                type = T.SectionStart;
                i += 2;
              } else if (isDigit(next)) {
                i = scanNumber(text, start);
                type = isFloat ? T.Float : T.Number;
              } else {
                type = T.Here;
                i++;
              }
              break;
            }
          case 39 /* ' */:
          case 34 /* " */:
          case 96 /* ` */:
            type = T.String;
            i = skipString(text, start);
            if (i >= length) {
              i = length;
              this.report(
                `unterminated string (missing \`${text[start]}')`,
                line,
                at ? at.column : start,
                at ? at.end : length,
              );
            } else i++;
            break;
          default:
            type = operatorAt(text, i, c);
            i += operatorLength;
        }
      }
      tokens.push(
        at
          ? new Token(type, text.slice(start, i), space, line, at.column, at.end, undefined, at.expansion, 0)
          : new Token(type, text.slice(start, i), space, line, start, i, undefined, undefined, 0),
      );
      space = false;
    }
    return tokens;
  }

  /** A construct that begins with `%`; returns where it ends. */
  private preprocessorToken(
    tokens: Token[],
    text: string,
    start: number,
    space: boolean,
    line: SourceLine,
    at: Token | undefined,
  ): number {
    let i = start + 1;
    let c = text.charCodeAt(i);
    /** What the token says, without braces. */
    let content: string | undefined;
    if ((c === 43 || c === 45) && isDigit(text.charCodeAt(i + 1))) {
      i++;
      do i++;
      while (isDigit(text.charCodeAt(i)));
    } else if (c === 43 /* + */) {
      i++;
    } else if (isDigit(c)) {
      do i++;
      while (isDigit(text.charCodeAt(i)));
    } else if (c === 123 /* { */ || c === 91 /* [ */) {
      const close = c + 2;
      let level = 1;
      i++;
      while (i < text.length) {
        const d = text.charCodeAt(i);
        if (d === c) level++;
        else if (d === close) {
          if (--level === 0) break;
        } else if (d === 39 || d === 34 || d === 96) {
          i = skipString(text, i);
          if (i >= text.length) break;
        }
        i++;
      }
      content = text.slice(start + 2, Math.min(i, text.length));
      if (i >= text.length) {
        i = text.length;
        const [open, shut] = [String.fromCharCode(c), String.fromCharCode(close)];
        this.report(`unterminated %${open}...${shut} construct (missing \`${shut}')`, line, start, i);
      } else i++;
    } else if (c === 63 /* ? */) {
      i++;
      if (text.charCodeAt(i) === 63) i++;
    } else if (c === 42 && text.charCodeAt(i + 1) === 63 /* *? */) {
      i += 2;
      if (text.charCodeAt(i) === 63) i++;
    } else if (c === 33 /* ! */) {
      i++;
      const d = text.charCodeAt(i);
      if (classOf(d) & IdentifierPart) {
        do i++;
        while (classOf(text.charCodeAt(i)) & IdentifierPart);
      } else if (d === 39 || d === 34 || d === 96) {
        i = skipString(text, i);
        if (i < text.length) i++;
        else this.report('unterminated %! string', line, start, i);
      }
    } else if (c === 44 /* , */) {
      i++;
    } else if (
      classOf(c) & IdentifierPart ||
      ((c === 37 || c === 36) && classOf(text.charCodeAt(i + 1)) & IdentifierPart)
    ) {
      do i++;
      while (classOf(text.charCodeAt(i)) & IdentifierPart);
    } else if (c === 37) {
      i++;
    }

    const word = content === undefined ? text.slice(start, i) : `%${content}`;
    let type: number;
    if (c === 91 && content !== undefined) type = T.Indirect;
    else {
      c = word.charCodeAt(1);
      type = classify(word, c);
    }
    const named = type === T.Preprocessor || type === T.MacroLabel || type === T.ContextLocal;
    tokens.push(
      new Token(
        type,
        type === T.Indirect ? content! : word,
        space,
        line,
        at ? at.column : start,
        at ? at.end : i,
        named ? this.identifiers.get(word) : undefined,
        at?.expansion,
        0,
      ),
    );
    return i;
  }
}

/** The type of a `%` word, braces gone; `c` is the character after the `%`. */
function classify(word: string, c: number): number {
  const length = word.length;
  if (length < 2) return 37;
  switch (c) {
    case 43 /* + */:
      return length === 2 ? T.Paste : T.MacroParameter;
    case 45 /* - */:
    case 58 /* : */:
      return T.MacroParameter;
    case 63 /* ? */:
      return length === 2
        ? T.MacroName
        : length === 3 && word.charCodeAt(2) === 63
          ? T.MacroNameDefined
          : T.Preprocessor;
    case 42 /* * */:
      return word === '%*?' ? T.MacroName : word === '%*??' ? T.MacroNameDefined : T.Preprocessor;
    case 33 /* ! */:
      return length === 2 ? unreadable : T.Environment;
    case 37 /* % */:
      return length === 2 ? T.SignedModulo : T.MacroLabel;
    case 36 /* $ */:
      return length === 2 ? unreadable : T.ContextLocal;
    case 44 /* , */:
      return length === 2 ? T.ConditionalComma : T.Preprocessor;
    default:
      if (isDigit(c)) return T.MacroParameter;
      return classOf(c) & IdentifierPart || length > 2 || c === 39 || c === 34 || c === 96 ? T.Preprocessor : 37;
  }
}

/** Set by {@link scanNumber}. */
let isFloat = false;

/**
 * The end of the number that begins at `start`; sets `isFloat`. Letters belong to it whether its radix has them or not.
 * A `.` belongs to it only where digits or an exponent follow: `1.nolist` is two tokens.
 */
export function scanNumber(text: string, start: number): number {
  let i = start;
  let hex = false;
  let exponent = false;
  isFloat = false;
  if (text.charCodeAt(i) === 36) {
    i++;
    hex = true;
  }
  for (;;) {
    const c = text.charCodeAt(i++);
    const lower = c | 32;
    if (!hex && lower === 101 /* e */) {
      exponent = true;
      const sign = text.charCodeAt(i);
      if (sign === 43 || sign === 45) {
        i++;
        isFloat = true;
      }
    } else if (lower === 104 /* h */ || lower === 120 /* x */) {
      hex = true;
    } else if (lower === 112 /* p */) {
      isFloat = true;
      const sign = text.charCodeAt(i);
      if (sign === 43 || sign === 45) i++;
    } else if (c === 46 /* . */) {
      let k = i;
      while (text.charCodeAt(k) === 95) k++;
      const d = text.charCodeAt(k);
      if (isDigit(d) || (hex && hexDigit(d) >= 0) || (!hex && (d | 32) === 101) || (d | 32) === 112) {
        i = k;
        isFloat = true;
      } else break;
    } else if (!(classOf(c) & NumberPart)) break;
  }
  if (exponent && !hex) isFloat = true;
  return i - 1;
}

/** Index of the quote that ends the string at `start`, or the text's length. */
export function skipString(text: string, start: number): number {
  const quote = text.charCodeAt(start);
  if (quote !== 96) {
    const end = text.indexOf(quote === 39 ? "'" : '"', start + 1);
    return end < 0 ? text.length : end;
  }
  let i = start + 1;
  while (i < text.length) {
    const c = text.charCodeAt(i);
    if (c === 96) return i;
    i += c === 92 ? 2 : 1;
  }
  return text.length;
}

/** A character that means nothing anywhere. */
const unreadable = 256 + 37;

/** Set by {@link operatorAt}. */
let operatorLength = 1;

/** The operator at `i`; sets `operatorLength`. */
function operatorAt(text: string, i: number, c: number): number {
  const d = text.charCodeAt(i + 1);
  operatorLength = 2;
  switch (c) {
    case 62 /* > */:
      if (d === 62) {
        if (text.charCodeAt(i + 2) !== 62) return T.ShiftRight;
        operatorLength = 3;
        return T.ShiftRightArithmetic;
      }
      if (d === 61) return T.GreaterEqual;
      break;
    case 60 /* < */:
      if (d === 60) {
        if (text.charCodeAt(i + 2) === 60) operatorLength = 3;
        return T.ShiftLeft;
      }
      if (d === 61) {
        if (text.charCodeAt(i + 2) !== 62) return T.LessEqual;
        operatorLength = 3;
        return T.Compare;
      }
      if (d === 62) return T.NotEqual;
      break;
    case 33 /* ! */:
      if (d === 61) return T.NotEqual;
      break;
    case 47 /* / */:
      if (d === 47) return T.SignedDivide;
      break;
    case 61 /* = */:
      if (d === 61) return T.Equal;
      break;
    case 38 /* & */:
      if (d === 38) return T.LogicalAnd;
      break;
    case 124 /* | */:
      if (d === 124) return T.LogicalOr;
      break;
    case 94 /* ^ */:
      if (d === 94) return T.LogicalXor;
      break;
  }
  operatorLength = 1;
  // Control characters are no operators; their codes are those of other types.
  return c < 33 ? unreadable : c;
}
