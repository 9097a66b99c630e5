import { TokenRange } from '../diagnostics';
import type { Evaluator } from '../expression/evaluate';
import { type FloatFormat, floatBytes } from '../expression/float';
import { isScalar } from '../expression/linear';
import { type ExpressionParser, isFloatToken } from '../expression/parse';
import { transformString } from '../expression/string-functions';
import type { DataElement } from '../program/item';
import { KeywordKind } from '../source/keywords';
import { isClosed, unquote } from '../source/quoted';
import { T, Token } from '../source/token';

const floatFormats: Readonly<Record<number, FloatFormat>> = { 1: '8', 2: '16', 4: '32', 8: '64', 10: '80', 16: '128' };

/** Reads the operands of DB and its relatives, INCBIN's too. */
export class DataParser {
  constructor(
    private readonly parser: ExpressionParser,
    private readonly evaluator: Evaluator,
  ) {}

  /** Elements from the parser's position to the end of the line; undefined where one makes no sense. */
  elements(size: number): DataElement[] | undefined {
    const list = this.list(size);
    if (!list) return undefined;
    if (this.parser.peek() !== T.End) return this.parser.error('comma expected after operand');
    return list;
  }

  private list(size: number): DataElement[] | undefined {
    const { parser } = this;
    const list: DataElement[] = [];
    for (;;) {
      const next = parser.peek();
      if (next === T.End || next === 41 /* ) */) return list;
      const element = this.element(size);
      if (!element) return undefined;
      if (element !== 'nothing') addElement(list, element);
      let after = parser.peek();
      if (after !== T.End && after !== 41 && after !== 44 && this.oneTooMany(element)) after = parser.peek();
      if (after === T.End || after === 41) return list;
      if (after !== 44 /* , */) return parser.error('comma expected after operand');
      parser.position++;
    }
  }

  /**
   * `db 1 2`: NASM leaves out, without a word, what stands behind a number or string where DUP could. So do we, with a warning;
   * false where it refuses.
   */
  private oneTooMany(element: DataElement | 'nothing'): boolean {
    const { parser } = this;
    const { tokens, position } = parser;
    if (element === 'nothing' || !this.simpleElement) return false;
    const next = tokens[position + 1]?.type ?? T.End;
    // Behind two strings it leaves out more.
    if (next !== T.End && (next !== 44 || element.kind !== 'number')) return false;
    const extra = tokens[position]!;
    parser.names.diagnostics.warning(
      'other',
      `comma expected after operand: \`${extra.text}' is ignored, as by nasm`,
      new TokenRange(extra, extra),
    );
    parser.position++;
    return true;
  }

  /** The element read last is a number or a string, with nothing about it. */
  private simpleElement = false;

  private make(kind: DataElement['kind'], size: number, first: Token): DataElement {
    return {
      kind,
      size,
      count: 1,
      countExpression: undefined,
      expression: undefined,
      bytes: undefined,
      elements: undefined,
      first,
    };
  }

  private element(outerSize: number): DataElement | 'nothing' | undefined {
    const { parser } = this;
    let size = outerSize;
    let groupAllowed = false;
    this.simpleElement = false;
    let count = 1;
    let countExpression: DataElement['countExpression'];
    for (;;) {
      const token = parser.tokens[parser.position];
      if (!token) return parser.error('expression syntax error');
      const keyword = token.value === 0 ? token.identifier?.keyword : undefined;
      if (keyword?.kind === KeywordKind.Question) {
        parser.position++;
        return this.counted(this.make('reserve', size, token), count, countExpression);
      }
      if (groupAllowed && token.type === 40 /* ( */) {
        parser.position++;
        const elements = this.list(size);
        if (!elements) return undefined;
        if (parser.peek() !== 41) return parser.error("expected `)' after subexpression, got `end of line'");
        parser.position++;
        if (elements.length === 0) return 'nothing';
        const only = elements.length === 1 && !countExpression ? elements[0] : undefined;
        if (only) {
          only.count *= count;
          return only;
        }
        const group = this.make('group', size, token);
        group.elements = elements;
        return this.counted(group, count, countExpression);
      }
      if (token.type === 37 /* % */) {
        parser.position++;
        groupAllowed = true;
        continue;
      }
      if (keyword?.kind === KeywordKind.Size) {
        parser.position++;
        size = keyword.value / 8;
        groupAllowed = true;
        continue;
      }
      const simple = this.simple(token, size);
      if (simple === undefined) return undefined;
      if (simple === 'nothing') return simple;
      if (parser.peekKeyword() !== KeywordKind.Dup) {
        this.simpleElement = !groupAllowed;
        return this.counted(simple, count, countExpression);
      }
      // What was read is how often the next comes.
      parser.position++;
      const expression = simple.expression;
      if (!expression) return parser.error('non-constant argument supplied to DUP', parser.position - 2);
      groupAllowed = true;
      if (expression.fixed) {
        const value = this.evaluator.evaluate(expression);
        if (value === undefined) return undefined;
        if (!isScalar(value)) return parser.error('non-constant argument supplied to DUP', parser.position - 2);
        if (value < 0) return parser.error('negative argument supplied to DUP', parser.position - 2);
        count *= Number(value);
      } else countExpression = expression;
    }
  }

  private counted(element: DataElement, count: number, countExpression: DataElement['countExpression']): DataElement {
    element.count = count;
    element.countExpression = countExpression;
    return element;
  }

  /** A number, string or float. */
  private simple(token: Token, size: number): DataElement | 'nothing' | undefined {
    const { parser } = this;
    if (token.type === T.String && isClosed(token.text) && this.endsAfter(parser.position + 1)) {
      parser.position++;
      const element = this.make('bytes', size, token);
      element.bytes = unquote(token.text);
      return element;
    }
    const keyword = token.value === 0 ? token.identifier?.keyword : undefined;
    if (keyword?.kind === KeywordKind.StringFunction) return this.stringFunction(token, keyword.name, size);
    const sign = token.type === 45 || token.type === 43;
    const at = parser.position + (sign ? 1 : 0);
    const number = floatAt(parser.tokens, at);
    if (number) return this.float(token, number.token, size, at + number.count);
    const expression = parser.parse();
    if (!expression) return undefined;
    const element = this.make('number', size, token);
    element.expression = expression;
    return element;
  }

  private endsAfter(position: number): boolean {
    const token = this.parser.tokens[position];
    return !token || token.type === 44 || token.type === 41;
  }

  private stringFunction(token: Token, name: string, size: number): DataElement | 'nothing' | undefined {
    const { parser } = this;
    parser.position++;
    const parenthesis = parser.peek() === 40;
    if (parenthesis) parser.position++;
    const string = parser.tokens[parser.position];
    if (string?.type !== T.String) return parser.error(`${name} must be followed by a string constant`);
    parser.position++;
    const element = this.make('bytes', size, token);
    element.bytes = transformString(unquote(string.text), name);
    if (parenthesis) {
      if (parser.peek() !== 41) return parser.error(`unterminated ${name} function`);
      parser.position++;
    }
    if (element.bytes) return element;
    parser.error(`invalid input string to ${name}`, parser.position - 1);
    return 'nothing';
  }

  private float(first: Token, number: Token, size: number, next: number): DataElement | 'nothing' {
    const { parser } = this;
    const format = floatFormats[size];
    parser.position = next;
    if (!format) {
      parser.error(`no ${size * 8}-bit floating-point format supported`, parser.position - 1);
      return 'nothing';
    }
    const bytes = floatBytes(number, first.type === 45, format, parser.names);
    if (!bytes) return 'nothing';
    const element = this.make('bytes', size, first);
    element.bytes = bytes;
    return element;
  }
}

/** Neighbouring `?` of one size are reserved together. */
function addElement(list: DataElement[], element: DataElement): void {
  const last = list[list.length - 1];
  const together =
    element.kind === 'reserve' &&
    last?.kind === 'reserve' &&
    last.size === element.size &&
    !last.countExpression &&
    !element.countExpression;
  if (together) last.count += element.count;
  else list.push(element);
}

/** A float at a position, and the tokens it takes: `1.` and `1.e3` are a number and a name to the preprocessor. */
function floatAt(tokens: readonly Token[], at: number): { token: Token; count: number } | undefined {
  const token = tokens[at];
  if (!token) return undefined;
  if (isFloatToken(token)) return { token, count: 1 };
  const dot = tokens[at + 1];
  if (token.type !== T.Number || dot?.type !== T.Identifier || dot.space || dot.text[0] !== '.') return undefined;
  const { line, column, expansion } = token;
  const joined = new Token(T.Float, token.text + dot.text, token.space, line, column, dot.end, undefined, expansion, 0);
  return { token: joined, count: 2 };
}

/** The range of an element for messages. */
export function elementRange(element: DataElement): TokenRange {
  return new TokenRange(element.first, element.expression ? lastOf(element) : element.first);
}

function lastOf(element: DataElement): Token {
  let e = element.expression!;
  for (let right = e.c ?? e.b ?? e.a; right; right = e.c ?? e.b ?? e.a) e = right;
  return e.token;
}
