import type { SourceRange } from '../api';
import type { PendingDiagnostic } from '../diagnostics';
import { GivenLines, SourceLine } from '../source/source-line';
import { type Identifier, T, type Token } from '../source/token';
import type { Assembly } from './assembly';
import { type Item, ItemKind, isStatement } from './item';
import { Effect, type LineRecord, LineRecords, type LineState } from './line-records';
import { provisionalNumber, renumberMacroLabels } from './macro-labels';
import type { ProgramSymbol } from './symbol';

/** Lines `from` up to `from + removed` of the main file become `texts`. */
export interface LineEdit {
  from: number;
  removed: number;
  texts: readonly string[];
}

/**
 * Reads an edited program without reading all of it: only the lines that changed, and those whose local labels now belong
 * to another label. It is possible where lines change that say nothing about what others mean, which is what happens at
 * nearly every key stroke. False: all has to be read (nothing may be done with this assembly then).
 */
export function applyEdit(assembly: Assembly, edit: LineEdit): boolean {
  const { records } = assembly;
  if (!records?.usable || !assembly.editable) return false;
  const region = new Region(assembly, records, edit);
  return region.isPlain() && region.read() && !assembly.format.alignsByOrder && region.replace();
}

/** The lines that are read again, and what came of them. */
class Region {
  private readonly anchor: LineState | undefined;
  /** Old lines that are read again though they did not change, behind those that did. */
  private extension = 0;
  private readonly items: Item[] = [];
  private readonly fresh: LineRecord[] = [];
  private said: readonly PendingDiagnostic[] = [];
  private readonly early: boolean;

  constructor(
    private readonly assembly: Assembly,
    private readonly records: LineRecords,
    private readonly edit: LineEdit,
  ) {
    this.anchor = this.stateAt(edit.from);
    this.early = assembly.symbols.early;
  }

  private stateAt(line: number): LineState | undefined {
    const { list, end } = this.records;
    return line < list.length ? list[line] : line === list.length ? end : undefined;
  }

  /** The state after the old lines. */
  private get following(): LineState | undefined {
    return this.stateAt(this.edit.from + this.edit.removed + this.extension);
  }

  /** Whether the old lines were such that others need not be read again without them. */
  isPlain(): boolean {
    const { anchor, edit, assembly, records } = this;
    const { from, removed, texts } = edit;
    if (!anchor || anchor.defining) return false;
    // The last line may go on in one that is not there yet.
    if (from > 0 && records.list[from - 1]?.line.breaks) return false;
    if (texts.length !== removed && assembly.preprocessor.lineNumberUsed) return false;
    if (texts.some((text) => text.endsWith('\\') || text.startsWith('# '))) return false;
    for (let i = from; i < from + removed; i++) {
      const record = records.list[i];
      if (!record || record.line.breaks || record.effect !== Effect.None) return false;
    }
    return this.isBalanced(from, from + removed);
  }

  /** Conditionals that are opened between these lines are closed there, and no other. */
  private isBalanced(from: number, to: number): boolean {
    const { anchor } = this;
    const after = this.stateAt(to);
    if (!after || after.depth !== anchor!.depth || after.skipped !== anchor!.skipped || after.defining) return false;
    for (let i = from; i < to; i++) {
      const record = this.records.list[i];
      if (record?.closes && record.depth <= anchor!.depth) return false;
    }
    return true;
  }

  /** Reads the new lines, and those after them up to where local labels belong to the same label as before. */
  read(): boolean {
    const { anchor, assembly, edit } = this;
    const { diagnostics, symbols, knownLines } = assembly;
    const lines = edit.texts.map((text, i) => new SourceLine(diagnostics.file, edit.from + i, text));
    diagnostics.restart([], anchor!.mode.warnings);
    assembly.layout.restart();
    symbols.scope = anchor!.scope;
    symbols.early = false;
    knownLines.forget();
    const before = assembly.items;
    assembly.items = this.items;
    assembly.mode = anchor!.mode;
    assembly.section = anchor!.section;
    let done = anchor!.skipped ? this.readSkipped(lines) : this.readLines(lines, provisionalNumber, Effect.Repeatable);
    if (done && symbols.scope !== this.following!.scope) done = this.readOn();
    assembly.items = before;
    this.said = [...diagnostics.list];
    if (!done || symbols.early || assembly.layoutDependent) return false;
    symbols.early = this.early;
    return assembly.mode === anchor!.mode && assembly.section === anchor!.section;
  }

  /** Lines of a branch that is not taken: nothing comes of them, but directives might end it. */
  private readSkipped(lines: readonly SourceLine[]): boolean {
    const { preprocessor } = this.assembly;
    for (const line of lines) {
      preprocessor.leavingOut = true;
      const [first] = this.tokensOf(line);
      preprocessor.leavingOut = false;
      if (first?.type === T.Preprocessor) return false;
      this.fresh.push({ ...this.anchor!, line, effect: Effect.None, closes: false, foreign: undefined });
    }
    preprocessor.unique = provisionalNumber;
    return true;
  }

  private tokensOf(line: SourceLine): readonly Token[] {
    const { preprocessor, diagnostics } = this.assembly;
    // What the lexer has to say is said of this line.
    diagnostics.line = line;
    diagnostics.frame = undefined;
    return preprocessor.lexer.line(line);
  }

  /** @param most the effect that the lines may have */
  private readLines(lines: readonly SourceLine[], unique: number, most: number): boolean {
    const { assembly, anchor, records } = this;
    const { preprocessor, diagnostics } = assembly;
    const { lastChange } = records;
    // Macros are as they were when the lines before the last change were read only as far as names tell.
    if (lastChange && lastChange.number >= this.edit.from && !lines.every((line) => this.isStable(line))) return false;
    const temporary = new LineRecords();
    assembly.records = temporary;
    preprocessor.restart(new GivenLines(diagnostics.file, lines), unique);
    assembly.readLines();
    assembly.records = records;
    if (preprocessor.ended || preprocessor.openAtEnd || !temporary.usable) return false;
    for (const { number } of lines) {
      const record = temporary.list[number]!;
      if (record.effect > most || (record.closes && record.depth === 0)) return false;
      record.firstItem += anchor!.firstItem;
      record.depth += anchor!.depth;
      this.fresh[number - this.edit.from] = record;
    }
    return true;
  }

  private isStable(line: SourceLine): boolean {
    const tokens = this.tokensOf(line);
    return tokens[0]?.type !== 91 && tokens.every((token) => isStableToken(token, this.edit.from));
  }

  /** Another label is the last one before the lines that follow: they are read again up to the next label. */
  private readOn(): boolean {
    const { edit, records, assembly } = this;
    const { list } = records;
    if (this.early) return false;
    const from = edit.from + edit.removed;
    const moved = edit.texts.length - edit.removed;
    const lines: SourceLine[] = [];
    let to = from;
    const { scope } = this.following!;
    for (; to < list.length; to++) {
      const record = list[to];
      if (!record) continue;
      if (record.scope !== scope) break;
      if (record.effect > Effect.Repeatable) return false;
      const { line } = record;
      lines.push(new SourceLine(line.file, line.number + moved, line.text, line.breaks));
    }
    if (!this.isBalanced(from, to)) return false;
    this.extension = to - from;
    if (!this.readLines(lines, assembly.preprocessor.unique, Effect.Repeatable)) return false;
    return to === list.length || assembly.symbols.scope === this.following!.scope;
  }

  /** Puts what was read in the place of what was there. */
  replace(): boolean {
    const { assembly, records, edit, anchor, extension, items, fresh } = this;
    const { preprocessor, symbols } = assembly;
    const { list, end } = records;
    const following = this.following!;
    const removed = edit.removed + extension;
    const moved = edit.texts.length - edit.removed;
    const gone = list.slice(edit.from, edit.from + removed).filter((record) => record !== undefined);
    const old = assembly.items.slice(anchor!.firstItem, following.firstItem);
    forgetReferences(assembly, gone);
    assembly.items.splice(anchor!.firstItem, old.length, ...items);
    if (!redefine(assembly, old, items, this.early)) return false;

    const calls = preprocessor.unique - provisionalNumber;
    const numbering = { first: anchor!.unique, before: following.unique - anchor!.unique, now: calls };
    const said = renumberMacroLabels(assembly, numbering, assembly.front, this.said);
    if (!said) return false;
    for (const record of fresh)
      if (record && record.unique >= provisionalNumber) record.unique += anchor!.unique - provisionalNumber;
    const kept = assembly.front.flatMap((one) =>
      movedDiagnostic(one, assembly.diagnostics.file, edit.from, removed, moved),
    );
    assembly.front = [...kept, ...said];

    const shift = (state: LineState): void => {
      state.firstItem += items.length - old.length;
      state.unique += numbering.now - numbering.before;
    };
    const atEnd = edit.from + removed === list.length;
    const lines: (LineRecord | undefined)[] = Array.from({ length: removed + moved }, (_, i) => fresh[i]);
    list.splice(edit.from, removed, ...lines);
    for (let i = edit.from + removed + moved; i < list.length; i++) {
      const record = list[i];
      if (!record) continue;
      shift(record);
      record.line.number += moved;
    }
    shift(end!);
    if (atEnd) {
      end!.scope = symbols.scope;
      assembly.lastScope = symbols.scope;
    }
    return true;
  }
}

/** A token that means now what it would have meant when its line was read. */
function isStableToken(token: Token, line: number): boolean {
  const { type, identifier } = token;
  if (type >= T.Preprocessor && type <= T.NakedString) return false;
  return identifier === undefined || isStableName(identifier, line, 0);
}

/** No macro of this name, or in its macros' bodies, was made or changed at or behind the line. */
function isStableName(name: Identifier, line: number, depth: number): boolean {
  const { folded } = name;
  if (folded.multiLine || depth > 20) return false;
  if (folded.changedAt && folded.changedAt.number >= line) return false;
  for (let macro = folded.macro; macro; macro = macro.next) {
    for (const { type, identifier } of macro.body) {
      if (type >= T.Preprocessor && type <= T.NakedString && type !== T.BodyParameter && type !== T.MacroName)
        return false;
      if (identifier && identifier.folded !== folded && !isStableName(identifier, line, depth + 1)) return false;
    }
  }
  return true;
}

function labelsOf(items: readonly Item[]): ProgramSymbol[] {
  const symbols: ProgramSymbol[] = [];
  for (const item of items) if (isStatement(item) && item.symbol) symbols.push(item.symbol);
  return symbols;
}

/** Finds where labels are defined that the old or the new lines have. False where that takes more than their lines. */
function redefine(assembly: Assembly, old: readonly Item[], fresh: readonly Item[], early: boolean): boolean {
  const affected = new Set([...labelsOf(old), ...labelsOf(fresh)]);
  if (affected.size === 0) return true;
  // What local names before the first label belong to depends on the last one.
  if (early && !sameLabels(old, fresh)) return false;
  for (const symbol of affected) {
    const scope = assembly.declared(symbol)?.scope;
    if (scope === 'extern' || scope === 'common') return false;
    symbol.definition = undefined;
    symbol.definedInMacro = undefined;
  }
  for (const item of assembly.items) {
    if (!isStatement(item) || !item.symbol || !affected.has(item.symbol)) continue;
    const { symbol, label, frame } = item;
    if (!symbol.definition || symbol.definition.line.builtin) symbol.definition = label;
    if (frame?.macroName !== undefined) symbol.definedInMacro ??= frame.macroName;
  }
  return true;
}

function sameLabels(old: readonly Item[], fresh: readonly Item[]): boolean {
  const names = (items: readonly Item[]): string =>
    items
      .map((item) => (isStatement(item) && item.symbol ? `${item.symbol.name} ${item.kind === ItemKind.Equ}` : ''))
      .filter(Boolean)
      .join('\n');
  return names(old) === names(fresh);
}

/** Takes what the removed lines said about symbols and macros out of their lists. */
function forgetReferences(assembly: Assembly, gone: readonly LineRecord[]): void {
  if (gone.length === 0) return;
  const lines = new Set(gone.map(({ line }) => line));
  for (const symbol of assembly.symbols.table.values()) symbol.uses -= forgetLines(symbol.references, lines);
  const { singleLineMacros, multiLineMacros } = assembly.preprocessor;
  for (const { references } of singleLineMacros) forgetLines(references, lines);
  for (const { references } of multiLineMacros) forgetLines(references, lines);
  for (const { foreign } of gone) {
    for (const { list, token, symbol } of foreign ?? []) {
      list.splice(list.lastIndexOf(token), 1);
      if (symbol) symbol.uses--;
    }
  }
}

/** Gives the number of tokens that were on these lines. */
function forgetLines(tokens: Token[], gone: ReadonlySet<SourceLine>): number {
  let kept = 0;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (!gone.has(token.line)) tokens[kept++] = token;
  }
  const forgotten = tokens.length - kept;
  tokens.length = kept;
  return forgotten;
}

/** A message that was there before the edit: at its new place, or nowhere if its line is gone. */
function movedDiagnostic(
  one: PendingDiagnostic,
  file: string,
  from: number,
  removed: number,
  moved: number,
): PendingDiagnostic[] {
  if (one.range.file === file && one.range.line >= from && one.range.line < from + removed) return [];
  if (moved === 0) return [one];
  const shift = (range: SourceRange): SourceRange =>
    range.file === file && range.line >= from
      ? { ...range, line: range.line + moved, endLine: range.endLine + moved }
      : range;
  const chain = one.chain.map(({ message, range }) => ({ message, range: shift(range) }));
  const { word } = one;
  const shifted = { ...one, range: shift(one.range), chain };
  return [word ? { ...shifted, word: { text: word.text, range: shift(word.range) } } : shifted];
}
