/**
 * Splits one line into tokens. It never fails and knows nothing of instructions: what it returns for a line depends on
 * that line alone, so that an edit makes only the edited lines be scanned again.
 */

export type TokenKind =
  /** Mnemonic, register, label, directive, macro name: told apart by who asks. */
  | 'word'
  | 'number'
  /** With its quotes; may lack the closing one. */
  | 'string'
  | 'comment'
  /** `%macro`, `%define`, `%if`. */
  | 'directive'
  /** `%1`, `%{1}`, `%{2:-1}`, `%0`, `%+1`, `%-1`: a parameter of the macro. */
  | 'parameter'
  /** `%%name`: a label of the one expansion. */
  | 'macroLocal'
  /** `%$name`: a label or define of the context. */
  | 'contextLocal'
  | 'punctuation';

export interface Token {
  kind: TokenKind;
  /** UTF-16 columns, end exclusive. */
  start: number;
  end: number;
  text: string;
}

const WORD = /[A-Za-z_.?@\u0080-\uffff][\w.?@$#~\u0080-\uffff]*/y;
const ESCAPED_WORD = /\$[A-Za-z_?@\u0080-\uffff][\w.?@$#~\u0080-\uffff]*/y;
const NUMBER = /(?:\d[\d_]*(?:\.[\d_]*)?[eE][+-]\d+|\d[\w.]*|\$\d[\da-fA-F_]*)/y;
const DIRECTIVE = /%[A-Za-z]\w*/y;
const PARAMETER = /%(?:\d+|[-+*]\d+|\{[-+*]?\d+(?::-?\d+)?\})/y;
const MACRO_LOCAL = /%%[\w.?@$#~]+/y;
const CONTEXT_LOCAL = /%\$+[\w.?@#~]+/y;
const BRACED_WORD = /%\{[A-Za-z_%$?][\w.?@$#~]*\}/y;
const OPERATOR = /<<<|>>>|<=>|<<|>>|\/\/|%%|&&|\|\||\^\^|==|!=|<>|<=|>=|\$\$|%\[|%\?\??|%\+|[^\s]/y;

function at(pattern: RegExp, text: string, start: number): number {
  pattern.lastIndex = start;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

/** Where the string that opens at `start` ends: behind its closing quote, or at the end of the line. */
function stringEnd(text: string, start: number): number {
  const quote = text[start];
  for (let i = start + 1; i < text.length; i++) {
    // Only backquoted strings have escapes; the other two end at the next quote of their kind.
    if (quote === '`' && text[i] === '\\') i++;
    else if (text[i] === quote) return i + 1;
  }
  return text.length;
}

const PERCENT: readonly [TokenKind, RegExp][] = [
  ['directive', DIRECTIVE],
  ['parameter', PARAMETER],
  ['macroLocal', MACRO_LOCAL],
  ['contextLocal', CONTEXT_LOCAL],
  ['contextLocal', BRACED_WORD],
];
const DOLLAR: readonly [TokenKind, RegExp][] = [
  ['number', NUMBER],
  ['word', ESCAPED_WORD],
];
const DIGIT: readonly [TokenKind, RegExp][] = [['number', NUMBER]];
const LETTER: readonly [TokenKind, RegExp][] = [['word', WORD]];
const OTHER: readonly [TokenKind, RegExp][] = [['punctuation', OPERATOR]];

/** What a token that begins with the character can be. */
function patternsFor(c: string): readonly [TokenKind, RegExp][] {
  if (c === '%') return PERCENT;
  if (c === '$') return DOLLAR;
  if (c >= '0' && c <= '9') return DIGIT;
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= '\u0080' || '_.?@'.includes(c) ? LETTER : OTHER;
}

/** The tokens of one line, comment included, in order. */
export function scanLine(text: string): Token[] {
  const tokens: Token[] = [];
  let i = 0;
  while (i < text.length) {
    const c = text[i];
    if (c === ' ' || c === '\t' || c === '\r' || c === '\f' || c === '\v') {
      i++;
      continue;
    }
    if (c === ';') {
      tokens.push({ kind: 'comment', start: i, end: text.length, text: text.slice(i) });
      break;
    }
    if (c === '"' || c === "'" || c === '`') {
      const end = stringEnd(text, i);
      tokens.push({ kind: 'string', start: i, end, text: text.slice(i, end) });
      i = end;
      continue;
    }
    let end = i + 1;
    let kind: TokenKind = 'punctuation';
    for (const [candidate, pattern] of patternsFor(c)) {
      const found = at(pattern, text, i);
      if (found > i) {
        kind = candidate;
        end = found;
        break;
      }
    }
    if (kind === 'punctuation') end = Math.max(at(OPERATOR, text, i), end);
    tokens.push({ kind, start: i, end, text: text.slice(i, end) });
    i = end;
  }
  return tokens;
}

/** The value of a number literal in any of NASM's spellings; `undefined` for floats and what is no number. */
export function numberValue(text: string): bigint | undefined {
  const t = text.replace(/_/g, '').toLowerCase();
  const spellings: [RegExp, string][] = [
    [/^0[xh]([\da-f]+)$/, '0x'],
    [/^\$(\d[\da-f]*)$/, '0x'],
    [/^(\d[\da-f]*)[hx]$/, '0x'],
    [/^0[by]([01]+)$/, '0b'],
    [/^([01]+)[by]$/, '0b'],
    [/^0[oq]([0-7]+)$/, '0o'],
    [/^([0-7]+)[oq]$/, '0o'],
    [/^0[dt](\d+)$/, ''],
    [/^(\d+)[dt]?$/, ''],
  ];
  for (const [pattern, prefix] of spellings) {
    const match = pattern.exec(t);
    if (match) return BigInt(prefix + match[1]);
  }
  return undefined;
}

/** The token that the column stands in or touches; of two that touch it, the one that can have a meaning. */
export function tokenAt(tokens: readonly Token[], column: number): Token | undefined {
  const touching = tokens.filter((t) => t.start <= column && column <= t.end);
  return touching.find((t) => t.kind !== 'punctuation' && t.kind !== 'comment') ?? touching[0];
}
