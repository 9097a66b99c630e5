import { TokenRange } from '../diagnostics';
import { readNumber } from '../expression/number';
import { Limits } from '../limits';
import { LineReader } from '../source/source-line';
import { T, Token, textOf } from '../source/token';
import { type Directive, packageArgument } from './conditions';
import { defineMacro } from './define-directives';
import { numberToken } from './expander';
import { packageNamed } from './packages';
import type { Preprocessor } from './preprocessor';
import { fileArgument } from './string-directives';

/** Directives that bring in text, and those that TASM had. */
export const fileDirectives: [string, Directive][] = [
  ['%include', include],
  ['%use', use],
  [
    '%depend',
    (pp, tokens) => {
      const name = fileArgument(pp, pp.expander.expand(tokens.slice(1)), tokens);
      if (name !== undefined) pp.dependOn(name);
    },
  ],
  ['%line', line],
  ['%pragma', pragma],
  ['%null', () => {}],
  ['%stacksize', stackSize],
  ['%arg', (pp, tokens) => stackNames(pp, tokens, false)],
  ['%local', (pp, tokens) => stackNames(pp, tokens, true)],
];

function include(pp: Preprocessor, tokens: readonly Token[]): void {
  const name = fileArgument(pp, pp.expander.expand(tokens.slice(1)), tokens);
  if (name !== undefined) includeFile(pp, name, tokens);
}

/** Reads on in another file. */
export function includeFile(pp: Preprocessor, name: string, tokens: readonly Token[]): void {
  const range = tokens.length ? new TokenRange(tokens[0]!, tokens[tokens.length - 1]!) : undefined;
  const path = pp.reader.resolve(name, pp.line.file, pp.host.includePaths);
  const text = path === undefined ? undefined : pp.reader.readText(path);
  if (path === undefined || text === undefined) {
    pp.diagnostics.error(`unable to open include file \`${name}': No such file or directory`, range);
    return;
  }
  if (pp.inputs.length > Limits.includeDepth) {
    pp.diagnostics.error(`more than ${Limits.includeDepth} nested \`%include' files: \`${name}' not included`, range);
    return;
  }
  pp.dependOn(path);
  pp.noteInclusion(path);
  pp.pushInput(new LineReader(path, text), (pp.frame?.level ?? pp.input.level) + 1, pp.input.noList);
}

function use(pp: Preprocessor, tokens: readonly Token[]): void {
  const name = packageArgument(pp, tokens, tokens[0]!.text);
  if (name === undefined) return;
  const text = packageNamed(name);
  if (text === undefined) {
    pp.diagnostics.error(
      `unknown \`${tokens[0]!.text}' package: \`${name}'`,
      new TokenRange(tokens[1]!, tokens[tokens.length - 1]!),
    );
    return;
  }
  const key = name.toLowerCase();
  if (pp.packages.has(key)) return;
  pp.packages.add(key);
  pp.pushInput(undefined, pp.input.level + 1, true);
  pp.pushCursor(pp.bodyLines(text), undefined, true);
}

/** `%line n[+m] [file]`: what messages and listings call this line; those after it count on by `m`. */
function line(pp: Preprocessor, tokens: readonly Token[]): void {
  const number = tokens[1];
  if (number?.type !== T.Number) {
    const at = number ?? tokens[0]!;
    pp.diagnostics.error("`%line' expects a line number", new TokenRange(at, at));
    return;
  }
  const reader = pp.input.reader;
  let next = 2;
  let increment = 1;
  if (tokens[next]?.type === 43 /* + */) {
    const by = tokens[next + 1];
    if (by?.type !== T.Number) {
      pp.diagnostics.error("`%line' expects line increment", new TokenRange(tokens[next]!, by ?? tokens[next]!));
      return;
    }
    increment = lineNumber(by);
    next += 2;
  }
  if (!reader) return;
  pp.host.lineObserver?.renumbered();
  // The number is this line's, so the next one has it plus the increment. Lines count from 0 here.
  reader.increment = increment;
  reader.number = lineNumber(number) - 1;
  if (next < tokens.length) {
    const file = tokens[next]!;
    reader.file = file.type === T.String && tokens.length === next + 1 ? file.text.slice(1, -1) : textOf(tokens, next);
  }
}

/** Absurd numbers become the last that a line can have. */
function lineNumber(token: Token): number {
  const value = Number(readNumber(token.text).value);
  return value >= 0 && value <= 0x7fffffff ? value : 0x7fffffff;
}

function pragma(pp: Preprocessor, tokens: readonly Token[]): void {
  const line = pp.expander.expand(tokens.slice(1));
  const first = line[0];
  if (first?.type !== T.Identifier) return;
  if (first.text.toLowerCase() !== 'preproc') {
    const bracket = (text: string): Token => pp.lexer.pasted(text, first)[0]!;
    pp.generated = [bracket('['), bracket('pragma'), first.withSpace(true), ...line.slice(1), bracket(']')];
    return;
  }
  if (line[1]?.text.toLowerCase() === 'sane_empty_expansion')
    pp.saneEmptyExpansion = pp.booleanOption(line, 2, pp.saneEmptyExpansion);
}

const stackModels: Readonly<Record<string, Preprocessor['stack']>> = {
  flat: { slot: 4, pointer: 'ebp', argument: 8, local: 0 },
  flat64: { slot: 8, pointer: 'rbp', argument: 16, local: 0 },
  large: { slot: 2, pointer: 'bp', argument: 4, local: 0 },
  small: { slot: 2, pointer: 'bp', argument: 6, local: 0 },
};

function stackSize(pp: Preprocessor, tokens: readonly Token[]): void {
  const model = tokens[1];
  const at = model ?? tokens[0]!;
  if (model?.type !== T.Identifier) {
    pp.diagnostics.error("`%stacksize' missing size parameter", new TokenRange(at, at));
    return;
  }
  const found = stackModels[model.text.toLowerCase()];
  if (found) pp.stack = { ...found };
  else pp.diagnostics.error("`%stacksize' invalid size type", new TokenRange(at, at));
}

const slotSizes: Readonly<Record<string, number>> = {
  byte: 1,
  word: 2,
  dword: 4,
  qword: 8,
  tword: 10,
  oword: 16,
  yword: 32,
};

/** `%arg name:size, ...` and `%local name:size, ...`: names for places relative to the frame pointer. */
function stackNames(pp: Preprocessor, tokens: readonly Token[], local: boolean): undefined {
  const { stack } = pp;
  const directive = tokens[0]!.text;
  let offset = local ? stack.local : stack.argument;
  const complain = (message: string, at: number): undefined => {
    const token = tokens[Math.min(at, tokens.length - 1)]!;
    pp.diagnostics.error(message, new TokenRange(token, token));
  };
  for (let i = 1; ; i += 4) {
    const name = tokens[i];
    const type = tokens[i + 2];
    if (name?.type !== T.Identifier) return complain(`\`${directive}' missing argument parameter`, i);
    if (tokens[i + 1]?.type !== 58) return complain(`syntax error processing \`${directive}' directive`, i + 1);
    if (type?.type !== T.Identifier) return complain(`\`${directive}' missing size type parameter`, i + 2);
    const word = pp.expander.expand([type])[0];
    const bytes = slotSizes[word?.text.toLowerCase() ?? ''];
    if (!bytes) return complain(`invalid size type for \`${directive}' missing directive`, i + 2);
    const size = Math.ceil(bytes / stack.slot) * stack.slot;
    if (local) offset += size;
    const sign = local ? '-' : '+';
    const body = pp.lexer.pasted(`(${stack.pointer}${sign}${offset})`, name);
    defineMacro(pp, name, { body, caseSensitive: true });
    if (local) {
      stack.local = offset;
      addLocalSize(pp, name, size);
    } else {
      offset += size;
      stack.argument = offset;
    }
    if (tokens[i + 3]?.type !== 44) return;
  }
}

/** Keeps `%$localsize` as the sum, where a context is open. */
function addLocalSize(pp: Preprocessor, at: Token, size: number): void {
  const name = new Token(
    T.ContextLocal,
    '%$localsize',
    false,
    at.line,
    at.column,
    at.end,
    pp.lexer.identifier('%$localsize'),
    undefined,
    0,
  );
  const placed = pp.expander.contextOf(name);
  if (!placed) return;
  const value = pp.number([...pp.expander.expand([name]), ...pp.lexer.pasted(`+${size}`, at)], 0, '%assign');
  if (value !== undefined)
    defineMacro(pp, name, { body: [numberToken(value, at)], caseSensitive: true, kind: 'assign' });
}
