/** What stands on a line: label, prefixes, mnemonic or directive, operands. Made for any text, complete or not. */

import { data, directives, prefixes, preprocessor } from './directives';
import { findInstruction } from './instructions';
import { scanLine, type Token } from './scan';

/** One operand: the tokens between two commas. */
export interface Operand {
  /** Columns from behind the comma (or mnemonic) to the next comma; blanks at the ends included. */
  start: number;
  end: number;
  tokens: Token[];
}

export type HeadKind =
  | 'instruction'
  | 'data'
  | 'directive'
  | 'preprocessor'
  /** A word that the dialect does not know: a macro call, or a mistake. */
  | 'unknown';

export interface Statement {
  /** Without the comment. */
  tokens: Token[];
  comment?: Token;
  label?: Token;
  /** The label is followed by a colon, so that it is one whatever its name. */
  colon: boolean;
  prefixes: Token[];
  /** Mnemonic, directive (without bracket) or macro name. */
  head?: Token;
  headKind?: HeadKind;
  operands: Operand[];
  /** Ends in a backslash: the next line belongs to it. */
  continued: boolean;
  /** Belongs to the line before. */
  continuation: boolean;
}

/** What kind of statement the word begins; segment registers as prefixes are left to the caller. */
export function headKindOf(word: string): HeadKind {
  const name = word.toLowerCase();
  if (data.has(name)) return 'data';
  if (findInstruction(name) !== undefined) return 'instruction';
  if (directives.has(name)) return 'directive';
  if (preprocessor.has(name)) return 'preprocessor';
  return 'unknown';
}

const SEGMENT_PREFIX = /^[c-gs]s$/i;

function isPrefix(word: string): boolean {
  return prefixes.has(word.toLowerCase()) || SEGMENT_PREFIX.test(word);
}

/** The word can only begin a statement, so that a word before it is a label without colon. */
function beginsStatement(token: Token | undefined): boolean {
  return token?.kind === 'word' && (isPrefix(token.text) || headKindOf(token.text) !== 'unknown');
}

function canBeLabel(token: Token): boolean {
  return (
    token.kind === 'word' || token.kind === 'macroLocal' || token.kind === 'contextLocal' || token.kind === 'parameter'
  );
}

const OPEN = new Set(['(', '[', '{', '%[']);
const CLOSE = new Set([')', ']', '}']);

/** Splits at commas outside parentheses and brackets. */
export function splitOperands(tokens: readonly Token[], from: number, to: number): Operand[] {
  const operands: Operand[] = [];
  let depth = 0;
  let start = from;
  let current: Token[] = [];
  for (const token of tokens) {
    if (token.kind === 'punctuation') {
      if (OPEN.has(token.text)) depth++;
      else if (CLOSE.has(token.text)) depth = Math.max(depth - 1, 0);
      else if (token.text === ',' && depth === 0) {
        operands.push({ start, end: token.start, tokens: current });
        start = token.end;
        current = [];
        continue;
      }
    }
    current.push(token);
  }
  if (operands.length > 0 || current.length > 0) operands.push({ start, end: to, tokens: current });
  return operands;
}

/** Skips the prefixes from `i`; `times` takes its count along. Gives the index of the head, or the number of tokens. */
function skipPrefixes(tokens: readonly Token[], from: number, found: Token[]): number {
  let i = from;
  while (i < tokens.length) {
    const token = tokens[i];
    if (token.text === '{') {
      while (i < tokens.length && tokens[i].text !== '}') i++;
      i++;
      continue;
    }
    if (token.kind !== 'word' || !isPrefix(token.text) || tokens[i + 1]?.text === ':') return i;
    // WAIT is an instruction too: a prefix only where another follows.
    if (token.text.toLowerCase() === 'wait' && i + 1 === tokens.length) return i;
    found.push(token);
    i++;
    if (token.text.toLowerCase() === 'times') {
      let depth = 0;
      while (i < tokens.length) {
        if (OPEN.has(tokens[i].text)) depth++;
        else if (CLOSE.has(tokens[i].text)) depth--;
        else if (depth === 0 && beginsStatement(tokens[i])) break;
        i++;
      }
    }
  }
  return i;
}

const EMPTY: Omit<Statement, 'tokens' | 'continued' | 'continuation'> = { colon: false, prefixes: [], operands: [] };

/** Reads one line. `continuation`: the line before ended in a backslash. */
export function parseStatement(text: string, continuation = false): Statement {
  const tokens = scanLine(text);
  const comment = tokens.at(-1)?.kind === 'comment' ? tokens.pop() : undefined;
  const continued = comment === undefined && tokens.at(-1)?.text === '\\';
  if (continued) tokens.pop();
  const base = { ...EMPTY, prefixes: [], operands: [], tokens, comment, continued, continuation };
  const end = comment?.start ?? text.length;
  if (tokens.length === 0) return base;
  if (continuation) return { ...base, operands: splitOperands(tokens, 0, end) };

  const first = tokens[0];
  if (first.kind === 'directive') {
    return {
      ...base,
      head: first,
      headKind: 'preprocessor',
      operands: splitOperands(tokens.slice(1), first.end, end),
    };
  }
  if (first.text === '[' && tokens[1]?.kind === 'word' && directives.has(tokens[1].text.toLowerCase())) {
    const close = tokens.findLastIndex((t) => t.text === ']');
    const inside = tokens.slice(2, close === -1 ? undefined : close);
    const to = close === -1 ? end : tokens[close].start;
    return { ...base, head: tokens[1], headKind: 'directive', operands: splitOperands(inside, tokens[1].end, to) };
  }

  let i = 0;
  let label: Token | undefined;
  let colon = false;
  if (canBeLabel(first)) {
    if (tokens[1]?.text === ':') {
      label = first;
      colon = true;
      i = 2;
    } else if (!beginsStatement(first) && beginsStatement(tokens[1])) {
      label = first;
      i = 1;
    }
  }
  const found: Token[] = [];
  i = skipPrefixes(tokens, i, found);
  const head = tokens[i];
  if (head === undefined) return { ...base, label, colon, prefixes: found };
  if (head.kind !== 'word' && head.kind !== 'parameter' && head.kind !== 'directive') {
    return { ...base, label, colon, prefixes: found, operands: splitOperands(tokens.slice(i), head.start, end) };
  }
  const headKind = head.kind === 'word' ? headKindOf(head.text) : 'unknown';
  const operands = splitOperands(tokens.slice(i + 1), head.end, end);
  return { ...base, label, colon, prefixes: found, head, headKind, operands };
}
