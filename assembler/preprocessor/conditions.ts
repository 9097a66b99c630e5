import { TokenRange } from '../diagnostics';
import { isScalar } from '../expression/linear';
import { Limits } from '../limits';
import { unquote } from '../source/quoted';
import { T, type Token } from '../source/token';
import { packageNamed } from './packages';
import { expandParameters } from './parameters';
import type { Preprocessor } from './preprocessor';
import { findMacro, globalScope } from './single-line-macro';

/** Where a `%if` construct stands. */
export const Condition = {
  /** In the branch that holds. */
  True: 0,
  /** No branch held yet. */
  False: 1,
  ElseTrue: 2,
  ElseFalse: 3,
  /** A branch held already. */
  Done: 4,
  /** Inside what is skipped, or its condition made no sense. */
  Never: 5,

  emits(state: number): boolean {
    return state === Condition.True || state === Condition.ElseTrue;
  },
} as const;

export type Directive = (pp: Preprocessor, tokens: readonly Token[]) => void;

/** Whether a condition holds; undefined where it makes no sense, which has been said then. */
type Test = (pp: Preprocessor, tokens: readonly Token[], name: string) => boolean | undefined;

/** Tests by the name of their directive without `%if` and `n`. */
export const conditionTests: Readonly<Record<string, Test>> = {
  '': testExpression,
  ctx: testContext,
  def: (pp, tokens, name) => testDefined(pp, tokens, name, false),
  defalias: (pp, tokens, name) => testDefined(pp, tokens, name, true),
  empty: (pp, tokens) => pp.expander.expand(tokens.slice(1)).length === 0,
  env: testEnvironment,
  id: (pp, tokens) => pp.expander.expand(tokens.slice(1))[0]?.type === T.Identifier,
  idn: (pp, tokens, name) => testIdentical(pp, tokens, name, true),
  idni: (pp, tokens, name) => testIdentical(pp, tokens, name, false),
  macro: testMacro,
  num: testNumber,
  str: (pp, tokens) => pp.expander.expand(tokens.slice(1))[0]?.type === T.String,
  token: (pp, tokens) => pp.expander.expand(tokens.slice(1)).length === 1,
  usable: (pp, tokens, name) => {
    const used = packageArgument(pp, tokens, name);
    return used === undefined ? undefined : packageNamed(used) !== undefined;
  },
  using: (pp, tokens, name) => {
    const used = packageArgument(pp, tokens, name);
    return used === undefined ? undefined : pp.packages.has(used.toLowerCase());
  },
};

const table = new Map<string, Directive>([
  ['%else', otherwise],
  ['%endif', end],
]);
for (const [kind, test] of Object.entries(conditionTests)) {
  for (const negative of [false, true]) {
    const suffix = `${negative ? 'n' : ''}${kind}`;
    table.set(`%if${suffix}`, (pp, tokens) => begin(pp, tokens, test, negative));
    table.set(`%elif${suffix}`, (pp, tokens) => alternative(pp, tokens, test, negative));
  }
}

/** The handler of a directive that belongs to a conditional; `name` in lower case with its `%`. */
export function conditionDirective(name: string): Directive | undefined {
  const c = name.charCodeAt(1);
  return c === 105 || c === 101 ? table.get(name) : undefined;
}

/** `%if` and all its relatives. */
export function conditionNames(): Iterable<string> {
  return table.keys();
}

function holds(pp: Preprocessor, tokens: readonly Token[], test: Test, negative: boolean): number {
  const result = test(pp, tokens, tokens[0]!.text);
  return result === undefined ? Condition.Never : result !== negative ? Condition.True : Condition.False;
}

function begin(pp: Preprocessor, tokens: readonly Token[], test: Test, negative: boolean): void {
  const { conditions } = pp.input;
  if (conditions.length >= Limits.nesting) pp.fatal('too many nested conditionals', tokens[0]);
  pp.input.conditionTokens.length = conditions.length;
  pp.input.conditionTokens.push(tokens[0]!);
  conditions.push(pp.emitting ? holds(pp, tokens, test, negative) : Condition.Never);
}

function unmatched(pp: Preprocessor, tokens: readonly Token[]): boolean {
  if (pp.input.conditions.length) return false;
  const token = tokens[0]!;
  pp.diagnostics.error(`\`${token.text}': no matching \`%if'`, new TokenRange(token, token));
  return true;
}

function alternative(pp: Preprocessor, tokens: readonly Token[], test: Test, negative: boolean): void {
  if (unmatched(pp, tokens)) return;
  const { conditions } = pp.input;
  const top = conditions.length - 1;
  switch (conditions[top]) {
    case Condition.True:
      conditions[top] = Condition.Done;
      break;
    case Condition.ElseTrue:
    case Condition.ElseFalse:
      pp.diagnostics.warning(
        'pp-else-elif',
        "`%elif' after `%else', ignoring content",
        new TokenRange(tokens[0]!, tokens[0]!),
      );
      conditions[top] = Condition.Never;
      break;
    case Condition.False: {
      // What stands in a skipped branch has not had its macro parameters put in.
      const line = [tokens[0]!, ...expandParameters(tokens.slice(1), pp.parameterHost)];
      // Messages and macros of the condition belong to the emitting state.
      conditions[top] = Condition.True;
      conditions[top] = holds(pp, line, test, negative);
      break;
    }
  }
}

function otherwise(pp: Preprocessor, tokens: readonly Token[]): void {
  if (unmatched(pp, tokens)) return;
  const { conditions } = pp.input;
  const top = conditions.length - 1;
  if (tokens.length > 1 && conditions[top] !== Condition.Never) pp.trailing(tokens, 1, "`%else'");
  switch (conditions[top]) {
    case Condition.True:
    case Condition.Done:
      conditions[top] = Condition.ElseFalse;
      break;
    case Condition.False:
      conditions[top] = Condition.ElseTrue;
      break;
    case Condition.ElseTrue:
    case Condition.ElseFalse:
      pp.diagnostics.warning(
        'pp-else-else',
        "`%else' after `%else', ignoring content",
        new TokenRange(tokens[0]!, tokens[0]!),
      );
      conditions[top] = Condition.Never;
      break;
  }
}

function end(pp: Preprocessor, tokens: readonly Token[]): void {
  if (unmatched(pp, tokens)) return;
  const state = pp.input.conditions.pop();
  pp.input.conditionTokens.length = pp.input.conditions.length;
  if (tokens.length > 1 && state !== Condition.Never) pp.trailing(tokens, 1, "`%endif'");
}

function testExpression(pp: Preprocessor, tokens: readonly Token[], name: string): boolean | undefined {
  const line = pp.expander.expand(tokens.slice(1));
  if (line.length === 0) {
    pp.diagnostics.error('expression syntax error', new TokenRange(tokens[0]!, tokens[0]!));
    return undefined;
  }
  const evaluated = pp.evaluate(line, 0);
  if (!evaluated) return undefined;
  if (evaluated.next < line.length) pp.trailing(line, evaluated.next, 'expression');
  if (isScalar(evaluated.result)) return evaluated.result !== 0;
  pp.diagnostics.error(
    `non-constant value given to \`${name.toLowerCase()}'`,
    new TokenRange(line[0]!, line[line.length - 1]!),
  );
  return undefined;
}

function expects(pp: Preprocessor, tokens: readonly Token[], at: number, name: string, what: string): undefined {
  const token = tokens[Math.min(at, tokens.length - 1)]!;
  pp.diagnostics.error(`\`${name}' expects ${what}`, new TokenRange(token, token));
  return undefined;
}

function testContext(pp: Preprocessor, tokens: readonly Token[], name: string): boolean | undefined {
  const current = pp.contexts?.name?.toLowerCase();
  let found = false;
  for (let i = 1; i < tokens.length; i++) {
    if (tokens[i]!.type !== T.Identifier) return expects(pp, tokens, i, name, 'context identifiers');
    if (current !== undefined && tokens[i]!.text.toLowerCase() === current) found = true;
  }
  return found;
}

function testDefined(pp: Preprocessor, tokens: readonly Token[], name: string, alias: boolean): boolean | undefined {
  for (let i = 1; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (token.type !== T.Identifier && token.type !== T.ContextLocal)
      return expects(pp, tokens, i, name, 'macro identifiers');
    const local = token.type === T.ContextLocal ? pp.expander.contextOf(token) : undefined;
    if (token.type === T.ContextLocal && !local) continue;
    const scope = local?.scope ?? globalScope;
    const word = local?.name ?? token.text;
    const macro = findMacro(scope.first(pp.lexer.identifier(word)), word);
    if (!macro) continue;
    if (alias) {
      if (macro.alias) return true;
    } else if (!macro.alias || (!pp.aliasesOff && pp.expander.resolveAlias(macro, scope))) return true;
  }
  return false;
}

function testEnvironment(pp: Preprocessor, tokens: readonly Token[], name: string): boolean | undefined {
  const line = pp.expander.expand(tokens.slice(1));
  let found = false;
  for (let i = 0; i < line.length; i++) {
    const token = line[i]!;
    let word = token.text;
    if (token.type === T.Environment) word = word.slice(2);
    else if (token.type !== T.Identifier && token.type !== T.String)
      return expects(pp, line, i, name, 'environment variable names');
    if (/^['"`]/.test(word)) word = String.fromCharCode(...unquote(word));
    if (pp.host.environment.has(word)) found = true;
  }
  return found;
}

function testIdentical(
  pp: Preprocessor,
  tokens: readonly Token[],
  name: string,
  caseSensitive: boolean,
): boolean | undefined {
  const line = pp.expander.expand(tokens.slice(1));
  const comma = line.findIndex((token) => token.type === 44);
  if (comma < 0) return expects(pp, tokens, 1, name, 'two comma-separated arguments');
  const length = line.length - comma - 1;
  for (let i = 0; i < length && i < comma; i++) {
    const a = line[i]!;
    const b = line[comma + 1 + i]!;
    if (b.type === 44) {
      pp.diagnostics.error(`\`${name}': more than one comma on line`, new TokenRange(b, b));
      return undefined;
    }
    if (a.type !== b.type) return false;
    let x = a.text;
    let y = b.text;
    if (a.type === T.String) {
      x = String.fromCharCode(...unquote(x));
      y = String.fromCharCode(...unquote(y));
    }
    if (caseSensitive ? x !== y : x.toLowerCase() !== y.toLowerCase()) return false;
  }
  // NASM looks for a second comma only while it compares, and space before the first is still to be compared.
  if (length > comma && line[comma]!.space && line[comma + 1 + comma]!.type === 44) {
    const extra = line[comma + 1 + comma]!;
    pp.diagnostics.error(`\`${name}': more than one comma on line`, new TokenRange(extra, extra));
    return undefined;
  }
  // Space before the comma counts as something more on that side, in NASM's eyes.
  return length === comma && !line[comma]!.space;
}

function testNumber(pp: Preprocessor, tokens: readonly Token[]): boolean {
  const line = pp.expander.expand(tokens.slice(1));
  let i = 0;
  while (i < line.length && (line[i]!.type === 45 || line[i]!.type === 43)) i++;
  return line[i]?.type === T.Number;
}

function testMacro(pp: Preprocessor, tokens: readonly Token[], name: string): boolean | undefined {
  const line = pp.expandName(tokens, 1);
  const word = line[1];
  if (word?.type !== T.Identifier) return expects(pp, tokens, 1, name, 'a macro name');
  const spec = pp.readParameterCounts(line, 2, name, true);
  if (spec.next < line.length) pp.trailing(line, spec.next, name);
  for (let m = word.identifier!.folded.multiLine; m; m = m.next) {
    if (m.name === word.text && (m.minimum <= spec.maximum || spec.greedy) && (spec.minimum <= m.maximum || m.greedy))
      return true;
  }
  return false;
}

/** The package named in `%use`, `%ifusing` or `%ifusable`; undefined where none is, which has been said then. */
export function packageArgument(pp: Preprocessor, tokens: readonly Token[], name: string): string | undefined {
  const line = pp.expander.expand(tokens.slice(1));
  const token = line[0];
  if (!token) return expects(pp, tokens, 0, name, 'a package name, got end of line');
  if (token.type !== T.Identifier && token.type !== T.String)
    return expects(pp, line, 0, name, `a package name, got \`${token.text}'`);
  if (line.length > 1) pp.trailing(line, 1, `\`${name}'`);
  return token.type === T.String ? String.fromCharCode(...unquote(token.text)) : token.text;
}
