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
  for (const rule of rules) {
    if (!(rule.head & bit(token.type))) continue;
    const next = tokens[i + 1];
    if (!next || next.space) continue;
    if (bit(next.type) & rule.tail) return true;
    if (rule.operators && (next.type === T.Here || next.type === T.SectionStart)) return true;
  }
  return false;
}
