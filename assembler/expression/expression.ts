import type { ProgramSymbol } from '../program/symbol';
import type { Keyword } from '../source/keywords';
import type { Token } from '../source/token';
import type { Integer } from './integer';

/** Operations of an expression; binary operators have their token's type (above 31). */
export const Op = {
  Constant: 0,
  Symbol: 1,
  /** `$`. */
  Here: 2,
  /** `$$`. */
  SectionStart: 3,
  Register: 4,
  Negate: 5,
  Not: 6,
  LogicalNot: 7,
  Seg: 8,
  /** `__?ilog2e?__` and its like; the keyword tells which. */
  Function: 9,
  Conditional: 10,
  Wrt: 11,
} as const;

/** A node of an expression. Parsed once, evaluated in each pass where a symbol is in it. */
export class Expression {
  constructor(
    readonly op: number,
    readonly token: Token,
    readonly a: Expression | undefined,
    readonly b: Expression | undefined,
    readonly c: Expression | undefined,
    readonly value: Integer,
    readonly symbol: ProgramSymbol | undefined,
    readonly keyword: Keyword | undefined,
    /** No symbol, `$` or `$$` in it: the same in every pass. */
    readonly fixed: boolean,
  ) {}
}

export function constant(value: Integer, token: Token): Expression {
  return new Expression(Op.Constant, token, undefined, undefined, undefined, value, undefined, undefined, true);
}

export function unary(op: number, token: Token, a: Expression, keyword?: Keyword): Expression {
  return new Expression(op, token, a, undefined, undefined, 0, undefined, keyword, a.fixed);
}

export function binary(op: number, token: Token, a: Expression, b: Expression): Expression {
  return new Expression(op, token, a, b, undefined, 0, undefined, undefined, a.fixed && b.fixed);
}
