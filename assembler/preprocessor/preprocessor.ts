import type { AssembleOptions, SourceReader } from '../api';
import { type Diagnostics, type Frame, TokenRange } from '../diagnostics';
import type { Evaluator } from '../expression/evaluate';
import type { Expression } from '../expression/expression';
import type { Integer } from '../expression/integer';
import { isScalar, type Result } from '../expression/linear';
import { readNumber } from '../expression/number';
import { ExpressionParser, type NameResolver } from '../expression/parse';
import { Limits } from '../limits';
import type { Identifiers } from '../source/identifiers';
import { Lexer } from '../source/lexer';
import { unquote } from '../source/quoted';
import { LineReader, type LineSource, type SourceLine } from '../source/source-line';
import { type Identifier, T, type Token, textOf } from '../source/token';
import { builtinLines, defineAliases, defineComputedMacros } from './builtin-macros';
import { callOf, type FoundCall } from './call';
import { Condition, conditionDirective } from './conditions';
import { directives } from './directives';
import { Expander } from './expander';
import type { KnownLines } from './known-lines';
import { BodyLine, MacroCall, MultiLineMacro, Repetition } from './multi-line-macro';
import { expandParameters, hasParameters } from './parameters';
import { growsIntoNumber, rejoinNumbers } from './paste';
import type { Context, SingleLineMacro } from './single-line-macro';
import { quotedText } from './string-directives';

/** What the preprocessor asks of the assembler around it. */
export interface PreprocessorHost {
  readonly names: NameResolver;
  readonly evaluator: Evaluator;
  /** Brings symbols and `$` up to the line in hand: an expression of a directive is about to use them. */
  catchUp(): void;
  readonly bits: number;
  /** `bin`, `elf32`, `elf64`. */
  readonly formatName: string;
  readonly debugFormat: string;
  /** 1, and 2 in the pass that makes the output. */
  readonly passNumber: number;
  readonly environment: ReadonlyMap<string, string>;
  /** Seconds since 1970, for `__?DATE?__` and its relatives. */
  readonly time: Date;
  readonly includePaths: readonly string[];
  /** For the listing: a line was read, or came out of a macro. */
  readonly listLine: ((line: SourceLine, text: string, level: number) => void) | undefined;
  /** For edits: what becomes of each line of the main file. */
  readonly lineObserver: LineObserver | undefined;
  cancelled(): boolean;
}

/** Hears of the lines of the main file, so that an edit need not read all of them again. */
export interface LineObserver {
  /** A line is read: in a branch of %if that is not taken, in the body of a macro. */
  reads(line: SourceLine, skipped: boolean, defining: boolean): void;
  /** It changes what macros mean after it, or more. */
  changesMacros(): void;
  /** It changes something else for the lines after it; `repeatable` where reading it again does not. */
  hasEffect(repeatable: boolean): void;
  /** A macro's name is mentioned in it, or in a macro that it calls; the token stands in the list already. */
  mentions(list: Token[], token: Token): void;
  /** It is an %else, %endif or the like. */
  closesCondition(): void;
  /** Lines have other numbers from here on than they have in the file, or something else makes them hard to find. */
  renumbered(): void;
}

/** What the command line says before the source: -P, -D, -U. */
export type PreprocessorOptions = Pick<AssembleOptions, 'preIncludes' | 'defines' | 'undefines'>;

/** Lines that are being handed out: a macro's body, a %rep's turn, or the standard macros. */
interface Cursor {
  lines: readonly BodyLine[];
  index: number;
  owner: MacroCall | Repetition | undefined;
  previousFrame: MacroCall | Repetition | undefined;
  previousCall: MacroCall | undefined;
  noList: boolean;
}

/** A file being read, with what was opened in it and not closed yet. */
interface Input {
  reader: LineSource | undefined;
  conditions: number[];
  /** The directives that opened them. */
  conditionTokens: Token[];
  cursors: Cursor[];
  level: number;
  noList: boolean;
}

/** Turns a source into lines without preprocessor constructs. */
export class Preprocessor {
  readonly lexer: Lexer;
  readonly expander: Expander;
  readonly diagnostics: Diagnostics;
  readonly inputs: Input[] = [];
  input!: Input;
  /** The expansion the line in hand came from. */
  frame: MacroCall | Repetition | undefined;
  /** The innermost macro call: what `%1` refers to. */
  call: MacroCall | undefined;
  /** The line in hand. */
  line!: SourceLine;
  /** The line of the main file that is being read; undefined before the first. */
  private mainLine: SourceLine | undefined;
  /** `__?LINE?__` was asked for. */
  lineNumberUsed = false;
  contexts: Context | undefined;
  contextDepth = 0;
  /** {@link next} gives blank lines too: where the preprocessed text is what is asked for. */
  blankLines = false;
  /** A %macro or %rep whose body is being collected. */
  defining: MultiLineMacro | Repetition | undefined;
  nestedMacros = 0;
  nestedRepetitions = 0;
  unique = 0;
  aliasesOff = false;
  saneEmptyExpansion = false;
  readonly packages = new Set<string>();
  readonly dependencies: string[] = [];
  /** The line that brought each included file first; undefined where the command line did. */
  readonly includedAt = new Map<string, SourceLine | undefined>();
  readonly singleLineMacros: SingleLineMacro[] = [];
  readonly multiLineMacros: MultiLineMacro[] = [];
  readonly parser: ExpressionParser;
  /** `%stacksize`: bytes of a slot, the register, offset of the first argument. */
  stack = { slot: 4, pointer: 'ebp', argument: 8, local: 0 };
  private calls = 0;
  private callDepth = 0;
  /** Lines out of macros, %rep and included files so far. */
  expandedLines = 0;
  private expandedTokens = 0;
  private stopped = false;

  /** Lines that %if left out are looked at again. */
  leavingOut = false;

  constructor(
    readonly identifiers: Identifiers,
    readonly host: PreprocessorHost,
    readonly reader: SourceReader,
  ) {
    this.diagnostics = host.names.diagnostics;
    this.parser = new ExpressionParser(host.names);
    this.lexer = new Lexer(identifiers, (message, line, column, end) => {
      // In lines that %if leaves out anything may stand.
      if ((this.emitting || this.defining) && !this.leavingOut) this.lexicalWarning(message, line, column, end);
    });
    this.expander = new Expander(this.expanderHost());
  }

  private expanderHost() {
    const pp = this;
    return {
      lexer: this.lexer,
      diagnostics: this.diagnostics,
      get aliasesOff() {
        return pp.aliasesOff;
      },
      get contexts() {
        return pp.contexts;
      },
      evaluateArgument: (tokens: readonly Token[], parameter: number, macro: SingleLineMacro) =>
        pp.evaluateArgument(tokens, parameter, macro),
      environment: (name: string) => pp.host.environment.get(name),
      mentions: (list: Token[], token: Token) => pp.host.lineObserver?.mentions(list, token),
    };
  }

  private lexicalWarning(message: string, line: SourceLine, column: number, end: number): void {
    // NASM takes the class of brackets for braces, too.
    const code = message.includes('string') ? 'pp-open-string' : 'pp-open-brackets';
    const from = line.locate(column);
    const to = line.locate(end);
    this.diagnostics.line = line;
    this.diagnostics.warning(code, message, {
      file: line.file,
      line: from.line,
      column: from.column,
      endLine: to.line,
      endColumn: to.column,
    });
  }

  /** Begins a source: standard macros, then `before` (options -P -D -U in order), then the text. */
  start(file: string, text: string, options: PreprocessorOptions): void {
    this.dependencies.push(file);
    this.pushInput(new LineReader(file, text), 0, false);
    defineComputedMacros(this);
    defineAliases(this);
    const before = [
      ...(options.preIncludes ?? []).map((name) => `%include ${quotedText(name)}`),
      ...(options.defines ?? []).map(({ name, value }) => `%define ${name} ${value}`),
      ...(options.undefines ?? []).map((name) => `%undef ${name}`),
    ];
    const lines = [...builtinLines(this), ...before.flatMap((one) => this.bodyLines(one))];
    this.pushInput(undefined, 1, true);
    this.pushCursor(lines, undefined, true);
  }

  /** Lines of built-in text, as of a macro's body. */
  bodyLines(text: string): BodyLine[] {
    const reader = new LineReader('', text);
    const lines: BodyLine[] = [];
    for (let line = reader.next(); line; line = reader.next()) {
      const builtin: SourceLine = Object.assign(Object.create(Object.getPrototypeOf(line)), line, { builtin: true });
      lines.push(new BodyLine(this.lexer, builtin, builtin.text.includes('%')));
    }
    return lines;
  }

  pushInput(reader: LineSource | undefined, level: number, noList: boolean): void {
    this.input = { reader, conditions: [], conditionTokens: [], cursors: [], level, noList };
    this.inputs.push(this.input);
  }

  pushCursor(lines: readonly BodyLine[], owner: MacroCall | Repetition | undefined, noList: boolean): void {
    this.input.cursors.push({
      lines,
      index: 0,
      owner,
      previousFrame: this.frame,
      previousCall: this.call,
      noList: noList || this.cursor()?.noList === true,
    });
    if (owner) this.frame = owner;
    if (owner instanceof MacroCall) this.call = owner;
  }

  private get mostLines(): number {
    return this.diagnostics.errors > 0 ? Limits.expandedLinesAfterError : Limits.expandedLines;
  }

  private get mostTokens(): number {
    return this.diagnostics.errors > 0 ? Limits.expandedTokensAfterError : Limits.expandedTokens;
  }

  private cursor(): Cursor | undefined {
    const { cursors } = this.input;
    return cursors[cursors.length - 1];
  }

  get emitting(): boolean {
    const { conditions } = this.input;
    return conditions.length === 0 || Condition.emits(conditions[conditions.length - 1]!);
  }

  /**
   * The tokens of the next line, never preprocessor directives; undefined at the end of the source. None where
   * {@link known} says what the line is.
   */
  next(): readonly Token[] | undefined {
    while (!this.stopped) {
      if (this.expander.exhausted) {
        return this.giveUp(`more than ${Limits.lineTokens} tokens in one line out of macros: giving up`);
      }
      const expanded = this.expandedTokens + this.expander.total;
      if (expanded > Limits.expandedTokensAfterError && expanded > this.mostTokens) {
        return this.giveUp(`more than ${this.mostTokens} tokens out of macros: giving up`);
      }
      const fetched = this.fetch();
      if (!fetched) return undefined;
      if (this.known !== undefined) return fetched;
      let tokens: readonly Token[] = fetched;
      const skipping = !this.emitting || (this.frame instanceof Repetition && this.frame.ended);
      if (!this.defining && !skipping && this.parameters) {
        tokens = expandParameters(tokens, this.parameterHost);
        this.expandedTokens += tokens.length;
        if (tokens.length > 0 && this.knownLines) {
          this.known = this.knownLines.ofTokens(tokens, this.line);
          if (this.known !== undefined) return noTokens;
        }
      }
      const first = tokens[0];
      if (first !== undefined && first.type === T.Preprocessor && this.directive(tokens, skipping)) {
        const made = this.generated;
        if (made) {
          this.generated = undefined;
          return made;
        }
        continue;
      }
      if (this.defining) {
        this.collect(tokens);
        continue;
      }
      if (first === undefined && this.blankLines && !skipping && !this.line.builtin) return noTokens;
      if (skipping || first === undefined) continue;
      const unexpanded = tokens;
      tokens = this.expander.expand(unexpanded);
      if (tokens.length === 0 || this.callMacro(tokens)) continue;
      if (tokens === unexpanded) this.knownLines?.offer(this.parameters ? undefined : this.key, tokens);
      else this.knownLines?.withdraw();
      const finished = this.finished(tokens);
      if (finished.length === 0) continue;
      return finished;
    }
    return undefined;
  }

  /** The line as the parser gets it: context-local names that are no macros are labels, `%!NAME` is its value. */
  private finished(tokens: readonly Token[]): readonly Token[] {
    let plain = true;
    for (let i = 0; plain && i < tokens.length; i++) {
      const { type, text } = tokens[i]!;
      plain = type > T.Environment || type < T.ContextLocal ? !(type === T.Number && text.charCodeAt(0) === 45) : false;
    }
    if (plain && !numbersGrow(tokens)) return tokens;
    return rejoinNumbers(tokens, this.lexer).flatMap((token) => {
      // A negative number that %assign made is two tokens to the parser, as it is in text.
      if (token.type === T.Number && token.text[0] === '-') return this.negative(token);
      if (token.type === T.ContextLocal) {
        this.host.lineObserver?.changesMacros();
        const local = this.expander.contextOf(token);
        return local ? [this.lexer.word(`..@${local.scope.number}.${local.name}`, token, token.space)] : [];
      }
      if (token.type !== T.Environment) return [token];
      return this.lexer.pasted(this.environmentValue(token), token);
    });
  }

  private negative(token: Token): Token[] {
    const parts = this.lexer.pasted(token.text, token);
    return [parts[0]!.withSpace(token.space), ...parts.slice(1)];
  }

  private environmentValue(token: Token): string {
    let name = token.text.slice(2);
    if (/^['"`]/.test(name)) name = String.fromCharCode(...unquote(name));
    const value = this.host.environment.get(name);
    if (value === undefined)
      this.diagnostics.warning(
        'pp-environment',
        `nonexistent environment variable \`${name}'`,
        new TokenRange(token, token),
      );
    return value ?? '';
  }

  /** Lines that were parsed before; where set, a line known is not given as tokens but as {@link known}. */
  knownLines: KnownLines<object> | undefined;
  /** What the line in hand is; undefined where it is given as tokens. */
  known: object | undefined;
  /** What the line in hand is remembered by. */
  private key: string | BodyLine = '';
  /** Set by {@link fetch}: the line in hand has macro parameters in it. */
  private parameters = false;
  /** A directive turned into a line for the assembler (%pragma). */
  generated: readonly Token[] | undefined;
  private linesUntilCheck = 1000;

  readonly parameterHost = (() => {
    const pp = this;
    return {
      get lexer() {
        return pp.lexer;
      },
      get diagnostics() {
        return pp.diagnostics;
      },
      get call() {
        return pp.call;
      },
      expandLine: (tokens: readonly Token[]) => pp.expander.expand(tokens),
    };
  })();

  /** The next line as it stands, from a macro being expanded or from a file. */
  private fetch(): readonly Token[] | undefined {
    this.known = undefined;
    if (--this.linesUntilCheck === 0) {
      this.linesUntilCheck = 1000;
      if (this.host.cancelled()) {
        this.fatal('assembling was cancelled');
        return undefined;
      }
    }
    for (;;) {
      const { input } = this;
      const cursor = this.cursor();
      if (cursor) {
        if (cursor.index < cursor.lines.length) {
          const body = cursor.lines[cursor.index++]!;
          if (body.line.builtin && this.defining instanceof MultiLineMacro && this.collectUnread(body)) continue;
          if (cursor.owner && ++this.expandedLines > this.mostLines) {
            return this.giveUp(`more than ${this.mostLines} lines out of macros: giving up`);
          }
          this.line = body.line;
          this.key = body;
          this.parameters = body.hasParameters;
          this.diagnostics.line = body.line;
          this.diagnostics.frame = this.frame;
          if (this.host.listLine && !cursor.noList && !input.noList && !body.line.builtin)
            this.host.listLine(body.line, textWithIndent(body), this.frame?.level ?? input.level);
          if (body.known !== undefined && this.isKnown(body)) return noTokens;
          return body.tokens;
        }
        this.endCursor(cursor);
        continue;
      }
      const line = input.reader?.next();
      if (line) {
        this.line = line;
        this.diagnostics.line = line;
        this.diagnostics.frame = undefined;
        if (this.host.listLine && !input.noList) this.host.listLine(line, line.text, input.level);
        const text = line.text;
        if (this.inputs.length === 1) {
          this.mainLine = line;
          this.host.lineObserver?.reads(line, !this.emitting, this.defining !== undefined);
        } else if (++this.expandedLines > this.mostLines) {
          return this.giveUp(`more than ${this.mostLines} lines out of macros and included files: giving up`);
        }
        if (text.charCodeAt(0) === 35 && text.charCodeAt(1) === 32) {
          this.host.lineObserver?.renumbered();
          this.compilerLine(text);
          continue;
        }
        this.key = text;
        if (this.isKnown(text)) return noTokens;
        if (isBlank(text)) {
          this.parameters = false;
          return noTokens;
        }
        const tokens = this.lexer.line(line);
        this.parameters = text.indexOf('%') >= 0 && hasParameters(tokens);
        return tokens;
      }
      if (!this.endInput()) return undefined;
    }
  }

  /** Finds {@link known}, where lines are on their way to the parser. */
  private isKnown(key: string | BodyLine): boolean {
    const { knownLines, frame } = this;
    if (!knownLines || this.defining || !this.emitting || (frame instanceof Repetition && frame.ended)) return false;
    this.known = knownLines.find(key);
    return this.known !== undefined;
  }

  private endCursor(cursor: Cursor): void {
    const { owner } = cursor;
    if (owner instanceof Repetition && owner.remaining > 0 && !owner.ended) {
      owner.remaining--;
      cursor.index = 0;
      return;
    }
    this.input.cursors.pop();
    this.frame = cursor.previousFrame;
    this.call = cursor.previousCall;
    if (owner instanceof MacroCall) {
      owner.macro.inProgress--;
      if (this.defining instanceof Repetition) {
        this.fatal(`\`%rep' without \`%endrep' within expansion of macro \`${owner.macro.name}'`);
      }
      if (--this.callDepth === 0) this.calls = 0;
    }
  }

  /** False where that was the last file. */
  private endInput(): boolean {
    const ended = this.inputs.pop()!;
    if (ended.conditions.length) {
      const open = ended.conditionTokens[ended.conditionTokens.length - 1];
      this.diagnostics.frame = undefined;
      this.fatal("expected `%endif' before end of file", open);
    }
    const input = this.inputs[this.inputs.length - 1];
    if (input) {
      this.input = input;
      return true;
    }
    this.inputs.push(ended);
    this.input = ended;
    if (this.defining) {
      this.openAtEnd = true;
      if (this.defining instanceof MultiLineMacro)
        this.diagnostics.error(`end of file while still defining macro \`${this.defining.name}'`);
      else this.diagnostics.error('end of file while still in %rep');
      this.defining = undefined;
    }
    return false;
  }

  /** `# 12 "file"`, as C compilers write it: the same as %line. */
  private compilerLine(text: string): void {
    const match = /^# (\d+)\s*"?([^"]*)"?/.exec(text);
    const reader = this.input.reader;
    if (!match || !reader) return;
    reader.number = Number(match[1]) - 1;
    if (match[2]) reader.file = match[2];
  }

  private directive(tokens: readonly Token[], skipping: boolean): boolean {
    const first = tokens[0]!;
    const name = first.identifier!.folded.text;
    const condition = conditionDirective(name);
    if (skipping && !condition) return false;
    if (this.defining) return this.directiveWhileDefining(name, tokens);
    if (this.host.lineObserver) this.observeDirective(this.host.lineObserver, name, tokens);
    if (condition) {
      condition(this, tokens);
      return true;
    }
    const handler = directives.get(name);
    if (!handler) return false;
    handler(this, tokens);
    return true;
  }

  private observeDirective(observer: LineObserver, name: string, tokens: readonly Token[]): void {
    if (passing.has(name)) return;
    if (conditionDirective(name)) {
      // Of a macro they concern the macro.
      if (!this.frame && !name.startsWith('%if')) observer.closesCondition();
    } else if (this.line.builtin && tokens[1]?.text === '__?SECT?__') observer.hasEffect(false);
    else observer.changesMacros();
  }

  /** While a body is collected only what ends it, or nests in it, is looked at. */
  private directiveWhileDefining(name: string, tokens: readonly Token[]): boolean {
    const inRepetition = this.defining instanceof Repetition;
    const startsMacro = name === '%macro' || name === '%imacro' || name === '%rmacro' || name === '%irmacro';
    if (startsMacro) {
      this.nestedMacros++;
      return false;
    }
    if (name === '%endmacro' || name === '%endm') {
      if (this.nestedMacros > 0) {
        this.nestedMacros--;
        return false;
      }
    } else if (!inRepetition) return false;
    else if (name === '%rep') {
      this.nestedRepetitions++;
      return false;
    } else if (name === '%endrep') {
      if (this.nestedRepetitions > 0) {
        this.nestedRepetitions--;
        return false;
      }
    } else return false;
    directives.get(name)!(this, tokens);
    return true;
  }

  private collect(tokens: readonly Token[]): void {
    const parameters = hasParameters(tokens);
    this.defining!.body.push(new BodyLine(tokens, this.line, parameters));
    if (
      parameters &&
      this.defining instanceof MultiLineMacro &&
      tokens.some((t) => t.type === T.MacroParameter && t.text === '%00')
    )
      this.defining.capturesLabel = true;
  }

  /** A built-in line into the body of the macro that is being defined, without looking at its tokens. */
  private collectUnread(body: BodyLine): boolean {
    const macro = this.defining as MultiLineMacro;
    const { text } = body.line;
    if (/^%(endm|i?r?macro)/.test(text)) return false;
    macro.body.push(body);
    if (text.includes('%00')) macro.capturesLabel = true;
    return true;
  }

  /** Begins the expansion of the multi-line macro that the line calls; false where it calls none. */
  private callMacro(tokens: readonly Token[]): boolean {
    const found = callOf(tokens, this);
    if (!found) return false;
    if (this.calls >= Limits.macroCalls || this.callDepth >= Limits.macroDepth) {
      this.fatal('interminable multiline macro recursion');
      return true;
    }
    this.calls++;
    this.callDepth++;
    this.beginCall(found, tokens);
    return true;
  }

  private beginCall(found: FoundCall, tokens: readonly Token[]): void {
    const { macro, at } = found;
    const name = tokens[at]!;
    macro.inProgress++;
    macro.references.push(name);
    this.host.lineObserver?.mentions(macro.references, name);
    const call = new MacroCall(
      macro,
      name.text,
      found.args,
      this.unique++,
      this.line,
      name,
      tokens[tokens.length - 1]!,
      this.frame,
      (this.frame?.level ?? this.input.level) + 1,
    );
    call.conditions = this.input.conditions.length;
    this.pushCursor(macro.body, call, macro.noList);
    if (at === 0) return;
    if (macro.capturesLabel) {
      call.args[0] = [tokens[0]!];
      return;
    }
    // The label stands on a line of its own before the macro's first.
    const label = tokens.slice(0, at) as Token[];
    let spaceAfter = name.space;
    if (label[label.length - 1]!.type !== 58) {
      const last = label[label.length - 1]!;
      label.push(...this.lexer.pasted(':', last).map((colon) => colon.withSpace(name.space)));
      spaceAfter = false;
    }
    this.input.cursors.push({
      lines: [new BodyLine(label, this.line, false, spaceAfter)],
      index: 0,
      owner: undefined,
      previousFrame: this.frame,
      previousCall: this.call,
      noList: macro.noList || this.cursor()!.noList,
    });
  }

  /**
   * Reads some lines of the main file again, after its end and with the macros as they are there.
   * @param unique the number of the first macro call
   */
  restart(lines: LineSource, unique: number): void {
    this.inputs.length = 0;
    this.pushInput(lines, 0, false);
    this.frame = undefined;
    this.call = undefined;
    this.unique = unique;
    this.openAtEnd = false;
  }

  /** The lines ended in the middle of a conditional, or of a macro's body. */
  openAtEnd = false;

  /** Ends assembling after what was said so far. */
  fatal(message: string, at?: Token): void {
    this.diagnostics.error(message, at && new TokenRange(at, at));
    this.stopped = true;
  }

  /** Ends assembling because the source asks for more than {@link Limits} has: what there is of it is not looked at. */
  giveUp(message: string): undefined {
    this.fatal(message);
    this.exceeded = true;
  }

  /** A limit ended the source. */
  exceeded = false;

  /** Something fatal, or %exit, ended the source before its end. */
  get ended(): boolean {
    return this.stopped;
  }

  /** No further line comes. */
  stop(): void {
    this.stopped = true;
  }

  dependOn(path: string): void {
    if (!this.dependencies.includes(path)) this.dependencies.push(path);
  }

  /** A file is about to be read in the place of the line in hand. */
  noteInclusion(path: string): void {
    if (path === this.diagnostics.file || this.includedAt.has(path)) return;
    const line = this.lineInFile();
    this.includedAt.set(path, line.builtin ? undefined : line);
  }

  /** The line that `__?LINE?__` names: of the outermost macro call, not of the macro. */
  reportedLine(): SourceLine {
    this.lineNumberUsed = true;
    return this.lineInFile();
  }

  private lineInFile(): SourceLine {
    let frame: Frame | undefined = this.frame;
    while (frame?.parent) frame = frame.parent;
    return frame instanceof MacroCall ? frame.callLine : this.line;
  }

  noteMacro(macro: SingleLineMacro, name: Identifier): void {
    this.noteChange(name);
    if (macro.definition && !macro.definition.line.builtin) this.singleLineMacros.push(macro);
  }

  /** A name becomes a macro, or a macro becomes another: lines with it mean something else. */
  noteChange(name: Identifier): void {
    const { folded } = name;
    folded.changedAt = this.mainLine;
    if (!folded.inKnownLine) return;
    folded.inKnownLine = false;
    this.knownLines?.forget();
  }

  /**
   * The line with the name at `at` put together: a name of several parts (`lbl%$n`) is expanded and joined, a name of
   * one part stays as it is.
   */
  expandName(tokens: readonly Token[], at: number): readonly Token[] {
    let end = at + 1;
    while (end < tokens.length && !tokens[end]!.space && isNamePart(tokens[end]!)) end++;
    if (end <= at + 1) return tokens;
    return [...tokens.slice(0, at), ...this.expander.expand(tokens.slice(at, end)), ...tokens.slice(end)];
  }

  /** The counts of a macro's head: `2`, `1-3`, `1-*`, `2+`. */
  readParameterCounts(
    tokens: readonly Token[],
    at: number,
    name: string,
    optional: boolean,
  ): { minimum: number; maximum: number; greedy: boolean; next: number } {
    const complain = (message: string, i: number): void => {
      const token = tokens[Math.min(i, tokens.length - 1)]!;
      this.diagnostics.error(message, new TokenRange(token, token));
    };
    let minimum = 0;
    let maximum = optional ? Number.MAX_SAFE_INTEGER : 0;
    let next = at;
    if (tokens[next]?.type === T.Number) {
      minimum = maximum = this.parameterCount(tokens[next]!);
      next++;
    } else if (!optional) complain(`\`${name}' expects a parameter count`, next);
    else if (next < tokens.length) complain(`\`${name}' expects a parameter count or nothing`, next);
    if (next > at && tokens[next]?.type === 45 /* - */) {
      next++;
      if (tokens[next]?.type === 42 /* * */) {
        maximum = Number.MAX_SAFE_INTEGER;
        next++;
      } else if (tokens[next]?.type !== T.Number) complain(`\`${name}' expects a parameter count after \`-'`, next);
      else {
        maximum = this.parameterCount(tokens[next]!);
        if (minimum > maximum) {
          complain('minimum parameter count exceeds maximum', next);
          maximum = minimum;
        }
        next++;
      }
    }
    const greedy = tokens[next]?.type === 43 /* + */;
    if (greedy) next++;
    return { minimum, maximum, greedy, next };
  }

  private parameterCount(token: Token): number {
    const { value, malformed } = readNumber(token.text);
    const range = new TokenRange(token, token);
    if (malformed) this.diagnostics.error(`unable to parse parameter count \`${token.text}'`, range);
    else if (typeof value !== 'number' || value < 0 || value > 0x7fffffff) {
      this.diagnostics.error(`parameter count \`${token.text}' is out of bounds [0; 2147483647]`, range);
      return 0;
    }
    return Number(value);
  }

  /** `on off yes no true false`, a number, or nothing for true. */
  booleanOption(tokens: readonly Token[], at: number, otherwise: boolean): boolean {
    const word = tokens[at];
    if (!word) return true;
    const index = ['no', 'yes', 'false', 'true', 'off', 'on'].indexOf(word.text.toLowerCase());
    if (index >= 0) return (index & 1) === 1;
    const evaluated = this.evaluate(tokens, at);
    if (!evaluated) return true;
    if (evaluated.next < tokens.length) this.trailing(tokens, evaluated.next, 'expression');
    if (isScalar(evaluated.result)) return evaluated.result !== 0;
    this.diagnostics.error('boolean flag expression must be a constant', new TokenRange(word, word));
    return otherwise;
  }

  /** The expression at `position`, with all it needs known now; says so where it is none. */
  evaluate(tokens: readonly Token[], position: number): { result: Result; next: number } | undefined {
    const { parser } = this;
    parser.start(tokens, position);
    if (position >= tokens.length) {
      const last = tokens[tokens.length - 1];
      this.diagnostics.error('expression syntax error', last ? new TokenRange(last, last) : undefined);
      return undefined;
    }
    const expression = parser.parse();
    if (!expression) return undefined;
    const result = this.value(expression);
    return result === undefined ? undefined : { result, next: parser.position };
  }

  private value(expression: Expression): Result | undefined {
    const { evaluator } = this.host;
    if (!expression.fixed) this.host.catchUp();
    const critical = evaluator.critical;
    evaluator.critical = true;
    const result = evaluator.evaluate(expression);
    evaluator.critical = critical;
    return result;
  }

  /** A number that stands for the rest of a directive's line; `what` for "non-constant value given to". */
  number(tokens: readonly Token[], position: number, what: string): Integer | undefined {
    const evaluated = this.evaluate(tokens, position);
    if (!evaluated) return undefined;
    const { result, next } = evaluated;
    if (next < tokens.length) this.trailing(tokens, next, 'expression');
    if (isScalar(result)) return result;
    this.diagnostics.error(
      `non-constant value given to \`${what}'`,
      new TokenRange(tokens[position]!, tokens[tokens.length - 1]!),
    );
    return undefined;
  }

  trailing(tokens: readonly Token[], from: number, after: string): void {
    this.diagnostics.warning(
      'pp-trailing',
      `trailing garbage after ${after} ignored`,
      new TokenRange(tokens[from]!, tokens[tokens.length - 1]!),
    );
  }

  private evaluateArgument(tokens: readonly Token[], parameter: number, macro: SingleLineMacro): Integer | undefined {
    const evaluated = this.evaluate(tokens, 0);
    if (!evaluated) return undefined;
    const range = tokens.length ? new TokenRange(tokens[0]!, tokens[tokens.length - 1]!) : undefined;
    const where = `in parameter ${parameter} of ${macro.minimum < 0 ? 'macro' : 'function'} \`${macro.name}'`;
    if (evaluated.next < tokens.length) this.diagnostics.error(`invalid expression ${where}`, range);
    else if (isScalar(evaluated.result)) return evaluated.result;
    else this.diagnostics.error(`non-constant expression ${where}`, range);
    return undefined;
  }
}

const noTokens: readonly Token[] = [];

/** Directives that are over with the line, or with the macro call that they are in. */
const passing: ReadonlySet<string> = new Set(
  '%rep %endrep %exitrep %exitmacro %rotate %error %warning %null'.split(' '),
);

/** Nothing, or a comment only. */
function isBlank(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c !== 32 && c !== 9) return c === 59 /* ; */;
  }
  return true;
}

function numbersGrow(tokens: readonly Token[]): boolean {
  for (let i = 1; i < tokens.length; i++) if (growsIntoNumber(tokens[i - 1]!, tokens[i])) return true;
  return false;
}

function isNamePart(token: Token): boolean {
  const { type } = token;
  return type === T.Identifier || type === T.Preprocessor || type === T.ContextLocal || type === T.Number;
}

/** A macro line as the listing shows it. */
function textWithIndent({ tokens, spaceAfter }: BodyLine): string {
  return `${tokens.length && tokens[0]!.space ? ' ' : ''}${textOf(tokens)}${spaceAfter ? ' ' : ''}`;
}
