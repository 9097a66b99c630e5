import { TokenRange } from '../diagnostics';
import { T, Token } from '../source/token';
import type { Directive } from './conditions';
import { numberToken } from './expander';
import type { Preprocessor } from './preprocessor';
import {
  filterMacros,
  findMacro,
  globalScope,
  type MacroParameter,
  type MacroScope,
  SingleLineMacro,
} from './single-line-macro';

/** `%define` and its relatives. */
export const defineDirectives: [string, Directive][] = [
  ...both('define', (pp, tokens, caseSensitive) => define(pp, tokens, caseSensitive, false)),
  ...both('xdefine', (pp, tokens, caseSensitive) => define(pp, tokens, caseSensitive, true)),
  ...both('assign', assign),
  ...both('defalias', defineAlias),
  ['%undef', (pp, tokens) => undefine(pp, tokens, false)],
  ['%undefalias', (pp, tokens) => undefine(pp, tokens, true)],
  ['%clear', clear],
  ['%aliases', aliases],
];

/** A directive and its case-insensitive form. */
export function both(
  name: string,
  run: (pp: Preprocessor, tokens: readonly Token[], caseSensitive: boolean) => void,
): [string, Directive][] {
  return [
    [`%${name}`, (pp, tokens) => run(pp, tokens, true)],
    [`%i${name}`, (pp, tokens) => run(pp, tokens, false)],
  ];
}

/** The line with the macro name at index 1 put together from its parts; undefined where there is none, which is said. */
export function macroName(pp: Preprocessor, tokens: readonly Token[]): readonly Token[] | undefined {
  const line = pp.expandName(tokens, 1);
  const name = line[1];
  if (name?.type === T.Identifier || name?.type === T.ContextLocal) return line;
  const at = name ?? tokens[0]!;
  pp.diagnostics.error(`\`${tokens[0]!.text}' expects a macro identifier`, new TokenRange(at, at));
  return undefined;
}

/** Where a name is kept and what it is called there. */
function place(pp: Preprocessor, name: Token): { scope: MacroScope; word: string } | undefined {
  if (name.type !== T.ContextLocal) return { scope: globalScope, word: name.value === 1 ? `$${name.text}` : name.text };
  const local = pp.expander.contextOf(name);
  return local && { scope: local.scope, word: local.name };
}

/** What a definition consists of, beside its name. */
export interface Definition {
  parameters?: readonly MacroParameter[];
  body: readonly Token[];
  caseSensitive: boolean;
  alias?: boolean;
  kind?: SingleLineMacro['kind'];
}

/** Defines a single-line macro, or redefines the one with the same name and number of parameters. */
export function defineMacro(pp: Preprocessor, name: Token, definition: Definition): void {
  const placed = place(pp, name);
  if (!placed) return;
  const parameters = definition.parameters ?? [];
  const { scope, word } = placed;
  const { caseSensitive } = definition;
  const identifier = pp.lexer.identifier(word);
  const first = scope.first(identifier);
  const known = findMacro(first, word);
  if (known?.alias && !definition.alias && !pp.aliasesOff) {
    defineThroughAlias(pp, known, definition);
    return;
  }
  const macro = new SingleLineMacro(
    word,
    caseSensitive,
    parameters,
    definition.body,
    definition.alias === true,
    undefined,
  );
  macro.definition = name;
  if (definition.kind) macro.kind = definition.kind;
  pp.noteMacro(macro, identifier);
  const least = leastArguments(macro);
  let previous: SingleLineMacro | undefined;
  for (let m = first; m; previous = m, m = m.next) {
    if (m.caseSensitive && caseSensitive ? m.name !== word : m.name.toLowerCase() !== word.toLowerCase()) continue;
    if (m.caseSensitive !== caseSensitive && m.name.toLowerCase() === word.toLowerCase()) {
      const [mine, its] = caseSensitive ? ['sensitive', 'insensitive'] : ['insensitive', 'sensitive'];
      warn(
        pp,
        name,
        'pp-macro-def-case-single',
        `case ${mine} definition of macro \`${word}' will shadow ${its} macro \`${m.name}'`,
      );
      continue;
    }
    if (leastArguments(m) === least && (m.parameters.length === 0) === (parameters.length === 0)) {
      // The new one takes the old one's place.
      macro.next = m.next;
      if (previous) previous.next = macro;
      else scope.replaceFirst(identifier, macro);
      return;
    }
    if ((m.parameters.length === 0) !== (parameters.length === 0))
      warn(pp, name, 'pp-macro-def-param-single', `macro \`${word}' defined both with and without parameters`);
    else if (m.greedy && least >= leastArguments(m))
      warn(pp, name, 'pp-macro-def-greedy-single', `defining macro \`${word}' shadows previous greedy definition`);
  }
  macro.next = scope.first(identifier);
  scope.replaceFirst(identifier, macro);
}

function leastArguments(macro: SingleLineMacro): number {
  return macro.parameters.length - (macro.greedy ? 1 : 0);
}

function warn(pp: Preprocessor, at: Token, code: string, message: string): void {
  pp.diagnostics.warning(code, message, new TokenRange(at, at));
}

function defineThroughAlias(pp: Preprocessor, alias: SingleLineMacro, definition: Definition): void {
  const target = alias.body[0]!;
  if (alias.inProgress) {
    pp.diagnostics.error('macro alias loop', new TokenRange(target, target));
    return;
  }
  alias.inProgress = true;
  defineMacro(pp, target, definition);
  alias.inProgress = false;
}

function define(pp: Preprocessor, tokens: readonly Token[], caseSensitive: boolean, expand: boolean): void {
  const line = macroName(pp, tokens);
  if (!line) return;
  const { parameters, next } = readTemplate(pp, line, 2);
  let body = markParameters(line.slice(next), parameters);
  if (body.length) body[0] = body[0]!.withSpace(false);
  if (expand) {
    body = pp.expander.expand(body).slice();
    if (body.length) body[0] = body[0]!.withSpace(false);
  }
  defineMacro(pp, line[1]!, { parameters, body, caseSensitive, kind: expand ? 'xdefine' : 'define' });
}

function markParameters(body: readonly Token[], parameters: readonly MacroParameter[]): Token[] {
  if (parameters.length === 0) return body.slice();
  return body.map((token) => {
    if (token.type !== T.Identifier || token.value === 1) return token;
    const index = parameters.findIndex((p) => p.name === token.text);
    if (index < 0) return token;
    return new Token(
      T.BodyParameter,
      token.text,
      token.space,
      token.line,
      token.column,
      token.end,
      token.identifier,
      token.expansion,
      index,
    );
  });
}

/** The parameters in parentheses directly behind a macro's name. */
function readTemplate(
  pp: Preprocessor,
  line: readonly Token[],
  from: number,
): { parameters: MacroParameter[]; next: number } {
  const parameters: MacroParameter[] = [];
  const open = line[from];
  if (open?.type !== 40 || open.space) return { parameters, next: from };
  const fresh = (): MacroParameter => ({ name: '', evaluate: false, string: false, verbatim: false, greedy: false });
  let one = fresh();
  let complained = false;
  let i = from + 1;
  for (; ; i++) {
    const token = line[i];
    if (!token) {
      const last = line[line.length - 1]!;
      pp.diagnostics.error("`)' expected to terminate macro template", new TokenRange(last, last));
      break;
    }
    if (token.type === T.Identifier && !one.name) one.name = token.text;
    else if (token.type === 61 /* = */) one.evaluate = true;
    else if (token.type === 38 /* & */) one.string = 'always';
    else if (token.type === T.LogicalAnd) one.string = 'unlessString';
    else if (token.type === 33 /* ! */) one.verbatim = true;
    else if (token.type === 43 /* + */) one.greedy = true;
    else if (token.type === 44 || token.type === 41) {
      if (token.type === 44 && one.greedy)
        pp.diagnostics.error('greedy parameter must be last', new TokenRange(token, token));
      parameters.push(one);
      one = fresh();
      if (token.type === 41) break;
    } else if (!complained) {
      complained = true;
      pp.diagnostics.error(`garbage \`${token.text}' in macro parameter list`, new TokenRange(token, token));
    }
  }
  return { parameters, next: Math.min(i + 1, line.length) };
}

function assign(pp: Preprocessor, tokens: readonly Token[], caseSensitive: boolean): void {
  const line = macroName(pp, tokens);
  if (!line) return;
  const expression = pp.expander.expand(line.slice(2));
  if (expression.length === 0) {
    pp.diagnostics.error('expression syntax error', new TokenRange(tokens[0]!, line[1]!));
    return;
  }
  const value = pp.number(expression, 0, tokens[0]!.text.toLowerCase());
  if (value === undefined) return;
  defineMacro(pp, line[1]!, { body: [numberToken(value, line[1]!)], caseSensitive, kind: 'assign' });
}

function defineAlias(pp: Preprocessor, tokens: readonly Token[], caseSensitive: boolean): void {
  const line = macroName(pp, tokens);
  if (!line) return;
  const target = line[2];
  if (target?.type !== T.Identifier && target?.type !== T.ContextLocal) {
    const at = target ?? line[1]!;
    pp.diagnostics.error(`\`${tokens[0]!.text}' expects a macro identifier to alias`, new TokenRange(at, at));
    return;
  }
  if (line.length > 3) pp.trailing(line, 3, 'aliasing identifier');
  defineMacro(pp, line[1]!, { body: [target.withSpace(false)], caseSensitive, alias: true });
}

function undefine(pp: Preprocessor, tokens: readonly Token[], alsoAliases: boolean): void {
  const line = macroName(pp, tokens);
  if (!line) return;
  if (line.length > 2) pp.trailing(line, 2, 'macro name');
  undefineMacro(pp, line[1]!, alsoAliases);
}

/** Removes all single-line macros of a name; an alias leads to what it names unless aliases are meant. */
export function undefineMacro(pp: Preprocessor, name: Token, alsoAliases: boolean): void {
  const placed = place(pp, name);
  if (!placed) return;
  const { scope, word } = placed;
  const identifier = pp.lexer.identifier(word);
  pp.noteChange(identifier);
  const matches = (m: SingleLineMacro): boolean => !m.caseSensitive || m.name === word;
  for (let m = scope.first(identifier); m; m = m.next) {
    if (!matches(m) || !m.alias || alsoAliases || pp.aliasesOff) continue;
    if (m.inProgress) {
      pp.diagnostics.error('macro alias loop', new TokenRange(name, name));
      continue;
    }
    m.inProgress = true;
    undefineMacro(pp, m.body[0]!, false);
    m.inProgress = false;
  }
  scope.replaceFirst(
    identifier,
    filterMacros(scope.first(identifier), (m) => !matches(m) || (m.alias && !alsoAliases)),
  );
}

/** `%clear [global|context] [define|defalias|alldefine|macro|all]...`. */
function clear(pp: Preprocessor, tokens: readonly Token[]): void {
  const line = pp.expander.expand(tokens.slice(1));
  const wipe = (context: boolean, aliases: boolean, others: boolean, multiLine: boolean): void => {
    if (context) {
      for (let c = pp.contexts; c; c = c.outer) c.clear(aliases, others);
      return;
    }
    for (const identifier of pp.identifiers.all()) {
      if (!identifier.folded.macro && !identifier.folded.multiLine) continue;
      pp.noteChange(identifier);
      const { folded } = identifier;
      folded.macro = filterMacros(folded.macro, (m) => !(m.alias ? aliases : others));
      if (multiLine) folded.multiLine = undefined;
    }
  };
  if (line.length === 0) wipe(false, false, true, true);
  let context = false;
  for (let i = 0; i < line.length; i++) {
    const token = line[i]!;
    switch (token.text.toLowerCase()) {
      case 'all':
        wipe(context, true, true, true);
        break;
      case 'define':
      case 'def':
      case 'smacro':
        wipe(context, false, true, false);
        break;
      case 'defalias':
      case 'alias':
      case 'salias':
        wipe(context, true, false, false);
        break;
      case 'alldef':
      case 'alldefine':
        wipe(context, true, true, false);
        break;
      case 'macro':
      case 'mmacro':
        if (!context) wipe(false, false, false, true);
        break;
      case 'context':
      case 'ctx':
        context = true;
        break;
      case 'global':
        context = false;
        break;
      case 'nothing':
      case 'none':
      case 'ignore':
        break;
      default:
        pp.diagnostics.error(`invalid option to ${tokens[0]!.text}: ${token.text}`, new TokenRange(token, token));
        return;
    }
  }
}

function aliases(pp: Preprocessor, tokens: readonly Token[]): void {
  pp.aliasesOff = !pp.booleanOption(pp.expander.expand(tokens.slice(1)), 0, !pp.aliasesOff);
}
