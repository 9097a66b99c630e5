import { TokenRange } from '../diagnostics';
import { isScalar } from '../expression/linear';
import { quote, unquote } from '../source/quoted';
import { T, type Token, textOf } from '../source/token';
import { encodeUtf8 } from '../source/utf8';
import type { Directive } from './conditions';
import { both, defineMacro, macroName } from './define-directives';
import { numberToken, stringToken } from './expander';
import type { Preprocessor } from './preprocessor';

type StringDirective = (
  pp: Preprocessor,
  name: Token,
  args: readonly Token[],
  tokens: readonly Token[],
) => Token[] | undefined;

/** Directives that define a macro as something made of strings. */
export const stringDirectives: [string, Directive][] = [
  ...defining('defstr', (_pp, name, args) => [stringToken(encodeUtf8(textOf(args)), name)]),
  ...defining('deftok', defineTokens),
  ...defining('strlen', (pp, name, args, tokens) => {
    const string = stringArgument(pp, args, tokens);
    return string && [numberToken(unquote(string.text).length, name)];
  }),
  ...defining('strcat', concatenate),
  ...defining('substr', substring),
  ...defining('pathsearch', (pp, name, args, tokens) => {
    const file = fileArgument(pp, args, tokens);
    if (file === undefined) return undefined;
    const found = pp.reader.resolve(file, pp.line.file, pp.host.includePaths);
    return [stringToken(encodeUtf8(found ?? file), name)];
  }),
];

function defining(name: string, make: StringDirective): [string, Directive][] {
  return both(name, (pp, tokens, caseSensitive) => {
    const line = macroName(pp, tokens);
    if (!line) return;
    const body = make(pp, line[1]!, pp.expander.expand(line.slice(2)), tokens);
    if (body) defineMacro(pp, line[1]!, { body, caseSensitive });
  });
}

function stringArgument(pp: Preprocessor, args: readonly Token[], tokens: readonly Token[]): Token | undefined {
  if (args[0]?.type === T.String) return args[0];
  const at = args[0] ?? tokens[tokens.length - 1]!;
  pp.diagnostics.error(`\`${tokens[0]!.text}' requires string as second parameter`, new TokenRange(at, at));
  return undefined;
}

/** A file name in quotes; says so where it is none. */
export function fileArgument(pp: Preprocessor, args: readonly Token[], tokens: readonly Token[]): string | undefined {
  const name = args[0];
  if (name?.type !== T.String) {
    const at = name ?? tokens[tokens.length - 1]!;
    pp.diagnostics.error(`\`${tokens[0]!.text}' expects a file name`, new TokenRange(at, at));
    return undefined;
  }
  if (args.length > 1) pp.trailing(args, 1, `\`${tokens[0]!.text}'`);
  const first = name.text[0]!;
  // Only backquotes have escapes; a name in other quotes is text as it stands.
  if (first !== '`')
    return name.text.length > 1 && name.text.endsWith(first) ? name.text.slice(1, -1) : name.text.slice(1);
  return String.fromCharCode(...unquote(name.text));
}

function defineTokens(
  pp: Preprocessor,
  _name: Token,
  args: readonly Token[],
  tokens: readonly Token[],
): Token[] | undefined {
  const string = stringArgument(pp, args, tokens);
  if (!string) return undefined;
  const text = string.text.startsWith('`') ? String.fromCharCode(...unquote(string.text)) : string.text.slice(1, -1);
  const made = pp.lexer.pasted(text, string);
  if (made.length) made[0] = made[0]!.withSpace(false);
  return made;
}

function concatenate(
  pp: Preprocessor,
  name: Token,
  args: readonly Token[],
  tokens: readonly Token[],
): Token[] | undefined {
  const bytes: number[] = [];
  for (const token of args) {
    if (token.type === T.String) bytes.push(...unquote(token.text));
    else if (token.type !== 44) {
      pp.diagnostics.error(`non-string passed to \`${tokens[0]!.text}': ${token.text}`, new TokenRange(token, token));
      return undefined;
    }
  }
  return [stringToken(bytes, name)];
}

function substring(
  pp: Preprocessor,
  name: Token,
  args: readonly Token[],
  tokens: readonly Token[],
): Token[] | undefined {
  const string = args[0];
  if (string?.type !== T.String) {
    const at = string ?? tokens[tokens.length - 1]!;
    pp.diagnostics.error(`\`${tokens[0]!.text}' requires a string as parameter`, new TokenRange(at, at));
    return undefined;
  }
  let at = args[1]?.type === 44 ? 2 : 1;
  if (at >= args.length) {
    pp.diagnostics.error(`\`${tokens[0]!.text}' requires a starting index`, new TokenRange(string, string));
    return undefined;
  }
  const numbers: number[] = [];
  while (numbers.length < 2 && (at < args.length || numbers.length === 0)) {
    const evaluated = pp.evaluate(args, at);
    if (!evaluated) return undefined;
    if (!isScalar(evaluated.result)) {
      pp.diagnostics.error(`non-constant value given to \`${tokens[0]!.text}'`, new TokenRange(args[at]!, args[at]!));
      return undefined;
    }
    numbers.push(Number(evaluated.result));
    at = evaluated.next;
    if (args[at]?.type === 44) at++;
  }
  return [stringToken(substringOf(unquote(string.text), numbers[0]!, numbers[1] ?? 1), name)];
}

/** `start` from 1; a negative `count` reaches to that many characters before the end. */
export function substringOf(bytes: readonly number[], start: number, count: number): number[] {
  const from = Math.max(start - 1, 0);
  const length = count < 0 ? bytes.length + count + 1 - from : count;
  if (length < 0 || from >= bytes.length) return [];
  return bytes.slice(from, from + length);
}

export function quotedText(text: string): string {
  return quote(encodeUtf8(text));
}
