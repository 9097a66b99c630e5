import { type Diagnostics, TokenRange } from '../diagnostics';
import type { Integer } from '../expression/integer';
import { Limits } from '../limits';
import type { Lexer } from '../source/lexer';
import { quote } from '../source/quoted';
import { type Expansion, T, Token, textOf } from '../source/token';
import { encodeUtf8 } from '../source/utf8';
import { afterExpansion, paste } from './paste';
import { type Context, findMacro, globalScope, type MacroScope, type SingleLineMacro } from './single-line-macro';

/** What expanding needs of the preprocessor. */
export interface ExpanderHost {
  readonly lexer: Lexer;
  readonly diagnostics: Diagnostics;
  /** `%aliases off`. */
  readonly aliasesOff: boolean;
  readonly contexts: Context | undefined;
  /** A number that must be known now; undefined where it is none, which has been said then. */
  evaluateArgument(tokens: readonly Token[], parameter: number, macro: SingleLineMacro): Integer | undefined;
  environment(name: string): string | undefined;
  /** A macro is called by this name; the token stands in the list already. */
  mentions(list: Token[], token: Token): void;
}

/** Expands single-line macros in a line of tokens. */
export class Expander {
  private produced = 0;
  private depth = 0;
  private stopped = false;
  /** A line came to more tokens than {@link Limits.lineTokens}: the next would not be better. */
  exhausted = false;
  /** Tokens that macros gave since the source began. */
  total = 0;

  constructor(private readonly host: ExpanderHost) {}

  /** True where the line has nothing that could expand or join: by far the most frequent case. */
  private inert(tokens: readonly Token[]): boolean {
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i]!;
      const type = token.type;
      if (type === T.Identifier) {
        if (token.identifier!.folded.macro !== undefined) return false;
      } else if (type < T.Here && type >= T.Preprocessor) return false;
    }
    return true;
  }

  /** The line with all single-line macros expanded; the same array where there are none. */
  expand(tokens: readonly Token[]): readonly Token[] {
    if (this.inert(tokens)) return tokens;
    const outer = { produced: this.produced, depth: this.depth, stopped: this.stopped };
    this.produced = 0;
    this.depth = 0;
    this.stopped = false;
    const result = this.expandAll(tokens);
    if (this.produced > Limits.lineTokens) this.exhausted = true;
    this.total += this.produced;
    Object.assign(this, outer);
    return result;
  }

  private expandAll(line: readonly Token[]): readonly Token[] {
    const { diagnostics, lexer } = this.host;
    let tokens = line;
    for (;;) {
      const rest = tokens.slice().reverse() as Token[];
      const out: Token[] = [];
      while (rest.length) {
        const made = this.expandTop(rest);
        for (let k = 0; k < made; k++) out.push(rest.pop()!);
      }
      const before = out;
      tokens = paste(out, afterExpansion, true, lexer, (message, at) =>
        diagnostics.error(message, new TokenRange(at, at)),
      );
      if (tokens === before) return tokens;
      // What was joined may be a call whose body joins again, one for each time that the line is read.
      this.produced += tokens.length;
    }
  }

  private scope(token: Token): { scope: MacroScope; name: string } | undefined {
    if (token.type !== T.ContextLocal) return { scope: globalScope, name: token.text };
    return this.contextOf(token);
  }

  /** The context a `%$name` or `%$$name` belongs to, and the name in it; says so where there is none. */
  contextOf(token: Token): { scope: Context; name: string } | undefined {
    const { diagnostics } = this.host;
    const text = token.text;
    const range = new TokenRange(token, token);
    let context = this.host.contexts;
    if (!context) {
      diagnostics.error(`\`${text}': context stack is empty`, range);
      return undefined;
    }
    let i = 2;
    let levels = 0;
    while (context && text[i] === '$') {
      i++;
      levels++;
      context = context.outer;
    }
    if (!context) {
      diagnostics.error(
        `\`${text.slice(i)}': context stack is only ${levels} level${levels === 1 ? '' : 's'} deep`,
        range,
      );
      return undefined;
    }
    return { scope: context, name: text.slice(i) };
  }

  /** The newest macro of a token's name that is to be expanded. */
  private candidate(token: Token): { macro: SingleLineMacro; name: string } | undefined {
    let first: SingleLineMacro | undefined;
    let name = token.text;
    if (token.type === T.Identifier || token.type === T.Preprocessor) first = token.identifier?.folded.macro;
    else if (token.type === T.ContextLocal) {
      const found = this.scope(token);
      if (!found) return undefined;
      name = found.name;
      first = found.scope.first(this.host.lexer.identifier(name));
    }
    if (token.type === T.Identifier && token.value === 1) name = `$${name}`;
    for (let m = first; m; m = m.next) {
      if (m.alias && this.host.aliasesOff) continue;
      if (!m.caseSensitive || m.name === name) return { macro: m, name };
    }
    return undefined;
  }

  /**
   * Expands the token on top of `rest` (a line in reverse). Gives the number of tokens now on top that are done with:
   * 1 where the token is no macro.
   */
  private expandTop(rest: Token[]): number {
    const call = rest[rest.length - 1]!;
    const type = call.type;
    if (type !== T.Identifier && type !== T.Preprocessor && type !== T.ContextLocal) return 1;
    const found = this.candidate(call);
    if (!found) return 1;
    if (this.stopped) return 1;
    if (this.depth >= Limits.nestedDefinitions || this.produced > Limits.lineTokens) {
      this.stopped = true;
      if (this.produced > Limits.lineTokens) this.exhausted = true;
      this.host.diagnostics.error('interminable macro recursion', new TokenRange(call, call));
      return 1;
    }
    let macro: SingleLineMacro | undefined = found.macro;
    let args: Token[][] = [];
    let end = rest.length - 1;
    if (macro.parameters.length) {
      const open = end - 1;
      if (open < 0 || rest[open]!.type !== 40) return 1;
      const counted = this.countArguments(rest, open, call);
      if (!counted) return 1;
      for (; macro; macro = macro.next) {
        if ((!macro.caseSensitive || macro.name === found.name) && macro.takes(counted.count)) break;
      }
      if (!macro) {
        const n = counted.count;
        this.host.diagnostics.warning(
          'pp-macro-params-single',
          `single-line macro \`${found.name}' exists, but not taking ${n} parameter${n === 1 ? '' : 's'}`,
          new TokenRange(call, call),
        );
        return 1;
      }
      if (macro.inProgress && !macro.compute) return 1;
      args = this.readArguments(rest, open, counted.close, macro);
      end = counted.close;
    }
    if (macro.inProgress && !macro.compute) return 1;
    macro.references.push(call);
    this.host.mentions(macro.references, call);
    const wasInProgress = macro.inProgress;
    macro.inProgress = true;
    this.depth++;
    this.prepareArguments(args, macro, call);
    rest.length = end;
    const made = this.substitute(rest, call, macro, args);
    this.depth--;
    macro.inProgress = wasInProgress;
    return made;
  }

  private countArguments(
    rest: readonly Token[],
    open: number,
    call: Token,
  ): { count: number; close: number } | undefined {
    let parentheses = 1;
    let braces = 0;
    let count = 1;
    for (let i = open - 1; i >= 0; i--) {
      switch (rest[i]!.type) {
        case 44 /* , */:
          if (!braces && parentheses === 1) count++;
          break;
        case 123 /* { */:
          braces++;
          break;
        case 125 /* } */:
          if (braces) braces--;
          break;
        case 40 /* ( */:
          if (!braces) parentheses++;
          break;
        case 41 /* ) */:
          if (!braces && --parentheses === 0) return { count, close: i };
          break;
      }
    }
    this.host.diagnostics.error("macro call expects terminating `)'", new TokenRange(call, call));
    return undefined;
  }

  /** The arguments between the parentheses, outer space and one pair of braces around each stripped. */
  private readArguments(rest: readonly Token[], open: number, close: number, macro: SingleLineMacro): Token[][] {
    const { parameters } = macro;
    const args: Token[][] = macro.minimum < 0 ? parameters.map(() => []) : [[]];
    let k = 0;
    let parentheses = 1;
    let braces = 0;
    let braced = false;
    for (let i = open - 1; i > close; i--) {
      const token = rest[i]!;
      const parameter = parameters[k] ?? parameters[parameters.length - 1]!;
      args[k] ??= [];
      const arg = args[k]!;
      switch (token.type) {
        case 44 /* , */:
          if (!braces && parentheses === 1 && !parameter.greedy) {
            k++;
            braced = false;
            args[k] ??= [];
            continue;
          }
          break;
        case 123 /* { */:
          if (!braced && arg.length === 0 && !parameter.verbatim && braces === 0) {
            braced = true;
            braces++;
            continue;
          }
          braces++;
          break;
        case 125 /* } */:
          if (braces > 0 && --braces === 0 && braced) continue;
          break;
        case 40:
          if (!braces) parentheses++;
          break;
        case 41:
          if (!braces) parentheses--;
          break;
      }
      arg.push(arg.length === 0 && !parameter.verbatim ? token.withSpace(false) : token);
    }
    return args;
  }

  private prepareArguments(args: Token[][], macro: SingleLineMacro, call: Token): void {
    for (let i = 0; i < args.length; i++) {
      const parameter = macro.parameters[i] ?? macro.parameters[macro.parameters.length - 1]!;
      if (parameter.expand) args[i] = [...this.expandNested(args[i]!)];
      if (parameter.evaluate) {
        const expanded = this.expandNested(args[i]!);
        if (expanded.length === 0 && parameter.optional) continue;
        const value = this.host.evaluateArgument(expanded, i, macro);
        args[i] = value === undefined ? [] : [numberToken(value, call)];
      }
      if (parameter.string) {
        const expanded = this.expandNested(args[i]!);
        const already = parameter.string === 'unlessString' && expanded.length === 1 && expanded[0]!.type === T.String;
        args[i] = already ? [...expanded] : [stringToken(encodeUtf8(textOf(expanded)), call)];
      }
    }
  }

  /** Expands an argument while its macro is in progress, within the same limits. */
  private expandNested(tokens: readonly Token[]): readonly Token[] {
    return this.inert(tokens) ? tokens : this.expandAll(tokens);
  }

  /** Puts the body on top of `rest`, last token first, so that a macro in it sees what follows as its arguments. */
  private substitute(rest: Token[], call: Token, macro: SingleLineMacro, args: readonly (readonly Token[])[]): number {
    const body = macro.compute ? macro.compute(call, args) : macro.body;
    const base = rest.length;
    /** A macro in the body took its arguments from what follows the call: NASM then leaves the rest of the line alone. */
    let tookFollowing = false;
    let conditionalComma = false;
    const placeRaw = (token: Token): void => {
      rest.push(token);
      this.produced++;
      conditionalComma = true;
    };
    const place = (token: Token): void => {
      if (token.type !== T.Identifier && token.type !== T.Preprocessor && token.type !== T.ContextLocal) {
        placeRaw(token);
        return;
      }
      const before = rest.length;
      rest.push(token);
      this.produced++;
      this.expandTop(rest);
      if (rest.length < base) tookFollowing = true;
      if (rest.length > before) conditionalComma = true;
    };
    for (let i = body.length - 1; i >= 0; i--) {
      const token = body[i]!;
      const expansion: Expansion = { macro, call, body: macro.compute ? undefined : token };
      switch (token.type) {
        case T.BodyParameter: {
          conditionalComma = false;
          const arg = args[token.value]!;
          const before = rest.length;
          for (let k = arg.length - 1; k >= 0; k--)
            place(
              k === 0
                ? arg[k]!.withSpace(token.space || (arg[k]!.space && macro.parameters[token.value]!.verbatim))
                : arg[k]!,
            );
          if (rest.length <= before && token.space) spaceTop(rest);
          break;
        }
        case T.ConditionalComma:
          if (conditionalComma)
            placeRaw(new Token(44, ',', token.space, call.line, call.column, call.end, undefined, expansion, 0));
          break;
        case T.MacroName:
          placeRaw(call.withSpace(token.space));
          break;
        case T.MacroNameDefined: {
          const prefix = call.type === T.ContextLocal ? call.text.slice(0, call.text.lastIndexOf('$') + 1) : '';
          placeRaw(this.host.lexer.word(prefix + macro.name, call, token.space));
          break;
        }
        default:
          place(token.expanded(expansion, token.space));
      }
    }
    if (rest.length > base) {
      const top = rest.length - 1;
      rest[top] = rest[top]!.withSpace(call.space);
    } else if (call.space) spaceTop(rest);
    return tookFollowing ? rest.length : rest.length - base;
  }

  /** An alias's target, followed to its end; undefined in a loop. */
  resolveAlias(macro: SingleLineMacro, scope: MacroScope): SingleLineMacro | undefined {
    let m: SingleLineMacro | undefined = macro;
    for (let steps = 0; m?.alias; steps++) {
      if (steps > 1000) return undefined;
      const target: Token = m.body[0]!;
      m = findMacro(scope.first(target.identifier!), target.text);
    }
    return m;
  }
}

/** An expansion came to nothing: the space before it now stands before what follows. */
function spaceTop(rest: Token[]): void {
  const top = rest.length - 1;
  if (top >= 0) rest[top] = rest[top]!.withSpace(true);
}

export function numberToken(value: Integer, at: Token): Token {
  return new Token(T.Number, String(value), false, at.line, at.column, at.end, undefined, at.expansion, 0);
}

export function stringToken(bytes: ArrayLike<number>, at: Token): Token {
  return new Token(T.String, quote(bytes), false, at.line, at.column, at.end, undefined, at.expansion, 0);
}
