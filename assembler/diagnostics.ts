import type { Diagnostic, SourceRange } from './api';
import { Limits } from './limits';
import type { SourceLine } from './source/source-line';
import type { Token } from './source/token';
import { expandWarningName, warningDefaults } from './warnings';

/** A range given by its first and last token; turned into lines and columns only when somebody looks. */
export class TokenRange implements SourceRange {
  constructor(
    readonly first: Token,
    readonly last: Token,
  ) {}

  get file(): string {
    return this.first.line.file;
  }
  get line(): number {
    return this.first.line.locate(this.first.column).line;
  }
  get column(): number {
    return this.first.line.locate(this.first.column).column;
  }
  get endLine(): number {
    return this.end().line;
  }
  get endColumn(): number {
    return this.end().column;
  }

  private end(): { line: number; column: number } {
    // Tokens of one operand may come from different lines (a macro's arguments among its body): then the first stands for all.
    const last = this.last.line === this.first.line && this.last.end >= this.first.end ? this.last : this.first;
    const { line, column } = last.line.locate(Math.max(last.end - 1, 0));
    return { line, column: column + (last.end > 0 ? 1 : 0) };
  }
}

/** Where a line came from: a call of a multi-line macro, or a turn of a %rep. */
export interface Frame {
  /** The macro's name; undefined for a %rep, which messages don't name. */
  readonly macroName: string | undefined;
  /** Messages skip macros of the standard library. */
  readonly hidden: boolean;
  readonly callLine: SourceLine;
  readonly callFirst: Token;
  readonly callLast: Token;
  readonly parent: Frame | undefined;
}

/** A diagnostic to which something is added when all has been read. */
export interface PendingDiagnostic extends Diagnostic {
  /** No instruction, perhaps a misspelt macro. */
  word?: { text: string; range: SourceRange };
}

/** Collects what is to be said about a source. */
export class Diagnostics {
  readonly list: PendingDiagnostic[] = [];
  errors = 0;
  /** The source: where messages about all of it point. */
  file = '';
  /** Grows with everything that is said, also what was said before. */
  said = 0;
  /** Messages that count only in the last pass wait until it runs. */
  finalPass = true;
  /** The macro call that the line in hand came from, and that line's number in the macro. */
  frame: Frame | undefined;
  /** The line in hand, for messages without a token. */
  line: SourceLine | undefined;
  private readonly seen = new Set<string>();
  /** Hears of every message, also of those that were said before: for the listing. */
  listener: ((text: string) => void) | undefined;
  /** State of each class; replaced, never changed, so that a line can keep those in force at it. */
  private warningStates: ReadonlyMap<string, 'on' | 'off' | 'error'>;
  private readonly warningStack: ReadonlyMap<string, 'on' | 'off' | 'error'>[] = [];
  private readonly commandLine: Map<string, 'on' | 'off' | 'error'>;
  private allErrors = false;
  private late = false;
  private readonly lateOnes = new Set<PendingDiagnostic>();
  private readonly lateKeys: string[] = [];

  constructor(warnings: readonly string[] = []) {
    this.warningStates = new Map(warningDefaults);
    for (const option of warnings) this.setWarning(option);
    this.commandLine = new Map(this.warningStates);
  }

  /** `+name`, `-name`, `*name`, `+error`, `+error=name`, `no-name`, `error=name`; false where the class is unknown. */
  setWarning(option: string): boolean {
    let sign = '+';
    let name = option.trim().toLowerCase();
    if (name[0] === '+' || name[0] === '-' || name[0] === '*') {
      sign = name[0]!;
      name = name.slice(1);
    } else if (name.startsWith('no-')) {
      sign = '-';
      name = name.slice(3);
    }
    let error = false;
    if (name === 'error') {
      this.allErrors = sign === '+';
      return true;
    }
    if (name.startsWith('error=')) {
      error = true;
      name = name.slice(6);
    }
    const classes = expandWarningName(name);
    const states = new Map(this.warningStates);
    for (const one of classes) {
      const state = states.get(one);
      if (sign === '*') states.set(one, this.commandLine.get(one) ?? 'on');
      else if (error) states.set(one, sign === '+' ? 'error' : state === 'error' ? 'on' : (state ?? 'on'));
      else states.set(one, sign === '+' ? (state === 'error' ? 'error' : 'on') : 'off');
    }
    this.warningStates = states;
    return classes.length > 0;
  }

  pushWarnings(): void {
    this.warningStack.push(new Map(this.warningStates));
  }

  /** False where nothing was pushed. */
  popWarnings(): boolean {
    const states = this.warningStack.pop();
    this.warningStates = new Map(states ?? this.commandLine);
    return states !== undefined;
  }

  /** Back to the command line's settings, as at the start of each pass. */
  resetWarnings(): void {
    this.warningStates = new Map(this.commandLine);
    this.warningStack.length = 0;
  }

  get commandLineWarnings(): ReadonlyMap<string, 'on' | 'off' | 'error'> {
    return this.commandLine;
  }

  get warnings(): ReadonlyMap<string, 'on' | 'off' | 'error'> {
    return this.warningStates;
  }

  /** The states in force at an item that a pass looks at. */
  set warnings(states: ReadonlyMap<string, 'on' | 'off' | 'error'>) {
    this.warningStates = states;
  }

  warningEnabled(code: string): boolean {
    return this.warningStates.get(code) !== 'off';
  }

  error(message: string, range?: SourceRange, suggestion?: string, hint?: string): void {
    this.add('error', message, range, undefined, suggestion, hint);
  }

  warning(code: string, message: string, range?: SourceRange): void {
    const state = this.warningStates.get(code) ?? 'on';
    if (state === 'off') return;
    this.add(state === 'error' || this.allErrors ? 'error' : 'warning', message, range, code);
  }

  note(message: string, range?: SourceRange): void {
    this.add('note', message, range, undefined);
  }

  /** An error that counts only in the pass that makes the output. */
  lateError(message: string, range?: SourceRange): void {
    if (!this.finalPass) return;
    this.late = true;
    this.error(message, range);
    this.late = false;
  }

  lateWarning(code: string, message: string, range?: SourceRange): void {
    if (!this.finalPass) return;
    this.late = true;
    this.warning(code, message, range);
    this.late = false;
  }

  /** Errors that no later pass can take back. */
  get hasEarlyErrors(): boolean {
    return this.list.some((d) => d.severity === 'error' && !this.lateOnes.has(d));
  }

  /** Forgets what came from {@link lateError} and {@link lateWarning}: there will be another pass. */
  dropLate(): void {
    for (const key of this.lateKeys) this.seen.delete(key);
    const kept = this.list.filter((d) => !this.lateOnes.has(d));
    this.errors -= this.list.filter((d) => d.severity === 'error' && this.lateOnes.has(d)).length;
    this.list.splice(0, this.list.length, ...kept);
    this.lateOnes.clear();
    this.lateKeys.length = 0;
  }

  /** Begins again with messages that still hold, and with these states of the warning classes. */
  restart(list: readonly PendingDiagnostic[], states: ReadonlyMap<string, 'on' | 'off' | 'error'>): void {
    this.warningStates = new Map(states);
    this.warningStack.length = 0;
    this.list.length = 0;
    this.seen.clear();
    this.lateOnes.clear();
    this.lateKeys.length = 0;
    this.errors = 0;
    for (const one of list) {
      this.list.push(one);
      this.seen.add(keyOf(one.severity, one.message, one.range));
      if (one.severity === 'error') this.errors++;
    }
  }

  /** The error said last is about a word; whether it is near a macro's name is found when all macros are known. */
  couldBeMacro(word: Token): void {
    const last = this.list[this.list.length - 1];
    if (last && !this.frame && last.range.line === word.line.locate(word.column).line)
      last.word = { text: word.text, range: plain(new TokenRange(word, word)) };
  }

  private add(
    severity: Diagnostic['severity'],
    message: string,
    range: SourceRange | undefined,
    code: string | undefined,
    suggestion?: string,
    hint?: string,
  ): void {
    this.said++;
    this.listener?.(`${severity}: ${message}${code ? ` [-w+${severity === 'error' ? 'error=' : ''}${code}]` : ''}`);
    const where = this.place(range);
    const key = keyOf(severity, message, where);
    if (this.seen.has(key)) return;
    this.seen.add(key);
    if (severity === 'error') this.errors++;
    if (this.list.length >= Limits.diagnostics) return;
    const diagnostic: PendingDiagnostic = { severity, message, range: where, chain: this.chain(range) };
    if (code) diagnostic.code = code;
    if (suggestion !== undefined) diagnostic.suggestion = suggestion;
    if (hint !== undefined) diagnostic.hint = hint;
    this.list.push(diagnostic);
    if (this.late) {
      this.lateOnes.add(diagnostic);
      this.lateKeys.push(key);
    }
  }

  /** A message points at what the user wrote in a file: where the text came from a macro's body, at the call. */
  private place(range: SourceRange | undefined): SourceRange {
    const inner = range ? plain(range) : this.line ? wholeLine(this.line) : { ...noRange, file: this.file };
    const { frame } = this;
    if (!frame) return inner;
    const outer = this.outermost(frame);
    const typedInCall = range instanceof TokenRange && range.first.line === outer.callLine;
    if (typedInCall) return inner;
    const body = range instanceof TokenRange ? range.first.line : undefined;
    // A %rep outside macros: the line itself is in the file.
    const inRepetition = outer.macroName === undefined && frame === outer && body === this.line;
    return inRepetition ? inner : plain(new TokenRange(outer.callFirst, outer.callLast));
  }

  /** The way into the macros that the text came from, innermost first; of a very deep one the beginning. */
  private chain(range: SourceRange | undefined): Diagnostic['chain'] {
    const chain: Diagnostic['chain'] = [];
    if (range instanceof TokenRange) {
      for (let e = range.first.expansion; e && chain.length < Limits.chain; e = e.call.expansion) {
        if (e.body && !e.body.line.builtin && !e.macro.name.startsWith('__?'))
          chain.push({
            message: `... from single-line macro \`${e.macro.name}' defined here`,
            range: plain(new TokenRange(e.body, e.body)),
          });
      }
    }
    let here = this.line;
    for (let f = this.frame; f && chain.length < Limits.chain; f = f.parent) {
      if (f.macroName !== undefined && !f.hidden && here && !here.builtin) {
        const inBody = range instanceof TokenRange && range.first.line === here ? plain(range) : wholeLine(here);
        chain.push({ message: `... from macro \`${f.macroName}' defined here`, range: inBody });
      }
      here = f.callLine;
    }
    return chain;
  }

  /** The calls in files that led to calls met before: a deep recursion with a message in each call is walked once. */
  private readonly outermostOf = new WeakMap<Frame, Frame>();

  private outermost(frame: Frame): Frame {
    let outer = frame;
    for (let f: Frame | undefined = frame; f; f = f.parent) {
      outer = f;
      const known = this.outermostOf.get(f);
      if (!known) continue;
      outer = known;
      break;
    }
    this.outermostOf.set(frame, outer);
    return outer;
  }
}

const noRange: SourceRange = { file: '', line: 0, column: 0, endLine: 0, endColumn: 0 };

/** Columns `start` to `end` of a line. */
export function columnRange(line: SourceLine, start: number, end: number): SourceRange {
  const from = line.locate(start);
  const to = line.locate(end);
  return { file: line.file, line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
}

function wholeLine(line: SourceLine): SourceRange {
  const start = line.text.length - line.text.trimStart().length;
  return columnRange(line, Math.min(start, line.text.length), Math.max(line.text.trimEnd().length, start));
}

function keyOf(severity: string, message: string, { file, line, column }: SourceRange): string {
  return `${severity}\0${message}\0${file}\0${line}\0${column}`;
}

function plain(range: SourceRange): SourceRange {
  const { file, line, column, endLine, endColumn } = range;
  return { file, line, column, endLine, endColumn };
}
