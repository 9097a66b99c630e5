import type { Lexer } from '../source/lexer';
import { T, type Token, textOf } from '../source/token';

const names = bit(T.Identifier) | bit(T.ContextLocal) | bit(T.Environment) | bit(T.Preprocessor);

function bit(type: number): number {
  return type < 32 ? 1 << type : 0;
}

/** Which tokens grow together where no space is between them. */
export interface PasteRule {
  head: number;
  tail: number;
  /** Operators may be in the tail. */
  operators: boolean;
}

/** After single-line expansion: words that an expansion put side by side. */
export const afterExpansion: readonly PasteRule[] = [{ head: names, tail: names | bit(T.Number), operators: false }];

/** After macro parameters were put in. */
export const afterParameters: readonly PasteRule[] = [
  {
    head: bit(T.Identifier) | bit(T.Float),
    tail: bit(T.Identifier) | bit(T.Number) | bit(T.Float),
    operators: true,
  },
  { head: bit(T.Number), tail: bit(T.Number), operators: false },
];

/**
 * Joins tokens: explicitly at `%+` where `explicit`, and where {@link PasteRule}s say so.
 * Gives the same array where nothing was joined.
 */
export function paste(
  tokens: readonly Token[],
  rules: readonly PasteRule[],
  explicit: boolean,
  lexer: Lexer,
  error: (message: string, at: Token) => void,
): readonly Token[] {
  let i = 0;
  while (i < tokens.length && !joinsAt(tokens, i, rules, explicit)) i++;
  if (i >= tokens.length) return tokens;
  const out: Token[] = tokens.slice(0, i);
  const rest = tokens.slice(i).reverse() as Token[];
  let changed = false;
  while (rest.length) {
    const token = rest.pop()!;
    if (explicit && token.type === T.Paste) {
      changed = true;
      const left = out.pop();
      if (!left) {
        error('No lvalue found on pasting', token);
        continue;
      }
      const right = rest.pop();
      // Nothing to the right: what is left of it goes too, as in NASM.
      if (!right) continue;
      push(rest, lexer.pasted(textOf([left]) + textOf([right]), left), left.space);
      continue;
    }
    const rule = rules.find((r) => r.head & bit(token.type));
    const parts = [token];
    if (rule) {
      for (let next = rest[rest.length - 1]; next && !next.space && inTail(rule, next); next = rest[rest.length - 1]) {
        parts.push(next);
        rest.pop();
      }
    }
    const joined = parts.length > 1 ? lexer.pasted(textOf(parts), token) : parts;
    // Words that stay as many side by side (`a%endmacro`) have not grown together, and would be tried again for ever.
    if (joined.length === parts.length) out.push(...parts);
    else {
      changed = true;
      out.push(joined[0]!.withSpace(token.space), ...joined.slice(1));
    }
  }
  return changed ? out : tokens;
}

function push(rest: Token[], tokens: readonly Token[], space: boolean): void {
  for (let k = tokens.length - 1; k >= 0; k--) rest.push(k ? tokens[k]! : tokens[k]!.withSpace(space));
}

function inTail(rule: PasteRule, token: Token): boolean {
  if (bit(token.type) & rule.tail) return true;
  return rule.operators && (token.type > 31 || token.type === T.Here || token.type === T.SectionStart);
}

/** Something may have to be joined at `i`; operators alone change nothing, so a tail needs a word in it. */
function joinsAt(tokens: readonly Token[], i: number, rules: readonly PasteRule[], explicit: boolean): boolean {
  const token = tokens[i]!;
  if (explicit && token.type === T.Paste) return true;
  // The token before a %+ is needed in the output list, so joining starts there too.
  const own = bit(token.type);
  for (let r = 0; r < rules.length; r++) {
    const rule = rules[r]!;
    if (!(rule.head & own)) continue;
    for (let k = i + 1; k < tokens.length && !tokens[k]!.space && inTail(rule, tokens[k]!); k++) {
      const { type } = tokens[k]!;
      if (bit(type) & rule.tail || type === T.Here || type === T.SectionStart) return true;
    }
  }
  return false;
}

const words = bit(T.Identifier) | bit(T.Number) | bit(T.Float);
const numbers = bit(T.Number) | bit(T.Float);

/** A number stands right before a word: in text, which is what NASM's parser reads, they are one. */
export function growsIntoNumber(token: Token, next: Token | undefined): boolean {
  return (bit(token.type) & numbers) !== 0 && next !== undefined && !next.space && (bit(next.type) & words) !== 0;
}

/** Reads numbers anew where {@link growsIntoNumber}: `1` and `e+5`, which a macro put side by side. */
export function rejoinNumbers(tokens: readonly Token[], lexer: Lexer): readonly Token[] {
  const out: Token[] = [];
  for (let i = 0; i < tokens.length; ) {
    const token = tokens[i]!;
    let end = i + 1;
    if (growsIntoNumber(token, tokens[end])) {
      const grows = (next: Token): boolean =>
        !next.space && ((bit(next.type) & words) !== 0 || next.type === 43 || next.type === 45);
      while (end < tokens.length && grows(tokens[end]!)) end++;
      const joined = lexer.pasted(textOf(tokens, i, end), token);
      out.push(joined[0]!.withSpace(token.space), ...joined.slice(1));
    } else out.push(token);
    i = end;
  }
  return out;
}
