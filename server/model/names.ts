/** What kind of name a word is by its spelling and by the statement that it stands in. */

import { numberValue, type Token } from './scan';
import type { Statement } from './statement';

export type MeaningKind =
  /** Label, constant, structure, field: all live in one space of names. */
  | 'symbol'
  | 'macro'
  | 'define'
  /** `%1` of a macro, or a named parameter of a `%define`. */
  | 'parameter'
  | 'macroLocal'
  | 'contextLocal'
  | 'section';

/** `$name` is the name, whatever else the word may mean. */
export function withoutDollar(text: string): string {
  return text.length > 1 && text.startsWith('$') && numberValue(text) === undefined ? text.slice(1) : text;
}

/** Columns of the name itself, without the `$` that protects it. */
export function nameColumns(token: Token): { start: number; end: number } {
  return { start: token.end - withoutDollar(token.text).length, end: token.end };
}

/** `.loop`, but neither `..start` nor `..@1.x`. */
export function isLocalName(name: string): boolean {
  return name.startsWith('.') && !name.startsWith('..') && name.length > 1;
}

const MACRO_ARGUMENT = /^%(?:i?r?macro|uni?macro|ifn?macro|elifn?macro)$/i;
const DEFINE_ARGUMENT =
  /^%(?:i?x?define|undef|i?assign|i?defstr|i?deftok|i?defalias|undefalias|strlen|strcat|substr|pathsearch|ifn?def|elifn?def|ifn?defalias)$/i;
const NO_NAME_ARGUMENT =
  /^(?:%(?:use|push|pop|repl|ifn?ctx|elifn?ctx|pragma|clear|stacksize|aliases)|default|cpu|bits|float|warning)$/i;

/**
 * The kind of an argument where its statement decides it: `section .text`, `%ifmacro name`. `null` where it is no name at
 * all, `undefined` where the statement leaves it open.
 */
export function argumentKind(statement: Statement, token: Token, isSymbol: boolean): MeaningKind | null | undefined {
  const head = statement.head?.text.toLowerCase() ?? '';
  if (token === statement.head || token === statement.label) return undefined;
  if (statement.operands[0]?.tokens[0] !== token) {
    const attributes = head === 'section' || head === 'segment' || head === 'cpu' || head === 'default';
    return attributes && !isSymbol ? null : undefined;
  }
  if (head === 'section' || head === 'segment') return 'section';
  if (MACRO_ARGUMENT.test(head)) return 'macro';
  if (DEFINE_ARGUMENT.test(head)) return 'define';
  return NO_NAME_ARGUMENT.test(head) ? null : undefined;
}

/** `x` in the text of `%define twice(x) x + x`. */
export function isDefineParameter({ head, tokens }: Statement, name: string): boolean {
  if (!/^%i?x?define$/i.test(head?.text ?? '')) return false;
  if (tokens[2]?.text !== '(' || tokens[2].start !== tokens[1].end) return false;
  const close = tokens.findIndex((t) => t.text === ')');
  return close > 0 && tokens.slice(3, close).some((t) => t.text === name);
}
