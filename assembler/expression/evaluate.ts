import { type Diagnostics, TokenRange } from '../diagnostics';
import type { Section } from '../program/section';
import type { Advice } from '../program/suggest';
import type { ProgramSymbol } from '../program/symbol';
import type { Keyword } from '../source/keywords';
import { T, type Token } from '../source/token';
import { type Expression, Op } from './expression';
import type { Integer } from './integer';
import * as integer from './integer';
import { addResults, isJustUnknown, isRegister, isScalar, Linear, type Result, scale, unknownResult } from './linear';

/** How NASM chooses between base and index: the first register written is the base unless it was multiplied. */
export interface RegisterHint {
  register: Keyword | undefined;
  kind: 'none' | 'base' | 'notBase' | 'summed';
}

/** Values of expressions at one point of one pass. */
export class Evaluator {
  /** Where `$` is. */
  section: Section | undefined;
  offset = 0;
  /** An undefined symbol is an error: there will be no later pass, or the value is needed now. */
  critical = false;
  /** No pass before this one: an error says "before use". */
  firstPass = true;
  /** A symbol that was not defined yet was met since this was last reset. */
  forward = false;
  /** A symbol, `$` or `$$` was asked for since this was last reset. */
  layoutUsed = false;
  readonly hint: RegisterHint = { register: undefined, kind: 'none' };
  /** Ends of the items that may change size, for labels anchored to them. */
  ends: Int32Array = new Int32Array(0);
  /** Called with a symbol that has no definition at all when that becomes an error. */
  explainUndefined: ((symbol: ProgramSymbol) => Advice) | undefined;

  constructor(private readonly diagnostics: Diagnostics) {}

  resetHint(): void {
    this.hint.register = undefined;
    this.hint.kind = 'none';
  }

  /** Undefined where something was wrong; it has been said then. */
  evaluate(e: Expression): Result | undefined {
    switch (e.op) {
      case Op.Constant:
        return e.value;
      case Op.Symbol:
        return this.symbol(e.symbol!, e.token);
      case Op.Here:
        this.layoutUsed = true;
        return this.at(this.section, this.offset);
      case Op.SectionStart:
        this.layoutUsed = true;
        return this.at(this.section, 0);
      case Op.Register:
        if (this.hint.kind === 'none') {
          this.hint.register = e.keyword;
          this.hint.kind = 'base';
        }
        return new Linear(0, [{ base: e.keyword!, coefficient: 1 }], 0, undefined, false);
      case Op.Conditional: {
        const test = this.evaluate(e.a!);
        if (test === undefined) return undefined;
        const yes = this.evaluate(e.b!);
        const no = this.evaluate(e.c!);
        if (yes === undefined || no === undefined) return undefined;
        if (isScalar(test)) return test !== 0 ? yes : no;
        if (isJustUnknown(test)) return unknownResult;
        return this.error("the left-hand side of `?' must be a scalar value", e);
      }
      case Op.Wrt:
        return this.wrt(e);
    }
    if (e.b && e.a!.b) return this.chain(e);
    const a = this.evaluate(e.a!);
    if (a === undefined) return undefined;
    if (!e.b) return this.unary(e, a);
    const b = this.evaluate(e.b);
    return b === undefined ? undefined : this.binary(e, a, b);
  }

  /** `a + b + c + ...`: macros make long ones, so it takes no native stack. */
  private chain(e: Expression): Result | undefined {
    const links: Expression[] = [];
    let first = e;
    for (; first.b && isBinary(first); first = first.a!) links.push(first);
    let value = this.evaluate(first);
    for (let i = links.length - 1; i >= 0 && value !== undefined; i--) {
      const b = this.evaluate(links[i]!.b!);
      value = b === undefined ? undefined : this.binary(links[i]!, value, b);
    }
    return value;
  }

  /** A plain number, or undefined with `message` said. */
  scalar(e: Expression, message: string): Integer | undefined {
    const result = this.evaluate(e);
    if (result === undefined || isScalar(result)) return result;
    return this.error(message, e);
  }

  private error(message: string, e: Expression): undefined {
    this.diagnostics.error(message, new TokenRange(e.token, lastToken(e)));
    return undefined;
  }

  private at(section: Section | undefined, offset: number): Result {
    if (!section) return offset;
    if (section.kind !== 'absolute') return new Linear(offset, [{ base: section, coefficient: 1 }], 0);
    const value = integer.add(section.absoluteStart, offset);
    return section.absoluteBase ? new Linear(value, [{ base: section.absoluteBase, coefficient: 1 }], 0) : value;
  }

  /** The value of a symbol as it stands in this pass. */
  symbol(symbol: ProgramSymbol, token: Token): Result | undefined {
    this.layoutUsed = true;
    if (!symbol.defined) {
      this.forward = true;
      if (!this.critical) return unknownResult;
      const advice = this.explainUndefined?.(symbol);
      this.diagnostics.error(
        `symbol \`${symbol.name}' not defined${this.firstPass ? ' before use' : ''}`,
        new TokenRange(token, token),
        advice?.suggestion,
        advice?.hint,
      );
      return undefined;
    }
    const section = symbol.section;
    const value = symbol.anchor < 0 ? symbol.offset : this.ends[symbol.anchor]! + symbol.distance;
    if (!section) return value;
    if (section.kind !== 'absolute') return new Linear(value, [{ base: section, coefficient: 1 }], 0);
    return this.at(section, Number(value));
  }

  private unary(e: Expression, a: Result): Result | undefined {
    if (e.op === Op.Negate) return scale(a, -1);
    if (e.op === Op.Seg) return this.segmentOf(e, a);
    if (!isScalar(a)) {
      if (isJustUnknown(a)) return unknownResult;
      if (e.op === Op.Function) return this.error('function may only be applied to scalar values', e);
      return this.error(`\`${e.op === Op.Not ? '~' : '!'}' operator may only be applied to scalar values`, e);
    }
    if (e.op === Op.Not) return integer.not(a);
    if (e.op === Op.LogicalNot) return a === 0 ? 1 : 0;
    return this.logarithm(e, a);
  }

  private logarithm(e: Expression, a: Integer): Result | undefined {
    const name = e.keyword!.name;
    const unsigned = BigInt.asUintN(64, BigInt(a));
    if (name === '__?ilog2c?__') return unsigned < 2n ? 0 : integer.highestBit(integer.wrap(unsigned - 1n)) + 1;
    if (name !== '__?ilog2f?__' && (unsigned === 0n || (unsigned & (unsigned - 1n)) !== 0n)) {
      const message = 'ilog2 argument is not a power of two';
      if (name === '__?ilog2e?__') this.error(message, e);
      else this.diagnostics.warning('other', message, new TokenRange(e.token, lastToken(e)));
    }
    return a === 0 ? 0 : integer.highestBit(a);
  }

  private segmentOf(e: Expression, a: Result): Result | undefined {
    if (typeof a === 'object') {
      if (a.unknown) return this.critical ? this.error('unable to determine segment base', e) : unknownResult;
      const term = a.terms[0];
      if (a.terms.length === 1 && term!.coefficient === 1 && !isRegister(term!.base)) {
        return new Linear(0, [{ base: term!.base.segmentBase, coefficient: 1 }], 0);
      }
    }
    return this.error('cannot apply SEG to a non-relocatable value', e);
  }

  private wrt(e: Expression): Result | undefined {
    const value = this.evaluate(e.a!);
    const base = this.evaluate(e.b!);
    if (value === undefined || base === undefined) return undefined;
    if (isJustUnknown(base)) return unknownResult;
    const number = typeof value === 'object' ? value.number : value;
    const terms = typeof value === 'object' ? value.terms : [];
    const unknown = typeof value === 'object' && value.unknown;
    if (unknown) return value;
    if (isScalar(base)) return new Linear(number, terms, 0, base);
    const [term] = base.terms;
    const to = term!.base;
    const section = base.terms.length === 1 && term!.coefficient === 1 && !isRegister(to) ? to : undefined;
    // Only what has no place of its own can stand there, once it is known what it is.
    if (!section || (this.critical && section.kind !== 'special' && section.kind !== 'segment'))
      return this.error('invalid right-hand operand to WRT', e.b!);
    return new Linear(number, terms, 0, section);
  }

  private binary(e: Expression, a: Result, b: Result): Result | undefined {
    switch (e.op) {
      case 43 /* + */:
        return addResults(a, b, 1, this.summed);
      case 45 /* - */:
        return addResults(a, b, -1, this.summed);
      case 42 /* * */:
        return this.product(e, a, b);
      case T.Equal:
      case T.NotEqual:
      case 60 /* < */:
      case 62 /* > */:
      case T.LessEqual:
      case T.GreaterEqual:
      case T.Compare:
        return this.compare(e, a, b);
    }
    const division = e.op === 47 || e.op === 37 || e.op === T.SignedDivide || e.op === T.SignedModulo;
    if (!isScalar(a) || !isScalar(b)) {
      if ((isScalar(a) || isJustUnknown(a)) && (isScalar(b) || isJustUnknown(b))) {
        if (division && isScalar(b) && b === 0) return this.error('division by zero', e);
        return unknownResult;
      }
      if (division) return this.error('division operator may only be applied to scalar values', e);
      if (e.op === T.ShiftLeft || e.op === T.ShiftRight || e.op === T.ShiftRightArithmetic)
        return this.error('shift operator may only be applied to scalar values', e);
      const name = e.op === 124 || e.op === T.LogicalOr ? '|' : e.op === 94 || e.op === T.LogicalXor ? '^' : '&';
      return this.error(`\`${name}' operator may only be applied to scalar values`, e);
    }
    if (division && b === 0) return this.error('division by zero', e);
    switch (e.op) {
      case 47 /* / */:
        return integer.divide(a, b);
      case 37 /* % */:
        return integer.modulo(a, b);
      case T.SignedDivide:
        return integer.divideSigned(a, b);
      case T.SignedModulo:
        return integer.moduloSigned(a, b);
      case T.ShiftLeft:
        return integer.shiftLeft(a, b);
      case T.ShiftRight:
        return integer.shiftRight(a, b);
      case T.ShiftRightArithmetic:
        return integer.shiftRightArithmetic(a, b);
      case 38 /* & */:
        return integer.and(a, b);
      case 124 /* | */:
        return integer.or(a, b);
      case 94 /* ^ */:
        return integer.xor(a, b);
      case T.LogicalAnd:
        return a !== 0 && b !== 0 ? 1 : 0;
      case T.LogicalOr:
        return a !== 0 || b !== 0 ? 1 : 0;
      case T.LogicalXor:
        return (a !== 0) !== (b !== 0) ? 1 : 0;
    }
    return this.error('expression syntax error', e);
  }

  private readonly summed = (): void => {
    this.hint.kind = 'summed';
  };

  private product(e: Expression, a: Result, b: Result): Result | undefined {
    if (isScalar(a)) return this.multiplied(b, a);
    if (isScalar(b)) return this.multiplied(a, b);
    if (isJustUnknown(a) && isJustUnknown(b)) return unknownResult;
    return this.error('unable to multiply two non-scalar objects', e);
  }

  private multiplied(a: Result, factor: Integer): Result {
    if (
      typeof a === 'object' &&
      this.hint.kind === 'base' &&
      a.terms.some((term) => term.base === this.hint.register)
    ) {
      this.hint.kind = 'notBase';
    }
    return scale(a, factor);
  }

  private compare(e: Expression, a: Result, b: Result): Result | undefined {
    const difference = addResults(a, b, -1, this.summed);
    if (typeof difference === 'object') {
      if (difference.unknown) return unknownResult;
      if (e.op === T.Equal) return 0;
      if (e.op === T.NotEqual) return 1;
      return this.error(
        `\`${e.op === 60 ? '<' : e.op === 62 ? '>' : e.op === T.LessEqual ? '<=' : e.op === T.GreaterEqual ? '>=' : '<=>'}': operands differ by a non-scalar`,
        e,
      );
    }
    switch (e.op) {
      case T.Equal:
        return difference === 0 ? 1 : 0;
      case T.NotEqual:
        return difference !== 0 ? 1 : 0;
      case 60:
        return difference < 0 ? 1 : 0;
      case 62:
        return difference > 0 ? 1 : 0;
      case T.LessEqual:
        return difference <= 0 ? 1 : 0;
      case T.GreaterEqual:
        return difference >= 0 ? 1 : 0;
      default:
        // NASM takes -1 for "not known" here, so `<=>` never gives it (tested against 2.16).
        return difference < 0 ? unknownResult : difference > 0 ? 1 : 0;
    }
  }
}

function isBinary(e: Expression): boolean {
  return e.op !== Op.Conditional && e.op !== Op.Wrt;
}

function lastToken(e: Expression): Token {
  // An operator's right side ends last; only a chain of signs or brackets goes deeper, and those are limited.
  const right = e.c ?? e.b ?? e.a;
  const last = right ? lastToken(right) : e.token;
  return last.line === e.token.line && last.end > e.token.end ? last : e.token;
}
