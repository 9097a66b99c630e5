import { TokenRange } from '../diagnostics';
import { Limits } from '../limits';
import { unquote } from '../source/quoted';
import { T, type Token, textOf } from '../source/token';
import { readDefaults } from './call';
import type { Directive } from './conditions';
import { MacroCall, MultiLineMacro, Repetition } from './multi-line-macro';
import type { Preprocessor } from './preprocessor';
import { Context } from './single-line-macro';

/** Multi-line macros, repetition, contexts and messages. */
export const macroDirectives: [string, Directive][] = [
  ['%macro', (pp, tokens) => beginMacro(pp, tokens, true, 0)],
  ['%imacro', (pp, tokens) => beginMacro(pp, tokens, false, 0)],
  ['%rmacro', (pp, tokens) => beginMacro(pp, tokens, true, Limits.macroDepth)],
  ['%irmacro', (pp, tokens) => beginMacro(pp, tokens, false, Limits.macroDepth)],
  ['%endmacro', endMacro],
  ['%endm', endMacro],
  ['%exitmacro', exitMacro],
  ['%unmacro', (pp, tokens) => removeMacro(pp, tokens, true)],
  ['%unimacro', (pp, tokens) => removeMacro(pp, tokens, false)],
  ['%rotate', rotate],
  ['%rep', beginRepetition],
  ['%endrep', endRepetition],
  ['%exitrep', exitRepetition],
  ['%push', push],
  ['%pop', pop],
  ['%repl', replace],
  ['%error', (pp, tokens) => message(pp, tokens, 'error')],
  ['%warning', (pp, tokens) => message(pp, tokens, 'warning')],
  ['%fatal', (pp, tokens) => message(pp, tokens, 'fatal')],
];

interface MacroHead {
  line: readonly Token[];
  minimum: number;
  maximum: number;
  greedy: boolean;
  noList: boolean;
  next: number;
}

function readHead(pp: Preprocessor, tokens: readonly Token[]): MacroHead | undefined {
  const name = tokens[0]!.text;
  const line = pp.expandName(tokens, 1);
  if (line[1]?.type !== T.Identifier) {
    const at = line[1] ?? tokens[0]!;
    pp.diagnostics.error(`\`${name}' expects a macro name`, new TokenRange(at, at));
    return undefined;
  }
  const rest = pp.expander.expand(line.slice(2));
  const whole = [line[0]!, line[1]!, ...rest];
  const counts = pp.readParameterCounts(whole, 2, name, false);
  let next = counts.next;
  const noList = whole[next]?.type === T.Identifier && whole[next]!.text.toLowerCase() === '.nolist';
  if (noList) next++;
  return { line: whole, ...counts, noList, next };
}

function beginMacro(pp: Preprocessor, tokens: readonly Token[], caseSensitive: boolean, maximumDepth: number): void {
  const head = readHead(pp, tokens);
  if (!head) return;
  const name = head.line[1]!;
  const macro = new MultiLineMacro(
    name.text,
    caseSensitive,
    head.minimum,
    head.maximum,
    head.greedy,
    head.noList,
    maximumDepth,
    name,
  );
  macro.defaults = readDefaults(head.line, head.next, pp);
  if (macro.defaults.length > head.maximum - head.minimum && !head.greedy)
    pp.diagnostics.warning(
      'pp-macro-defaults',
      `too many default macro parameters in macro \`${macro.name}'`,
      new TokenRange(name, name),
    );
  pp.defining = macro;
  for (let m = name.identifier!.folded.multiLine; m; m = m.next) {
    if (m.name !== macro.name || !overlap(m, macro)) continue;
    pp.diagnostics.warning(
      'pp-macro-redef-multi',
      `redefining multi-line macro \`${macro.name}'`,
      new TokenRange(name, name),
    );
    break;
  }
}

function overlap(a: MultiLineMacro, b: MultiLineMacro): boolean {
  return (a.minimum <= b.maximum || b.greedy) && (b.minimum <= a.maximum || a.greedy);
}

function endMacro(pp: Preprocessor, tokens: readonly Token[]): void {
  const macro = pp.defining;
  if (!(macro instanceof MultiLineMacro)) {
    pp.diagnostics.error(`\`${tokens[0]!.text}': not defining a macro`, new TokenRange(tokens[0]!, tokens[0]!));
    return;
  }
  const { folded } = macro.definition.identifier!;
  macro.next = folded.multiLine;
  folded.multiLine = macro;
  pp.noteChange(folded);
  if (!macro.definition.line.builtin) pp.multiLineMacros.push(macro);
  pp.defining = undefined;
}

function exitMacro(pp: Preprocessor, tokens: readonly Token[]): void {
  const { cursors, conditions } = pp.input;
  let k = cursors.length - 1;
  while (k >= 0 && !(cursors[k]!.owner instanceof MacroCall)) k--;
  const cursor = cursors[k];
  if (!cursor) {
    pp.diagnostics.error("`%exitmacro' not within `%macro' block", new TokenRange(tokens[0]!, tokens[0]!));
    return;
  }
  const call = cursor.owner as MacroCall;
  cursors.length = k + 1;
  cursor.index = cursor.lines.length;
  conditions.length = Math.min(conditions.length, call.conditions);
  pp.frame = call;
  pp.call = call;
}

function removeMacro(pp: Preprocessor, tokens: readonly Token[], caseSensitive: boolean): void {
  const head = readHead(pp, tokens);
  if (!head) return;
  const name = head.line[1]!;
  const { folded } = name.identifier!;
  pp.noteChange(folded);
  const gone = (m: MultiLineMacro): boolean =>
    m.caseSensitive === caseSensitive &&
    (!caseSensitive || m.name === name.text) &&
    m.minimum === head.minimum &&
    m.maximum === head.maximum &&
    m.greedy === head.greedy;
  while (folded.multiLine && gone(folded.multiLine)) folded.multiLine = folded.multiLine.next;
  for (let m = folded.multiLine; m; m = m.next) {
    while (m.next && gone(m.next)) m.next = m.next.next;
  }
}

function rotate(pp: Preprocessor, tokens: readonly Token[]): void {
  const line = pp.expander.expand(tokens.slice(1));
  const at = new TokenRange(tokens[0]!, tokens[0]!);
  if (line.length === 0) {
    pp.diagnostics.error("`%rotate' missing rotate count", at);
    return;
  }
  const by = pp.number(line, 0, '%rotate');
  if (by === undefined) return;
  const { call } = pp;
  if (!call) pp.diagnostics.error("`%rotate' invoked outside a macro call", at);
  else if (call.count === 0) pp.diagnostics.error("`%rotate' invoked within macro without parameters", at);
  else {
    const turned = (call.rotation + Number(BigInt.asIntN(32, BigInt(by)))) % call.count;
    call.rotation = turned < 0 ? turned + call.count : turned;
  }
}

function beginRepetition(pp: Preprocessor, tokens: readonly Token[]): void {
  let from = 1;
  let noList = false;
  if (tokens[1]?.type === T.Identifier && tokens[1].text.toLowerCase() === '.nolist') {
    noList = true;
    from = 2;
  }
  const line = pp.expander.expand(tokens.slice(from));
  const whole = new TokenRange(tokens[0]!, tokens[tokens.length - 1]!);
  let count = 0;
  if (line.length === 0) pp.diagnostics.error("`%rep' expects a repeat count", whole);
  else {
    const value = pp.number(line, 0, '%rep');
    // As in NASM: without a number there is no repetition to end either, so %endrep complains too.
    if (value === undefined) return;
    if (value > Limits.repetitions)
      pp.diagnostics.error(`\`%rep' count ${value} exceeds limit (currently ${Limits.repetitions})`, whole);
    else if (value < 0) pp.diagnostics.warning('pp-rep-negative', `negative \`%rep' count: ${value}`, whole);
    else count = Number(value);
  }
  pp.defining = new Repetition(
    count,
    noList,
    pp.line,
    tokens[0]!,
    tokens[tokens.length - 1]!,
    pp.frame,
    (pp.frame?.level ?? pp.input.level) + 1,
  );
}

function endRepetition(pp: Preprocessor, tokens: readonly Token[]): void {
  const repetition = pp.defining;
  if (!(repetition instanceof Repetition)) {
    pp.diagnostics.error("`%endrep': no matching `%rep'", new TokenRange(tokens[0]!, tokens[0]!));
    return;
  }
  pp.defining = undefined;
  pp.pushCursor(repetition.body, repetition, repetition.noList);
  const { cursors } = pp.input;
  // The first turn begins when the cursor ends the one that never was.
  cursors[cursors.length - 1]!.index = repetition.body.length;
}

function exitRepetition(pp: Preprocessor, tokens: readonly Token[]): void {
  const { cursors } = pp.input;
  for (let k = cursors.length - 1; k >= 0; k--) {
    const { owner } = cursors[k]!;
    if (owner instanceof Repetition) {
      owner.ended = true;
      return;
    }
  }
  pp.diagnostics.error("`%exitrep' not within `%rep' block", new TokenRange(tokens[0]!, tokens[0]!));
}

/** The name behind %push, %pop or %repl: `''` for none; undefined where it is no name, which has been said. */
function contextName(pp: Preprocessor, tokens: readonly Token[]): string | undefined {
  const line = pp.expandName(tokens, 1);
  if (line.length < 2) return '';
  const token = line[1]!;
  if (token.type !== T.Identifier) {
    pp.diagnostics.error(`\`${tokens[0]!.text}' expects a context identifier`, new TokenRange(token, token));
    return undefined;
  }
  if (line.length > 2) pp.trailing(line, 2, `\`${tokens[0]!.text}'`);
  return token.text;
}

function push(pp: Preprocessor, tokens: readonly Token[]): void {
  const name = contextName(pp, tokens);
  if (name === undefined) return;
  if (++pp.contextDepth > Limits.nesting) {
    pp.fatal('context stack too deep', tokens[0]);
    return;
  }
  pp.contexts = new Context(name || undefined, pp.unique++, pp.contexts);
}

function emptyStack(pp: Preprocessor, tokens: readonly Token[]): boolean {
  if (pp.contexts) return false;
  pp.diagnostics.error(`\`${tokens[0]!.text}': context stack is empty`, new TokenRange(tokens[0]!, tokens[0]!));
  return true;
}

function pop(pp: Preprocessor, tokens: readonly Token[]): void {
  const name = contextName(pp, tokens);
  if (name === undefined || emptyStack(pp, tokens)) return;
  const top = pp.contexts!;
  if (name && top.name?.toLowerCase() !== name.toLowerCase()) {
    pp.diagnostics.error(
      `\`${tokens[0]!.text}' in wrong context: ${top.name ?? 'anonymous'}, expected ${name}`,
      new TokenRange(tokens[0]!, tokens[tokens.length - 1]!),
    );
    return;
  }
  pp.contextDepth--;
  pp.contexts = top.outer;
}

function replace(pp: Preprocessor, tokens: readonly Token[]): void {
  const name = contextName(pp, tokens);
  if (name === undefined || emptyStack(pp, tokens)) return;
  pp.contexts!.name = name || undefined;
}

function message(pp: Preprocessor, tokens: readonly Token[], kind: 'error' | 'warning' | 'fatal'): void {
  const line = pp.expander.expand(tokens.slice(1));
  const alone = line.length === 1 && line[0]!.type === T.String;
  const text = alone ? String.fromCharCode(...unquote(line[0]!.text)) : textOf(line);
  const range = new TokenRange(tokens[0]!, tokens[tokens.length - 1]!);
  if (kind === 'fatal') {
    pp.diagnostics.error(text, range);
    pp.stop();
  } else if (kind === 'error') pp.diagnostics.lateError(text, range);
  else pp.diagnostics.lateWarning('user', text, range);
}
