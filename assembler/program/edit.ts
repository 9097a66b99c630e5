import type { Diagnostic, SourceRange } from '../api';
import { SourceLine } from '../source/source-line';
import { type Identifier, T, type Token } from '../source/token';
import type { Assembly } from './assembly';
import { type Item, ItemKind, isStatement } from './item';
import type { LineRecord } from './line-records';

/** Lines `from` up to `from + removed` of the main file become `texts`. */
export interface LineEdit {
  from: number;
  removed: number;
  texts: readonly string[];
}

/**
 * Reads an edited program without reading all of it: only where lines change that no other line depends on, which is
 * what happens at nearly every key stroke. False: all has to be read (nothing may be done with this assembly then).
 */
export function applyEdit(assembly: Assembly, edit: LineEdit): boolean {
  const { records } = assembly;
  if (!records?.usable || !assembly.editable) return false;
  const old = records.list.slice(edit.from, edit.from + edit.removed);
  const anchor = records.list[edit.from];
  if (!anchor || anchor.defining || old.some((record) => !record?.inert || record.line.breaks)) return false;
  const moved = edit.texts.length - edit.removed;
  if (moved !== 0 && assembly.preprocessor.lineNumberUsed) return false;
  const following = records.list[edit.from + edit.removed];
  if (!following && edit.from + edit.removed < records.list.length) return false;
  const firstItem = anchor.firstItem;
  const endItem = following ? following.firstItem : assembly.items.length;
  const gone = new Set(old.map((record) => record!.line));
  const removedItems = assembly.items.slice(firstItem, endItem);
  for (const item of removedItems) {
    const symbol = isStatement(item) ? item.symbol : undefined;
    if (symbol?.definition && gone.has(symbol.definition.line)) symbol.definition = undefined;
  }
  const fresh = readLines(assembly, edit, anchor, removedItems);
  if (!fresh) return false;
  forgetReferences(assembly, gone);
  assembly.items.splice(firstItem, endItem - firstItem, ...fresh.items);
  const grown = fresh.items.length - removedItems.length;
  records.list.splice(edit.from, edit.removed, ...fresh.records);
  for (let i = edit.from + edit.texts.length; i < records.list.length; i++) {
    const record = records.list[i];
    if (!record) continue;
    record.firstItem += grown;
    record.line.number += moved;
  }
  const kept = assembly.front.flatMap((one) => movedDiagnostic(one, assembly.diagnostics.file, edit, moved));
  assembly.front = [...kept, ...fresh.said];
  return true;
}

interface FreshLines {
  items: Item[];
  records: LineRecord[];
  said: Diagnostic[];
}

/** Reads the new lines in the state in which the old ones were read; undefined where that is not enough. */
function readLines(
  assembly: Assembly,
  edit: LineEdit,
  anchor: LineRecord,
  removed: readonly Item[],
): FreshLines | undefined {
  const { preprocessor, diagnostics, symbols, statements, knownLines } = assembly;
  diagnostics.restart([], anchor.mode.warnings);
  const before = assembly.items;
  const items: Item[] = [];
  assembly.items = items;
  assembly.mode = anchor.mode;
  assembly.section = anchor.section;
  symbols.scope = anchor.scope;
  knownLines.forget();
  const records: LineRecord[] = [];
  let plain = true;
  for (let i = 0; i < edit.texts.length && plain; i++) {
    const text = edit.texts[i]!;
    const line = new SourceLine(diagnostics.file, edit.from + i, text);
    records.push({ ...anchor, line, firstItem: anchor.firstItem + items.length, inert: true });
    plain = !text.endsWith('\\') && !text.startsWith('# ');
    if (!plain) break;
    diagnostics.line = line;
    diagnostics.frame = undefined;
    preprocessor.line = line;
    const tokens = preprocessor.lexer.line(line);
    if (tokens.length === 0) continue;
    if (anchor.skipped) {
      plain = tokens[0]!.type !== T.Preprocessor;
      continue;
    }
    plain = tokens[0]!.type !== 91 && tokens.every((token) => isPlain(token, edit.from));
    if (!plain) break;
    const expanded = preprocessor.expander.expand(tokens);
    plain = expanded.every((token) => token.type < T.Preprocessor || token.type > T.NakedString);
    if (!plain || expanded.length === 0 || expanded[0]!.type === 91) {
      plain = plain && expanded.length === 0;
      continue;
    }
    statements.parse(expanded, line, undefined);
  }
  assembly.items = before;
  return plain && sameLabels(removed, items) ? { items, records, said: [...diagnostics.list] } : undefined;
}

/** A token that means now what it would have meant when its line was read. */
function isPlain(token: Token, line: number): boolean {
  const { type, identifier } = token;
  if (type >= T.Preprocessor && type <= T.NakedString) return false;
  return identifier === undefined || isStable(identifier, line, 0);
}

/** No macro of this name, or in its macros' bodies, was made or changed at or behind the line. */
function isStable(name: Identifier, line: number, depth: number): boolean {
  const { folded } = name;
  if (folded.multiLine || depth > 20) return false;
  if (folded.changedAt && folded.changedAt.number >= line) return false;
  for (let macro = folded.macro; macro; macro = macro.next) {
    for (const { type, identifier } of macro.body) {
      if (type >= T.Preprocessor && type <= T.NakedString && type !== T.BodyParameter && type !== T.MacroName)
        return false;
      if (identifier && identifier.folded !== folded && !isStable(identifier, line, depth + 1)) return false;
    }
  }
  return true;
}

/** The same labels in the same order: then later lines see what they saw. */
function sameLabels(old: readonly Item[], fresh: readonly Item[]): boolean {
  const labels = (items: readonly Item[]): string =>
    items
      .map((item) => (isStatement(item) && item.symbol ? `${item.symbol.name} ${item.kind === ItemKind.Equ}` : ''))
      .filter(Boolean)
      .join('\n');
  return labels(old) === labels(fresh);
}

/** Takes what the removed lines said about symbols and macros out of their lists. */
function forgetReferences(assembly: Assembly, gone: ReadonlySet<SourceLine>): void {
  if (gone.size === 0) return;
  for (const symbol of assembly.symbols.table.values()) symbol.uses -= forgetLines(symbol.references, gone);
  const { singleLineMacros, multiLineMacros } = assembly.preprocessor;
  for (const { references } of singleLineMacros) forgetLines(references, gone);
  for (const { references } of multiLineMacros) forgetLines(references, gone);
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
function movedDiagnostic(one: Diagnostic, file: string, edit: LineEdit, moved: number): Diagnostic[] {
  const { from, removed } = edit;
  if (one.range.file === file && one.range.line >= from && one.range.line < from + removed) return [];
  if (moved === 0) return [one];
  const shift = (range: SourceRange): SourceRange =>
    range.file === file && range.line >= from
      ? { ...range, line: range.line + moved, endLine: range.endLine + moved }
      : range;
  const chain = one.chain.map(({ message, range }) => ({ message, range: shift(range) }));
  return [{ ...one, range: shift(one.range), chain }];
}
