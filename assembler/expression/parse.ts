import type { Diagnostics } from '../diagnostics';
import { TokenRange } from '../diagnostics';
import { Limits } from '../limits';
import type { ProgramSymbol } from '../program/symbol';
import { KeywordKind } from '../source/keywords';
import { isClosed, unquote } from '../source/quoted';
import { T, type Token } from '../source/token';
import { binary, constant, Expression, Op, unary } from './expression';
import { type FloatFormat, type FloatSettings, floatBytes } from './float';
import { wrap } from './integer';
import { readCharacters, readNumber } from './number';
import { transformString } from './string-functions';

/** What the names in an expression mean. */
export interface NameResolver {
  /** The symbol that a name means here (a local one belongs to the label before it). */
  reference(token: Token): ProgramSymbol;
  readonly floats: FloatSettings;
  readonly diagnostics: Diagnostics;
}

/** Binary operators: how tightly they bind; 0 is none. */
const precedence = new Uint8Array(300);
for (const [level, operators] of [
  [1, [T.LogicalOr]],
  [2, [T.LogicalXor]],
  [3, [T.LogicalAnd]],
  [4, [61, T.Equal, T.NotEqual, 60, 62, T.LessEqual, T.GreaterEqual, T.Compare]],
  [5, [124]],
  [6, [94]],
  [7, [38]],
  [8, [T.ShiftLeft, T.ShiftRight, T.ShiftRightArithmetic]],
  [9, [43, 45]],
  [10, [42, 47, 37, T.SignedDivide, T.SignedModulo]],
] as const)
  for (const operator of operators) precedence[operator] = level;

/** Words that mean something in braces, elsewhere. */
const decorators = /^(k[0-7]|z|1to(2|4|8|16|32)|r[nudz]|sae|vex[23]?|evex|rex)$/i;

/** Reads expressions from a line of tokens, moving {@link position}. Says what is wrong itself and then gives undefined. */
export class ExpressionParser {
  tokens: readonly Token[] = [];
  position = 0;
  private depth = 0;

  constructor(readonly names: NameResolver) {}

  start(tokens: readonly Token[], position: number): void {
    this.tokens = tokens;
    this.position = position;
    this.depth = 0;
  }

  /** Type of the next token, {@link T.End} at the end. */
  peek(): number {
    return this.position < this.tokens.length ? this.tokens[this.position]!.type : T.End;
  }

  /** Kind of keyword of the next token, 0 where it is none. */
  peekKeyword(): number {
    if (this.position >= this.tokens.length) return 0;
    return this.tokens[this.position]!.identifier?.keyword?.kind ?? 0;
  }

  /** A whole expression, `wrt` included. */
  parse(): Expression | undefined {
    const first = this.position;
    const e = this.conditional();
    if (!e || this.peekKeyword() !== KeywordKind.Wrt) return e;
    const token = this.tokens[first]!;
    this.position++;
    const base = this.primary();
    return base && binary(Op.Wrt, token, e, base);
  }

  error(message: string, at = this.position, suggestion?: string): undefined {
    const token = this.tokens[Math.min(at, this.tokens.length - 1)];
    this.names.diagnostics.error(message, token && new TokenRange(token, token), suggestion);
    return undefined;
  }

  private conditional(): Expression | undefined {
    const test = this.operators(1);
    if (!test || this.peekKeyword() !== KeywordKind.Question) return test;
    const token = this.tokens[this.position]!;
    this.position++;
    const yes = this.nested(() => this.conditional());
    if (!yes) return undefined;
    if (this.peek() !== 58 /* : */) return this.error("`?' without matching `:'");
    this.position++;
    const no = this.nested(() => this.conditional());
    if (!no) return undefined;
    const fixed = test.fixed && yes.fixed && no.fixed;
    return new Expression(Op.Conditional, token, test, yes, no, 0, undefined, undefined, fixed);
  }

  private nested(read: () => Expression | undefined): Expression | undefined {
    if (++this.depth > Limits.expressionDepth) return this.error('expression too long');
    const e = read();
    this.depth--;
    return e;
  }

  private operators(lowest: number): Expression | undefined {
    let left = this.primary();
    while (left) {
      const type = this.peek();
      const level = precedence[type]!;
      if (level < lowest || level === 0) return left;
      const token = this.tokens[this.position]!;
      this.position++;
      const right: Expression | undefined = this.operators(level + 1);
      if (!right) return undefined;
      left = binary(type === 61 ? T.Equal : type, token, left, right);
    }
    return undefined;
  }

  private primary(): Expression | undefined {
    const token = this.tokens[this.position];
    if (!token) return this.error('expression syntax error');
    switch (token.type) {
      case T.Number:
        this.position++;
        return this.number(token);
      case T.Identifier:
        return this.identifier(token);
      case T.Here:
        this.position++;
        return this.leaf(Op.Here, token);
      case T.SectionStart:
        this.position++;
        return this.leaf(Op.SectionStart, token);
      case T.String: {
        if (!isClosed(token.text)) return this.error('expression syntax error');
        this.position++;
        return this.characters(unquote(token.text), token, token);
      }
      case 40 /* ( */:
        {
          this.position++;
          const e = this.nested(() => this.conditional());
          if (!e) return undefined;
          if (this.peek() !== 41) return this.error("expecting `)'");
          this.position++;
          return e;
        }
      case 45 /* - */:
        return this.prefixed(Op.Negate, token);
      case 126 /* ~ */:
        return this.prefixed(Op.Not, token);
      case 33 /* ! */:
        return this.prefixed(Op.LogicalNot, token);
      case 43 /* + */:
        this.position++;
        return this.nested(() => this.primary());
      case 123 /* { */:
        {
          const word = this.tokens[this.position + 1];
          if (!word || decorators.test(word.text)) return this.error('expression syntax error');
          return this.error(`\`${word.text}' is not a valid decorator with braces`);
        }
      default:
        return this.error('expression syntax error');
    }
  }

  private prefixed(op: number, token: Token): Expression | undefined {
    this.position++;
    const a = this.nested(() => this.primary());
    return a && unary(op, token, a);
  }

  private leaf(op: number, token: Token): Expression {
    return new Expression(op, token, undefined, undefined, undefined, 0, undefined, undefined, false);
  }

  private number(token: Token): Expression | undefined {
    const { value, malformed, overflow } = readNumber(token.text);
    if (malformed) return this.error('expression syntax error', this.position - 1);
    if (overflow)
      this.names.diagnostics.warning(
        'number-overflow',
        `numeric constant ${token.text} does not fit in 64 bits`,
        new TokenRange(token, token),
      );
    return constant(value, token);
  }

  private characters(bytes: ArrayLike<number>, first: Token, last: Token): Expression {
    const { value, long } = readCharacters(bytes);
    if (long) this.names.diagnostics.warning('other', 'character constant too long', new TokenRange(first, last));
    return constant(value, first);
  }

  private identifier(token: Token): Expression | undefined {
    const keyword = token.identifier!.keyword;
    switch (keyword?.kind) {
      case undefined:
        if (token.text.toLowerCase() === 'ptr')
          this.names.diagnostics.warning('ptr', `\`${token.text}' is not a NASM keyword`, new TokenRange(token, token));
        return this.symbol(token);
      case KeywordKind.Instruction:
        return this.symbol(token);
      case KeywordKind.Register:
        this.position++;
        return new Expression(Op.Register, token, undefined, undefined, undefined, 0, undefined, keyword, true);
      case KeywordKind.Seg:
        return this.prefixed(Op.Seg, token);
      case KeywordKind.IntegerFunction: {
        this.position++;
        const a = this.nested(() => this.primary());
        return a && unary(Op.Function, token, a, keyword);
      }
      case KeywordKind.FloatFunction:
        return this.floatFunction(token, keyword!.name);
      case KeywordKind.StringFunction:
        return this.stringFunction(token, keyword!.name);
      default:
        return this.error('expression syntax error');
    }
  }

  private symbol(token: Token): Expression {
    this.position++;
    const symbol = this.names.reference(token);
    return new Expression(Op.Symbol, token, undefined, undefined, undefined, 0, symbol, undefined, false);
  }

  /** `__?float32?__(1.5)`: the bits of the number, or of the part that fits 64 bits. */
  private floatFunction(token: Token, name: string): Expression | undefined {
    this.position++;
    if (this.peek() !== 40) return this.error("expecting `('");
    this.position++;
    let negative = false;
    if (this.peek() === 45 || this.peek() === 43) {
      negative = this.peek() === 45;
      this.position++;
    }
    const number = this.tokens[this.position];
    if (!number || !isFloatToken(number)) return this.error('expecting floating-point number');
    const [format, from, to] = floatParts[name]!;
    const bytes = floatBytes(number, negative, format, this.names);
    if (!bytes) return undefined;
    this.position++;
    if (this.peek() !== 41) return this.error("expecting `)'");
    this.position++;
    let value = 0n;
    for (let i = to - 1; i >= from; i--) value = value * 256n + BigInt(bytes[i]!);
    return constant(wrap(value), token);
  }

  private stringFunction(token: Token, name: string): Expression | undefined {
    this.position++;
    const parenthesis = this.peek() === 40;
    if (parenthesis) this.position++;
    const string = this.tokens[this.position];
    if (string?.type !== T.String) return this.error('expecting string');
    const bytes = transformString(unquote(string.text), name);
    if (!bytes) return this.error('invalid string for transform');
    this.position++;
    if (parenthesis) {
      if (this.peek() !== 41) return this.error("expecting `)'");
      this.position++;
    }
    return this.characters(bytes, token, string);
  }
}

const floatParts: Readonly<Record<string, readonly [FloatFormat, number, number]>> = {
  '__?float8?__': ['8', 0, 1],
  '__?float16?__': ['16', 0, 2],
  '__?bfloat16?__': ['b16', 0, 2],
  '__?float32?__': ['32', 0, 4],
  '__?float64?__': ['64', 0, 8],
  '__?float80m?__': ['80', 0, 8],
  '__?float80e?__': ['80', 8, 10],
  '__?float128l?__': ['128', 0, 8],
  '__?float128h?__': ['128', 8, 16],
};

/** A float written with digits, or one of the names. */
export function isFloatToken(token: Token): boolean {
  return token.type === T.Float || token.identifier?.keyword?.kind === KeywordKind.FloatName;
}
