import type { AssembleOptions, SourceReader } from '../api';
import { Diagnostics, type Frame, type PendingDiagnostic, TokenRange } from '../diagnostics';
import type { Encode, ParsedInstruction } from '../encoder/instruction';
import { PlainEncoder } from '../encoder/plain';
import { Evaluator } from '../expression/evaluate';
import { Expression, Op } from '../expression/expression';
import type { FloatSettings } from '../expression/float';
import type { Integer } from '../expression/integer';
import { isScalar } from '../expression/linear';
import { ExpressionParser, type NameResolver } from '../expression/parse';
import { Limits } from '../limits';
import type { FormatProgram, OutputFormat } from '../output/format';
import { registerDirectives } from '../parser/directives';
import { type ParserContext, StatementParser } from '../parser/statement';
import { KnownLines } from '../preprocessor/known-lines';
import { type LineObserver, Preprocessor, type PreprocessorHost } from '../preprocessor/preprocessor';
import { Identifiers } from '../source/identifiers';
import type { SourceLine } from '../source/source-line';
import { T, Token } from '../source/token';
import type { CodeBuffer } from './code-buffer';
import { BranchLine, BranchTokens, ComposedLines, type InstructionEncoder, noPrefixes } from './composed-lines';
import {
  Code,
  condense,
  type Item,
  ItemKind,
  isStatement,
  type Mode,
  type PureCode,
  Statement,
  type ValueSlot,
} from './item';
import { Layout } from './layout';
import { LineRecipe, operandsOf } from './line-recipe';
import { Effect, type LineRecords, type LineState } from './line-records';
import { ListedLines } from './listed-lines';
import { Relaxation } from './relax';
import { Section } from './section';
import { adviseOnSymbol, suggestInstruction } from './suggest';
import type { ProgramSymbol, SymbolState } from './symbol';
import { Symbols } from './symbols';
import { OperandValue } from './value';

/** What a line is that needs no parser; a token is a label. */
type KnownStatement = PureCode | BranchLine | BranchTokens | LineRecipe | Token;

/** One run over a source, from text to items with sizes and addresses. */
export class Assembly implements ParserContext, PreprocessorHost, FormatProgram, NameResolver, InstructionEncoder {
  readonly diagnostics: Diagnostics;
  readonly evaluator: Evaluator;
  readonly identifiers = new Identifiers();
  readonly symbols = new Symbols();
  readonly sections: Section[] = [];
  readonly format: OutputFormat;
  readonly layout: Layout;
  readonly floats: FloatSettings = { denormalsAreZero: false, rounding: 'near' };
  readonly environment: ReadonlyMap<string, string>;
  readonly time: Date;
  readonly includePaths: readonly string[];
  preprocessor!: Preprocessor;
  items: Item[] = [];
  mode!: Mode;
  section!: Section;
  /** Lines for the listing; undefined where none was asked for. */
  readonly listing: ListedLines | undefined;
  passNumber = 1;
  readonly listLine: ((line: SourceLine, text: string, level: number) => void) | undefined;
  /**
   * The preprocessor asked for `$` or a symbol: its result may be another one in the next pass, so that it has to run
   * in every pass, as NASM's does.
   */
  layoutDependent = false;
  /** Only the preprocessor runs: directives of the assembler are text. */
  preprocessing = false;
  /** All passes were run, so that every item has its place. */
  complete = false;
  readonly knownLines = new KnownLines<KnownStatement>(new ComposedLines(this.identifiers, this));
  statements!: StatementParser;
  /** What each line of the main file was read with; undefined where nobody will edit them. */
  records: LineRecords | undefined;
  /** An edit may change lines by themselves: nothing in the source depends on addresses or on what comes after it. */
  editable = false;
  /** What was said while the source was read. */
  front: PendingDiagnostic[] = [];
  private readSymbols: SymbolState[] = [];
  /** What {@link Diagnostics.said} was before the line in hand. */
  private saidBefore = 0;
  /** Items that were visited in the pass that runs. */
  private visited = 0;
  /** Looking for what was meant takes a while in a large source: for the first few only. */
  private suggestions = 20;
  private ended = false;
  private concluding = false;
  private readonly lateReferences: { symbol: ProgramSymbol; token: Token }[] = [];
  /** The label that local names belong to at the end of the source. */
  lastScope = '';
  private readonly named = new Map<string, Section>();
  private readonly externals = new Map<string, Section>();
  private readonly absolutes: Section[] = [];
  private absoluteCount = 0;

  constructor(
    readonly options: AssembleOptions,
    readonly reader: SourceReader,
    encode: Encode,
    makeFormat: (program: Assembly) => OutputFormat,
  ) {
    this.diagnostics = new Diagnostics(options.warnings);
    this.evaluator = new Evaluator(this.diagnostics);
    this.evaluator.explainUndefined = (symbol) =>
      this.suggestions-- > 0 ? adviseOnSymbol(symbol, this.symbols, this.preprocessor.multiLineMacros) : {};
    this.environment = new Map(Object.entries(options.environment ?? {}));
    this.time = options.time ?? new Date();
    this.includePaths = options.includePaths ?? [];
    this.format = makeFormat(this);
    if (options.listing) {
      const listing = new ListedLines();
      this.listing = listing;
      this.listLine = (line, text, depth) => listing.add(line.number + 1, text, depth);
      this.diagnostics.listener = (text) => listing.note(text);
    } else {
      this.listing = undefined;
      this.listLine = undefined;
    }
    const level = options.optimization ?? 'x';
    this.layout = new Layout(
      this.evaluator,
      this.diagnostics,
      encode,
      level === 'x' ? Number.POSITIVE_INFINITY : level,
      this.sections,
    );
  }

  get names(): NameResolver {
    return this;
  }
  get warnings(): ReadonlyMap<string, 'on' | 'off' | 'error'> {
    return this.diagnostics.warnings;
  }
  get listingLine(): number {
    return this.listing ? this.listing.current : -1;
  }
  /** 0 where nobody looks at directives. */
  get bits(): number {
    return this.preprocessing ? 0 : this.mode.bits;
  }
  get formatName(): string {
    return this.options.format;
  }
  get debugFormat(): string {
    return this.options.format === 'bin' || !this.options.debug ? '' : 'dwarf';
  }
  get origin(): Integer | undefined {
    return this.layout.origin;
  }

  get definitionOrder(): readonly ProgramSymbol[] {
    return this.layout.definitionOrder;
  }

  reference(token: Token): ProgramSymbol {
    const symbol = this.symbols.reference(token);
    if (this.concluding) this.lateReferences.push({ symbol, token });
    else this.records?.noteReference(symbol.references, token, symbol);
    return symbol;
  }

  /** The output is about to be made: names that only it looks at (in attributes of symbols) are looked at once more. */
  beginOutput(): void {
    for (const { symbol, token } of this.lateReferences) {
      const at = symbol.references.lastIndexOf(token);
      if (at < 0) continue;
      symbol.references.splice(at, 1);
      symbol.uses--;
    }
    this.lateReferences.length = 0;
    this.concluding = true;
    this.symbols.scope = this.lastScope;
  }

  endOutput(): void {
    this.concluding = false;
  }

  readBytes(name: string, from: string): Uint8Array | undefined {
    const path = this.reader.resolve(name, from, this.includePaths);
    if (path === undefined) return undefined;
    this.preprocessor.dependOn(path);
    return this.reader.readBytes(path);
  }

  private readonly suggested = new Map<string, string | undefined>();

  readonly suggestInstruction = (word: string): string | undefined => {
    if (!this.suggested.has(word)) this.suggested.set(word, suggestInstruction(word));
    return this.suggested.get(word);
  };

  /** It was told to give up: what there is of it is worth nothing. */
  get wasCancelled(): boolean {
    return this.ended;
  }

  cancelled(): boolean {
    if (!this.ended && this.options.cancelled?.()) this.ended = true;
    return this.ended;
  }

  sectionNamed(name: string): Section {
    let section = this.named.get(name);
    if (!section) {
      section = new Section(name, 'section', this.sections.length);
      this.sections.push(section);
      this.named.set(name, section);
    }
    return section;
  }

  /** What an EXTERN or COMMON symbol is relative to: itself. */
  externalNamed(name: string): Section {
    let section = this.externals.get(name);
    if (!section) {
      section = new Section(name, 'external', -1);
      this.externals.set(name, section);
    }
    return section;
  }

  /** The next ABSOLUTE stretch: the same object in every run. */
  nextAbsolute(): Section {
    let section = this.absolutes[this.absoluteCount];
    if (!section) {
      section = new Section(`absolute ${this.absoluteCount}`, 'absolute', this.sections.length);
      this.sections.push(section);
      this.absolutes.push(section);
    }
    this.absoluteCount++;
    return section;
  }

  number(text: string, at: Token, what: string): Integer | undefined {
    const parser = new ExpressionParser(this);
    parser.start(this.preprocessor.lexer.pasted(text, at), 0);
    const expression = parser.parse();
    if (!expression) return undefined;
    if (!expression.fixed) this.catchUp();
    this.evaluator.critical = true;
    const value = this.evaluator.evaluate(expression);
    this.evaluator.critical = this.layout.final;
    if (value === undefined || isScalar(value)) return value;
    this.diagnostics.error(what, new TokenRange(at, at));
    return undefined;
  }

  /** Visits what was parsed and not visited yet; then `$` is where the line in hand begins. */
  catchUp(): void {
    this.layoutDependent = true;
    const { frame, line, warnings } = this.diagnostics;
    this.visitNew();
    this.diagnostics.frame = frame;
    this.diagnostics.line = line;
    this.diagnostics.warnings = warnings;
    this.evaluator.section = this.section;
    this.evaluator.offset = this.section.offset;
  }

  private visitNew(): void {
    const { items, layout } = this;
    for (let i = this.visited; i < items.length; i++) layout.visit(items[i]!);
    this.visited = items.length;
  }

  /** From text to items with final sizes and addresses; what is wrong stands in {@link diagnostics}. */
  run(file: string, text: string): void {
    this.layout.begin(false);
    this.readSource(file, text);
    if (this.records) this.keepRead();
    if (this.preprocessor.exceeded) {
      this.finish();
      return;
    }
    this.visitNew();
    // Some of what a source leaves behind holds for its beginning too, because NASM starts later passes with it: the
    // FLOAT settings, and the label that local names belong to.
    const floatsChanged = this.floats.denormalsAreZero || this.floats.rounding !== 'near';
    if (floatsChanged || (this.symbols.early && this.symbols.scope !== '')) {
      this.symbols.table.clear();
      this.readSource(file, text);
      this.visitNew();
      this.editable = false;
    }
    if (this.layoutDependent) this.complete = this.runEveryPass(file, text);
    else {
      this.settle();
      this.complete = true;
    }
    this.finish();
  }

  private finish(): void {
    this.diagnostics.frame = undefined;
    this.diagnostics.line = undefined;
    for (const section of this.sections) section.size = section.offset;
  }

  /** Keeps what reading the source made, before any pass changes it. */
  private keepRead(): void {
    this.editable = !this.layoutDependent && !this.preprocessor.ended && !this.format.alignsByOrder;
    this.front = [...this.diagnostics.list];
    this.readSymbols = [...this.symbols.table.values()].map((symbol) => symbol.state);
  }

  /** What the source declares of a symbol; a definition may have changed it since. */
  declared(symbol: ProgramSymbol): SymbolState | undefined {
    return this.readSymbols.find((state) => state.symbol === symbol);
  }

  /** All passes over the items as they are now, as if they had just been read. */
  layOutAgain(): void {
    const { layout, items, diagnostics } = this;
    this.suggestions = 20;
    diagnostics.restart(this.front, diagnostics.commandLineWarnings);
    for (const symbol of this.symbols.table.values()) symbol.reset();
    for (const state of this.readSymbols) state.symbol.restore(state);
    for (const item of items) if (isStatement(item)) item.reset();
    for (const section of this.sections) {
      section.absoluteStart = 0;
      section.absoluteBase = undefined;
    }
    layout.restart();
    layout.begin(false);
    this.visited = 0;
    this.visitNew();
    this.settle();
    this.finish();
  }

  reads(line: SourceLine, skipped: boolean, defining: boolean): void {
    this.records!.begin(line, this.lineState(skipped, defining));
  }
  changesMacros(): void {
    this.records!.note(Effect.Lasting, true);
  }
  hasEffect(repeatable: boolean): void {
    this.records!.note(repeatable ? Effect.Repeatable : Effect.Lasting, false);
  }
  mentions(list: Token[], token: Token): void {
    this.records!.noteReference(list, token, undefined);
  }
  closesCondition(): void {
    this.records!.noteClosing();
  }
  renumbered(): void {
    this.records!.usable = false;
  }
  private lineState(skipped: boolean, defining: boolean): LineState {
    const { mode, section, symbols, items, preprocessor } = this;
    const { unique, inputs } = preprocessor;
    const firstItem = items.length;
    const depth = inputs[0]!.conditions.length;
    return { firstItem, mode, section, scope: symbols.scope, unique, depth, skipped, defining };
  }
  get lineObserver(): LineObserver | undefined {
    return this.records && this;
  }

  /** Preprocesses and parses the source; items are visited only where the preprocessor asks. */
  private readSource(file: string, text: string): void {
    const preprocessor = this.startSource(file, text);
    const statements = new StatementParser(this);
    this.statements = statements;
    registerDirectives(this, statements.directives);
    const { knownLines } = this;
    knownLines.forget();
    preprocessor.knownLines = knownLines;
    this.readLines();
    this.lastScope = this.symbols.scope;
    if (this.records) this.records.end = this.lineState(false, this.preprocessor.openAtEnd);
  }

  /** Parses what the preprocessor gives, to its end. */
  readLines(): void {
    const { preprocessor, diagnostics, statements } = this;
    for (let tokens = preprocessor.next(); tokens; tokens = preprocessor.next()) {
      const { line, frame } = preprocessor;
      const known = preprocessor.known as KnownStatement | undefined;
      if (known === undefined) {
        this.saidBefore = diagnostics.said;
        statements.parse(tokens, line, frame);
      } else if ('size' in known)
        this.items.push(new Code(line, frame, this.mode, this.section, this.listingLine, known));
      else if (known instanceof BranchLine) this.addBranchLine(known, line, frame);
      else if (known instanceof BranchTokens) this.addBranch(known.mnemonic, known.target, line, frame);
      else if (known instanceof LineRecipe) this.addRecipe(known, line, frame);
      else this.addLabel(known, line, frame);
      if (this.items.length > Limits.statements) {
        preprocessor.giveUp(`more than ${Limits.statements} statements: giving up`);
      }
    }
  }

  get code(): CodeBuffer {
    return this.layout.code;
  }
  encode(instruction: ParsedInstruction): number {
    return this.layout.encodePure(instruction, this.mode);
  }
  get size(): number {
    return this.layout.pureSize;
  }
  plainEncoder(): PlainEncoder {
    return new PlainEncoder(this.layout.contextFor(this.mode));
  }

  addCode(instruction: ParsedInstruction, line: SourceLine, frame: Frame | undefined): boolean {
    const at = this.layout.encodePure(instruction, this.mode);
    if (at < 0) return false;
    const { first, last } = instruction.range as TokenRange;
    const onLine = first.line === line && last.line === line;
    const column = onLine ? first.column : 0;
    const end = onLine ? last.end : line.text.length;
    const { mode, section, listingLine } = this;
    const code: PureCode = { at, size: this.layout.pureSize, column, end };
    this.items.push(new Code(line, frame, mode, section, listingLine, code));
    // Something was said about it: it is to be said each time.
    if (this.saidBefore === this.diagnostics.said) this.knownLines.remember(code, instruction);
    return true;
  }

  readInstruction(instruction: ParsedInstruction, slots: readonly ValueSlot[]): void {
    if (this.saidBefore === this.diagnostics.said) this.knownLines.rememberParts(instruction, slots);
  }

  /** What the parser would make of a label, an instruction or both. */
  private addRecipe(recipe: LineRecipe, line: SourceLine, frame: Frame | undefined): void {
    const { label, labelColumn, mnemonic, column, end } = recipe;
    const { mode, section, listingLine } = this;
    let first: Token | undefined;
    if (label !== undefined) {
      const labelEnd = labelColumn + label.text.length;
      first = new Token(T.Identifier, label.text, labelColumn > 0, line, labelColumn, labelEnd, label, undefined, 0);
    }
    if (mnemonic === undefined) this.addLabel(first!, line, frame);
    else {
      const symbol = first && this.symbols.define(first, frame, true);
      const nameEnd = column + mnemonic.text.length;
      const name = new Token(T.Identifier, mnemonic.text, column > 0, line, column, nameEnd, mnemonic, undefined, 0);
      // Only where it ends is asked of the last token.
      const last = end === nameEnd ? name : new Token(T.End, '', false, line, end, end, undefined, undefined, 0);
      const slots: ValueSlot[] = [];
      const operands = operandsOf(recipe, line, this, slots);
      const item = new Statement(ItemKind.Instruction, line, frame, mode, section, listingLine, name, last);
      item.slots = slots;
      item.instruction = {
        mnemonic: mnemonic.keyword!.name,
        operands,
        prefixes: noPrefixes,
        encodingHint: '',
        range: new TokenRange(name, last),
      };
      item.symbol = symbol;
      item.label = first;
      this.items.push(item);
    }
  }

  /** A label on a line by itself. */
  private addLabel(label: Token, line: SourceLine, frame: Frame | undefined): void {
    const { mode, section, listingLine } = this;
    const item = new Statement(ItemKind.Label, line, frame, mode, section, listingLine, label, label);
    item.symbol = this.symbols.define(label, frame, true);
    item.label = label;
    this.items.push(item);
  }

  private addBranchLine(branch: BranchLine, line: SourceLine, frame: Frame | undefined): void {
    const { mnemonic, target, column, targetColumn } = branch;
    const nameEnd = column + mnemonic.text.length;
    const end = targetColumn + target.text.length;
    const name = new Token(T.Identifier, mnemonic.text, column > 0, line, column, nameEnd, mnemonic, undefined, 0);
    const label = new Token(T.Identifier, target.text, true, line, targetColumn, end, target, undefined, 0);
    this.addBranch(name, label, line, frame);
  }

  /** What the parser would make of a branch to a label. */
  private addBranch(name: Token, label: Token, line: SourceLine, frame: Frame | undefined): void {
    const symbol = this.reference(label);
    const expression = new Expression(Op.Symbol, label, undefined, undefined, undefined, 0, symbol, undefined, false);
    const value = new OperandValue();
    const { mode, section, listingLine } = this;
    const item = new Statement(ItemKind.Instruction, line, frame, mode, section, listingLine, name, label);
    item.slots = [{ expression, value, memory: undefined }];
    item.instruction = {
      mnemonic: name.identifier!.keyword!.name,
      operands: [{ kind: 'immediate', value, size: 0, strict: false, range: new TokenRange(label, label) }],
      prefixes: noPrefixes,
      encodingHint: '',
      range: new TokenRange(name, label),
    };
    this.items.push(item);
  }

  /** Another mode: what lines were before says nothing about them any more. */
  setMode(change: Partial<Mode>): void {
    this.mode = { ...this.mode, ...change };
    if (!change.warnings) this.knownLines.forget();
  }

  /** Makes everything ready for reading the source from its beginning. */
  startSource(file: string, text: string): Preprocessor {
    const { diagnostics } = this;
    diagnostics.file = file;
    this.records?.clear();
    for (const symbol of this.symbols.table.values()) {
      symbol.references.length = 0;
      symbol.uses = 0;
    }
    this.items = [];
    this.layout.originItem = undefined; // items are made anew
    this.listing?.reset();
    this.visited = 0;
    this.absoluteCount = 0;
    diagnostics.resetWarnings();
    for (const identifier of this.identifiers.all()) {
      identifier.macro = undefined;
      identifier.multiLine = undefined;
    }
    this.format.reset();
    this.section = this.sectionNamed(this.format.firstSection);
    this.mode = {
      bits: this.format.bits,
      defaultRel: false,
      defaultBnd: false,
      cpu: undefined,
      warnings: this.warnings,
    };
    this.preprocessor = new Preprocessor(this.identifiers, this, this.reader);
    this.preprocessor.start(file, text, this.options);
    return this.preprocessor;
  }

  /** The passes after the first over the same items. */
  private settle(): void {
    const { layout, items, diagnostics, evaluator } = this;
    const { listener } = diagnostics;
    diagnostics.listener = undefined;
    this.format.defineSymbols();
    layout.fresh = false;
    layout.begin(false);
    const parts = condense(items);
    const statements: Statement[] = [];
    const uncertain = new Set<Statement>();
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i]!;
      if (part.kind === ItemKind.Run) part.section.offset += part.size;
      else {
        const statement = part as Statement;
        evaluator.forward = false;
        layout.visit(statement);
        statements.push(statement);
        if (evaluator.forward || statement.failed) uncertain.add(statement);
      }
    }
    const relaxation = new Relaxation(statements, uncertain, this.sections, layout, evaluator, diagnostics);
    relaxation.run(() => this.cancelled());
    diagnostics.listener = listener;
    layout.begin(true);
    for (let i = 0; i < items.length; i++) {
      const item = items[i]!;
      this.listing?.goTo(item.listingLine);
      layout.visit(item);
    }
  }

  /** The passes after the first where the preprocessor's result depends on addresses; false where they led nowhere. */
  private runEveryPass(file: string, text: string): boolean {
    const { layout, diagnostics } = this;
    let fewest = Number.POSITIVE_INFINITY;
    let stalled = 0;
    let stalledLines = 0;
    for (let last = false; ; ) {
      if (diagnostics.hasEarlyErrors || this.cancelled()) return false;
      diagnostics.dropLate();
      diagnostics.finalPass = last;
      this.passNumber = last ? 2 : 1;
      this.format.defineSymbols();
      layout.begin(last);
      this.readSource(file, text);
      this.visitNew();
      if (last) break;
      if (layout.moves === 0) last = true;
      else if (layout.moves < fewest) {
        fewest = layout.moves;
        stalled = stalledLines = 0;
      } else {
        stalled++;
        stalledLines += this.items.length + this.preprocessor.expandedLines;
      }
      if (stalled > Limits.stalledPasses || stalledLines > Limits.stalledLines) {
        diagnostics.frame = undefined;
        diagnostics.line = undefined;
        diagnostics.error(
          `unable to find valid values for all labels after ${layout.pass} passes; stalled for ${stalled}, giving up.`,
        );
        diagnostics.note('Possible causes: recursive EQUs, macro abuse.');
        return false;
      }
    }
    diagnostics.finalPass = true;
    return true;
  }
}
