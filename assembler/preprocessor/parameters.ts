import { type Diagnostics, TokenRange } from '../diagnostics';
import type { Lexer } from '../source/lexer';
import { T, Token } from '../source/token';
import type { MacroCall } from './multi-line-macro';
import { afterParameters, paste } from './paste';

/** Condition codes and their opposites; undefined where there is none (JCXZ and its relatives). */
const conditions = new Map<string, string | undefined>();
for (const pair of 'a na,ae nae,b nb,be nbe,c nc,e ne,g ng,ge nge,l nl,le nle,o no,p np,s ns,z nz,pe po'.split(',')) {
  const [one, other] = pair.split(' ') as [string, string];
  conditions.set(one, other);
  conditions.set(other, one);
}
for (const code of ['cxz', 'ecxz', 'rcxz']) conditions.set(code, undefined);

/** What putting in arguments needs of the preprocessor. */
export interface ParameterHost {
  readonly lexer: Lexer;
  readonly diagnostics: Diagnostics;
  /** The innermost macro call; undefined outside. */
  readonly call: MacroCall | undefined;
  expandLine(tokens: readonly Token[]): readonly Token[];
}

/** True where {@link expandParameters} has something to do. */
export function hasParameters(tokens: readonly Token[]): boolean {
  for (let i = 0; i < tokens.length; i++) {
    const { type } = tokens[i]!;
    if (
      type === T.MacroParameter ||
      type === T.MacroLabel ||
      type === T.Indirect ||
      type === T.MacroName ||
      type === T.MacroNameDefined
    )
      return true;
  }
  return false;
}

/** Puts in what `%1 %0 %%label %? %[...]` and their relatives stand for. */
export function expandParameters(tokens: readonly Token[], host: ParameterHost): readonly Token[] {
  const { call, lexer, diagnostics } = host;
  const out: Token[] = [];
  let space = false;
  const put = (token: Token, before: boolean): void => {
    out.push(token.withSpace(before || space));
    space = false;
  };
  const putAll = (list: readonly Token[], at: Token): void => {
    if (list.length === 0) space ||= at.space;
    for (let i = 0; i < list.length; i++) put(list[i]!, list[i]!.space || (i === 0 && at.space));
  };
  let changed = false;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    const { type } = token;
    if (type === T.Indirect) {
      changed = true;
      putAll(host.expandLine(expandParameters(lexer.pasted(token.text, token), host)), token);
    } else if (type === T.MacroLabel || type === T.MacroParameter) {
      changed = true;
      if (!call) diagnostics.error(`\`${token.text}': not in a macro call`, new TokenRange(token, token));
      else if (type === T.MacroLabel)
        put(lexer.word(`..@${call.unique}.${token.text.slice(2)}`, token, false), token.space);
      else putAll(argument(token, call, lexer, diagnostics), token);
    } else if (call && (type === T.MacroName || type === T.MacroNameDefined)) {
      changed = true;
      const name = type === T.MacroName ? call.calledAs : call.macro.name;
      put(lexer.word(name, token, false), token.space);
    } else put(token, token.space);
  }
  if (!changed) return tokens;
  return paste(out, afterParameters, false, lexer, () => {});
}

function argument(token: Token, call: MacroCall, lexer: Lexer, diagnostics: Diagnostics): readonly Token[] {
  const text = token.text.slice(1);
  const range = new TokenRange(token, token);
  if (text.includes(':')) {
    const list = argumentRange(text, call, token);
    if (!list) diagnostics.error(`\`%{${text}}': macro parameters out of range`, range);
    return list ?? [];
  }
  const sign = text[0] === '+' || text[0] === '-' ? text[0] : '';
  const digits = text.slice(sign.length);
  if (!/^[0-9]+$/.test(digits)) {
    diagnostics.error(`invalid macro parameter: \`${token.text}'`, range);
    return [];
  }
  if (!sign) {
    if (digits === '0')
      return [
        new Token(
          T.Number,
          String(call.count),
          false,
          token.line,
          token.column,
          token.end,
          undefined,
          token.expansion,
          0,
        ),
      ];
    if (digits === '00') return call.args[0] ?? [];
    return call.argument(Number(digits)) ?? [];
  }
  const arg = call.argument(Number(digits));
  const code = arg?.length === 1 && arg[0]!.type === T.Identifier ? arg[0]!.text.toLowerCase() : '';
  if (!conditions.has(code)) {
    diagnostics.error(`macro parameter \`${token.text}' is not a condition code`, range);
    return [];
  }
  if (sign === '+') return [lexer.word(code, token, false)];
  const inverse = conditions.get(code);
  if (inverse === undefined) {
    diagnostics.error(`condition code \`${code}' is not invertible`, range);
    return [];
  }
  return [lexer.word(inverse, token, false)];
}

/** `%{1:3}`, `%{-1:1}`: several arguments with commas between, backwards where the first number is the higher. */
function argumentRange(text: string, call: MacroCall, at: Token): readonly Token[] | undefined {
  const match = /^([+-]?\d+):([+-]?\d+)$/.exec(text);
  const count = call.count;
  if (!match) return undefined;
  const place = (digits: string): number => {
    const n = Number(digits);
    return n === 0 || Math.abs(n) > count ? 0 : n < 0 ? n + count + 1 : n;
  };
  const first = place(match[1]!);
  const last = place(match[2]!);
  if (!first || !last) return undefined;
  const out: Token[] = [];
  for (let n = first; ; n += first < last ? 1 : -1) {
    if (n !== first) out.push(new Token(44, ',', false, at.line, at.column, at.end, undefined, at.expansion, 0));
    const argument = call.argument(n)!;
    if (argument.length) out.push(argument[0]!.withSpace(false), ...argument.slice(1));
    if (n === last) return out;
  }
}
