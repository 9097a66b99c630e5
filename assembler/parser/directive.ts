import type { ExpressionParser } from '../expression/parse';
import type { Statement } from '../program/item';
import { nearest } from '../program/suggest';
import { T, type Token, textOf } from '../source/token';

/** Reads `[directive value]`. */
export type DirectiveHandler = (value: DirectiveValue) => void;

/** What stands between a directive's name and its bracket. */
export interface DirectiveValue {
  name: Token;
  tokens: readonly Token[];
  text: string;
  parser: ExpressionParser;
  /** Makes an item for the passes. */
  item(kind: number): Statement;
}

/** Lines in square brackets: what the user-level directives come to. */
export class DirectiveParser {
  readonly handlers = new Map<string, DirectiveHandler>();

  constructor(
    private readonly parser: ExpressionParser,
    private readonly item: (kind: number, first: Token, last: Token) => Statement,
  ) {}

  parse(tokens: readonly Token[]): void {
    const { parser } = this;
    const close = tokens.findIndex((token) => token.type === 93 /* ] */);
    const name = tokens[1];
    if (close < 0 || !name || close < 2) {
      parser.error('invalid directive line', 0);
      return;
    }
    const handler = name.type === T.Identifier ? this.handlers.get(name.text.toLowerCase()) : undefined;
    if (!handler) {
      parser.error(`unrecognized directive [${name.text}]`, 1, nearest(name.text.toLowerCase(), this.handlers.keys()));
      return;
    }
    const value = tokens.slice(2, close);
    parser.start(value, 0);
    handler({
      name,
      tokens: value,
      text: textOf(value),
      parser,
      item: (kind) => this.item(kind, name, tokens[close]!),
    });
  }
}
