import { TokenRange } from '../diagnostics';
import { T, type Token } from '../source/token';
import type { MultiLineMacro } from './multi-line-macro';
import type { Preprocessor } from './preprocessor';

/** A call of a multi-line macro found in a line. */
export interface FoundCall {
  macro: MultiLineMacro;
  /** Index of the macro's name: above 0 where a label stands before it. */
  at: number;
  /** From index 1. */
  args: (readonly Token[])[];
}

/** Where arguments begin, and where the line would end without an empty last one. */
export interface SplitArguments {
  /** From index 1; the line's length for an empty last argument. */
  starts: number[];
  /** -1 where the last argument is not empty. */
  cut: number;
}

/** The multi-line macro call that a line is, after a label perhaps; undefined where it is none. */
export function callOf(tokens: readonly Token[], pp: Preprocessor): FoundCall | undefined {
  const first = tokens[0]!;
  if (first.type !== T.Identifier && first.type !== T.ContextLocal) return undefined;
  const here = first.identifier!.folded.multiLine && macroAt(tokens, 0, pp);
  if (here) return here;
  const colon = tokens.length > 1 && tokens[1]!.type === 58;
  const at = colon ? 2 : 1;
  const second = tokens[at];
  if (!second || second.type !== T.Identifier || !second.identifier!.folded.multiLine) return undefined;
  return macroAt(tokens, at, pp);
}

function macroAt(tokens: readonly Token[], at: number, pp: Preprocessor): FoundCall | undefined {
  const name = tokens[at]!;
  const spelled = name.value === 1 ? `$${name.text}` : name.text;
  const matches = (m: MultiLineMacro): boolean => !m.caseSensitive || m.name === spelled;
  let macro = name.identifier!.folded.multiLine;
  while (macro && !(matches(macro) && (macro.inProgress === 0 || macro.maximumDepth > 0))) macro = macro.next;
  if (!macro) return undefined;
  const split = splitArguments(tokens, at + 1, pp);
  const given = split.starts.length - 1;
  const found = findByCount(macro, given, matches);
  const resolved =
    found && !pp.saneEmptyExpansion ? dropEmpty(found, split, given) : { macro: found, count: given, cut: -1 };
  let chosen = resolved.macro;
  let { count, cut } = resolved;
  if (!chosen && !pp.saneEmptyExpansion && given > 1 && split.cut >= 0) {
    // As before NASM 2.15: an empty last argument does not count.
    chosen = findByCount(macro, given - 1, matches);
    count = given - 1;
    cut = split.cut;
  }
  const range = new TokenRange(name, tokens[tokens.length - 1]!);
  if (!chosen) {
    pp.diagnostics.warning(
      'pp-macro-params-multi',
      `multi-line macro \`${spelled}' exists, but not taking ${given} parameter${given === 1 ? '' : 's'}`,
      range,
    );
    return undefined;
  }
  if (chosen.inProgress > chosen.maximumDepth) {
    if (chosen.maximumDepth > 0)
      pp.diagnostics.warning('other', `reached maximum recursion depth of ${chosen.maximumDepth}`, range);
    return undefined;
  }
  if (!pp.saneEmptyExpansion) {
    if (given < chosen.minimum || (given > chosen.maximum && !chosen.greedy))
      pp.diagnostics.warning(
        'pp-macro-params-legacy',
        `improperly calling multi-line macro \`${chosen.name}' with ${given} parameters`,
        range,
      );
    else if (split.cut >= 0)
      pp.diagnostics.warning(
        'pp-macro-params-legacy',
        `dropping trailing empty parameter in call to multi-line macro \`${chosen.name}'`,
        range,
      );
  }
  return { macro: chosen, at, args: collectArguments(tokens, split, count, cut, chosen) };
}

function findByCount(
  first: MultiLineMacro | undefined,
  count: number,
  matches: (m: MultiLineMacro) => boolean,
): MultiLineMacro | undefined {
  for (let m = first; m; m = m.next) {
    if (matches(m) && m.minimum <= count && (m.greedy || count <= m.maximum)) return m;
  }
  return undefined;
}

/** As before NASM 2.15: a comma with nothing behind it gives no argument. */
function dropEmpty(
  macro: MultiLineMacro,
  split: SplitArguments,
  given: number,
): { macro: MultiLineMacro; count: number; cut: number } {
  if (split.cut < 0) return { macro, count: given, cut: -1 };
  const defaulted = given > macro.minimum && given <= macro.minimum + macro.defaults.length;
  const pastMaximum = given > macro.maximum && macro.greedy;
  return { macro, count: defaulted || !pastMaximum ? given - 1 : given, cut: split.cut };
}

/** The arguments proper: defaults added, outer braces gone. */
function collectArguments(
  tokens: readonly Token[],
  split: SplitArguments,
  count: number,
  cut: number,
  macro: MultiLineMacro,
): (readonly Token[])[] {
  const end = cut >= 0 ? cut : tokens.length;
  let total = count;
  if (macro.defaults.length && count < macro.minimum + macro.defaults.length)
    total = macro.minimum + macro.defaults.length;
  if (macro.greedy && total > macro.maximum) total = macro.maximum;
  const args: (readonly Token[])[] = [[]];
  for (let i = 1; i <= total; i++) {
    const greedy = macro.greedy && i === total;
    if (i <= count) args.push(trimArgument(tokens, split.starts[i]!, end, greedy));
    else args.push(macro.defaults[i - macro.minimum - 1] ?? []);
  }
  return args;
}

/** The argument that begins at `start`: up to its comma (the end, where greedy), or what its braces enclose. */
function trimArgument(tokens: readonly Token[], start: number, end: number, greedy: boolean): readonly Token[] {
  const braced = start < end && tokens[start]!.type === 123;
  let i = braced ? start + 1 : start;
  const from = i;
  let braces = braced ? 1 : 0;
  for (; i < end; i++) {
    const { type } = tokens[i]!;
    if (type === 44 && !greedy && !braces && !braced) break;
    if (type === 123) braces++;
    else if (type === 125) {
      braces--;
      if (braced && braces === 0) break;
    }
  }
  if (i === from) return [];
  const arg = tokens.slice(from, i);
  if (!braced) arg[0] = arg[0]!.withSpace(false);
  return arg;
}

/** Finds where each argument begins. */
export function splitArguments(tokens: readonly Token[], from: number, pp: Preprocessor): SplitArguments {
  const n = tokens.length;
  const starts = [0];
  let cut = -1;
  if (from >= n) return { starts, cut };
  let t = from;
  for (;;) {
    starts.push(t);
    if (t < n && tokens[t]!.type === 123 /* { */) {
      cut = -1;
      const open = tokens[t]!;
      let braces = 1;
      while (braces && ++t < n) {
        const { type } = tokens[t]!;
        if (type === 123) braces++;
        else if (type === 125) braces--;
      }
      if (t < n) {
        t++;
        if (t < n && tokens[t]!.type !== 44)
          pp.diagnostics.error('braces do not enclose all of macro parameter', new TokenRange(open, tokens[t - 1]!));
      } else pp.diagnostics.error('expecting closing brace in macro parameter', new TokenRange(open, open));
    }
    let end = t + 1;
    while (t < n && tokens[t]!.type !== 44) {
      cut = -1;
      t++;
      end = t;
    }
    if (t >= n) return { starts, cut };
    cut = end;
    t++;
  }
}

/** The default arguments of a `%macro` line from `from` on. */
export function readDefaults(tokens: readonly Token[], from: number, pp: Preprocessor): (readonly Token[])[] {
  const split = splitArguments(tokens, from, pp);
  let count = split.starts.length - 1;
  if (split.cut >= 0 && !pp.saneEmptyExpansion) {
    count--;
    pp.diagnostics.warning(
      'pp-macro-params-legacy',
      'dropping trailing empty default parameter in definition of multi-line macro',
      new TokenRange(tokens[0]!, tokens[tokens.length - 1]!),
    );
  }
  const defaults: (readonly Token[])[] = [];
  for (let i = 1; i <= count; i++) defaults.push(trimArgument(tokens, split.starts[i]!, tokens.length, false));
  return defaults;
}
