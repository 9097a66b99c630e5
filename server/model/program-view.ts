/**
 * A program as its sources say it together: what each name at each place means, where it is defined and used. Stands on the
 * texts alone; where the program has been assembled, labels that only macros make, values and addresses come from there.
 */

import { registerNamed } from '../../isa/registers';
import { type Assembled, append } from './assembled';
import { operandWords } from './directives';
import type { Files } from './files';
import { argumentKind, isDefineParameter, isLocalName, type MeaningKind, nameColumns, withoutDollar } from './names';
import { type Token, tokenAt } from './scan';
import type { Definition, Occurrence, SourceIndex } from './source-index';
import { type Statement, splitOperands } from './statement';

export interface Place {
  file: string;
  line: number;
  start: number;
  end: number;
}

export interface PlacedDefinition extends Definition {
  file: string;
}

/** What a name at a place means. */
export interface Meaning {
  kind: MeaningKind;
  /** Full name: `func.loop`. */
  name: string;
  /** Where alone the name has this meaning, if not in the whole program. */
  scope?: { file: string; line: number; endLine: number };
  /** Where it was asked. */
  place: Place;
}

interface Parent {
  line: number;
  name: string;
}

export class ProgramView {
  /** Symbols by full name. */
  readonly symbols = new Map<string, PlacedDefinition[]>();
  readonly macros = new Map<string, PlacedDefinition[]>();
  readonly defines = new Map<string, PlacedDefinition[]>();
  readonly sections = new Map<string, PlacedDefinition[]>();
  private readonly foldedMacros = new Map<string, PlacedDefinition[]>();
  private readonly foldedDefines = new Map<string, PlacedDefinition[]>();
  private readonly parents = new Map<string, Parent[]>();

  constructor(
    private readonly sources: Files,
    /** Keys of the sources, the program's own first, then in order of inclusion. */
    readonly files: readonly string[],
    readonly assembled: Assembled,
  ) {
    for (const file of files) this.collectMacros(file);
    for (const file of files) this.collectParents(file);
    for (const file of files) this.collectSymbols(file);
  }

  index(file: string): SourceIndex | undefined {
    return this.sources.index(file);
  }

  private collectMacros(file: string): void {
    for (const definition of this.index(file)?.definitions ?? []) {
      const placed = { ...definition, file };
      if (definition.kind === 'macro') {
        append(this.macros, definition.name, placed);
        if (definition.ignoreCase) append(this.foldedMacros, definition.name.toLowerCase(), placed);
      } else if (definition.kind === 'define') {
        append(this.defines, definition.name, placed);
        if (definition.ignoreCase) append(this.foldedDefines, definition.name.toLowerCase(), placed);
      } else if (definition.kind === 'section') append(this.sections, definition.name, placed);
    }
  }

  /** The labels that local labels belong to, by line; those inside macros count only there and are left out here. */
  private collectParents(file: string): void {
    const index = this.index(file);
    if (!index) return;
    const parents: Parent[] = [];
    for (const { kind, name, line, certain } of index.definitions) {
      const outer = kind === 'struc' || (kind === 'label' && !name.startsWith('..'));
      if (outer && (certain || !this.macro(name)) && !index.macroAt(line)) parents.push({ line, name });
    }
    if (this.assembled.isFresh) {
      const known = new Set(parents.map(({ name }) => name));
      for (const { name, kind, definition } of this.assembled.symbols) {
        if (definition.file !== file || kind !== 'label' || /^\.|\.\w|^\.\./.test(name) || known.has(name)) continue;
        if (!index.macroAt(definition.line)) parents.push({ line: definition.line, name });
      }
      parents.sort((a, b) => a.line - b.line);
    }
    this.parents.set(file, parents);
  }

  private collectSymbols(file: string): void {
    const index = this.index(file);
    for (const definition of index?.definitions ?? []) {
      const { kind, token, line } = definition;
      if (kind === 'macro' || kind === 'define' || kind === 'section') continue;
      if (!definition.certain && this.macro(definition.name)) continue;
      const written = withoutDollar(token.text);
      const name = isLocalName(written) ? this.fullName(file, line, written) : definition.name;
      append(this.symbols, name, { ...definition, name, file });
    }
  }

  /** The label before the line that a local label there belongs to; inside a macro only labels of its body count. */
  parentAt(file: string, line: number): string | undefined {
    const index = this.index(file);
    const macro = index?.macroAt(line);
    if (index && macro) {
      return index.definitions.findLast(
        (d) =>
          (d.kind === 'label' || d.kind === 'struc') &&
          d.line > macro.line &&
          d.line <= line &&
          !d.name.startsWith('..'),
      )?.name;
    }
    const parents = this.parents.get(file) ?? [];
    let low = 0;
    let high = parents.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (parents[middle].line <= line) low = middle + 1;
      else high = middle;
    }
    return parents[low - 1]?.name;
  }

  /** `.loop` as `func.loop`; inside a macro that has no label of its own, a name that only this macro knows. */
  fullName(file: string, line: number, name: string): string {
    if (!isLocalName(name)) return name;
    return (this.parentAt(file, line) ?? '') + name;
  }

  macro(name: string): PlacedDefinition[] | undefined {
    return this.macros.get(name) ?? this.foldedMacros.get(name.toLowerCase());
  }

  defineNamed(name: string): PlacedDefinition[] | undefined {
    return this.defines.get(name) ?? this.foldedDefines.get(name.toLowerCase());
  }

  /** The statement as this program reads it: a word that is a macro here is a call, not a label or mnemonic. */
  statement(file: string, line: number): Statement | undefined {
    const statement = this.index(file)?.statements[line];
    if (!statement?.label || statement.colon || !this.macro(statement.label.text)) return statement;
    const { label: head, tokens } = statement;
    const end = statement.operands.at(-1)?.end ?? tokens.at(-1)!.end;
    const operands = splitOperands(tokens.slice(tokens.indexOf(head) + 1), head.end, end);
    return { ...statement, label: undefined, prefixes: [], head, headKind: 'unknown', operands };
  }

  /** What the name at the column means; nothing for mnemonics, registers, numbers and punctuation. */
  meaningAt(file: string, line: number, column: number): Meaning | undefined {
    const statement = this.statement(file, line);
    const token = statement && tokenAt(statement.tokens, column);
    return token && this.meaningOf(file, line, statement, token, column);
  }

  meaningOf(file: string, line: number, statement: Statement, token: Token, column = token.end): Meaning | undefined {
    const place = { file, line, start: token.start, end: token.end };
    const meaning = (kind: MeaningKind, name: string, more: Partial<Meaning> = {}): Meaning => ({
      kind,
      name,
      place,
      ...more,
    });
    const macro = this.index(file)?.macroAt(line);
    const scope = macro && { file, line: macro.line, endLine: macro.endLine };
    if (token.kind === 'macroLocal') return scope && meaning('macroLocal', token.text, { scope });
    if (token.kind === 'contextLocal') return meaning('contextLocal', token.text);
    if (token.kind === 'parameter') return scope && meaning('parameter', token.text, { scope });
    if (token.kind !== 'word') return undefined;

    const name = withoutDollar(token.text);
    const escaped = name !== token.text;
    if (!escaped) {
      const special = argumentKind(statement, token, this.symbols.has(name));
      if (special !== undefined) return special === null ? undefined : meaning(special, name);
      if (isDefineParameter(statement, name)) {
        return meaning('parameter', name, { scope: { file, line, endLine: line } });
      }
      if (token === statement.head) {
        if (this.macro(name)) return meaning('macro', name);
        if (statement.headKind !== 'unknown') return undefined;
      }
      if (this.defineNamed(name)) return meaning('define', name);
      if (token === statement.label) return this.symbolMeaning(place, name, column);
      if (registerNamed(name) || operandWords.has(name.toLowerCase()) || statement.prefixes.includes(token))
        return undefined;
    } else place.start++;
    return this.symbolMeaning(place, name, column);
  }

  private symbolMeaning(place: Place, written: string, column: number): Meaning {
    const { file, line } = place;
    let name = this.fullName(file, line, written);
    const dot = written.indexOf('.', 1);
    // On the first half of `point.x` the structure is meant, on the second the field.
    if (!isLocalName(written) && dot > 0 && !written.startsWith('..') && column - place.start <= dot) {
      name = written.slice(0, dot);
      return { kind: 'symbol', name, place: { ...place, end: place.start + dot } };
    }
    if (name.endsWith('_size') && !this.symbols.has(name)) {
      const struc = name.slice(0, -5);
      if (this.symbols.get(struc)?.some((d) => d.kind === 'struc')) {
        return { kind: 'symbol', name: struc, place: { ...place, end: place.end - 5 } };
      }
    }
    const macro = name.startsWith('.') ? this.index(file)?.macroAt(line) : undefined;
    const scope = macro && { file, line: macro.line, endLine: macro.endLine };
    // The field alone, so that renaming it leaves the structure's name.
    if (!isLocalName(written) && dot > 0 && this.symbols.has(name))
      return { kind: 'symbol', name, place: { ...place, start: place.start + dot } };
    return { kind: 'symbol', name, place, scope };
  }

  /** Where the program's texts define it; several for overloaded macros and for `%if` branches. */
  definitions(meaning: Meaning): PlacedDefinition[] {
    const inScope = (list: PlacedDefinition[] | undefined) =>
      (list ?? []).filter(
        ({ file, line }) =>
          !meaning.scope ||
          (file === meaning.scope.file && line >= meaning.scope.line && line <= meaning.scope.endLine),
      );
    switch (meaning.kind) {
      case 'symbol': {
        const all = inScope(this.symbols.get(meaning.name));
        const real = all.filter((d) => d.kind !== 'extern');
        return real.length > 0 ? real : all;
      }
      case 'macro':
        return this.macro(meaning.name) ?? [];
      case 'define':
        return this.defineNamed(meaning.name) ?? [];
      case 'section':
        return this.sections.get(meaning.name) ?? [];
      default:
        return [];
    }
  }

  /** Where the definition is: the name in the text, or where the assembler found it (made by a macro). */
  definitionPlaces(meaning: Meaning): Place[] {
    const places = this.definitions(meaning).map(({ file, line, token }) => ({ file, line, ...nameColumns(token) }));
    if (places.length > 0) return places;
    if (meaning.kind === 'macroLocal' || meaning.kind === 'contextLocal') {
      return this.occurrences(meaning).filter(({ file, line, start }) => {
        const label = this.index(file)?.statements[line].label;
        return label !== undefined && label.start <= start && start < label.end;
      });
    }
    if (meaning.kind === 'parameter' && meaning.scope) {
      const macro = this.index(meaning.scope.file)?.macroAt(meaning.scope.line);
      return macro
        ? [{ file: meaning.scope.file, line: macro.line, start: macro.token.start, end: macro.token.end }]
        : [];
    }
    const symbol = meaning.kind === 'symbol' ? this.assembled.symbol(meaning.name) : undefined;
    if (!symbol || symbol.definition.file === '' || !this.index(symbol.definition.file)) return [];
    const { file, line, column, endColumn } = symbol.definition;
    return [{ file, line, start: column, end: Math.max(endColumn, column) }];
  }

  /** Everywhere in the program where the name means the same, definitions included. */
  occurrences(meaning: Meaning): Place[] {
    const places: Place[] = [];
    const files = meaning.scope ? [meaning.scope.file] : this.files;
    for (const file of files) {
      const index = this.index(file);
      if (!index) continue;
      for (const found of this.candidates(index, meaning)) {
        const { line, token } = found;
        if (meaning.scope && (line < meaning.scope.line || line > meaning.scope.endLine)) continue;
        const statement = this.statement(file, line)!;
        // Asked in the middle of the found part, so that `point` in `point.x` is asked for itself.
        const same = this.meaningOf(file, line, statement, token, found.end === token.end ? found.end : found.start);
        if (!same || same.kind !== meaning.kind || !this.sameName(same, meaning)) continue;
        if (same.scope?.line !== meaning.scope?.line) continue;
        places.push({ file, line, start: same.place.start, end: same.place.end });
      }
    }
    const order = (file: string) => this.files.indexOf(file);
    return places.sort((a, b) => order(a.file) - order(b.file) || a.line - b.line || a.start - b.start);
  }

  private sameName(a: Meaning, b: Meaning): boolean {
    if (a.name === b.name) return true;
    if (a.kind !== 'macro' && a.kind !== 'define') return false;
    const folded = a.kind === 'macro' ? this.foldedMacros : this.foldedDefines;
    return a.name.toLowerCase() === b.name.toLowerCase() && folded.has(a.name.toLowerCase());
  }

  private *candidates(index: SourceIndex, { name, kind }: Meaning): Iterable<Occurrence> {
    yield* index.occurrences.get(name) ?? [];
    if (kind === 'macro' || kind === 'define') {
      const lower = name.toLowerCase();
      const folded = kind === 'macro' ? this.foldedMacros : this.foldedDefines;
      if (!folded.has(lower)) return;
      for (const [other, list] of index.occurrences) if (other !== name && other.toLowerCase() === lower) yield* list;
    } else if (kind === 'symbol') {
      const dot = name.lastIndexOf('.');
      if (dot > 0) yield* index.occurrences.get(name.slice(dot)) ?? [];
    }
  }

  /** The mode of the code at the line: as assembled, or as the last `bits` above says. */
  bitsAt(file: string, line: number): 16 | 32 | 64 {
    const entry = this.assembled.entriesAt(file, line)[0];
    if (entry) return entry.bits;
    const own = this.index(file)?.modes.findLast((mode) => mode.line <= line)?.bits;
    if (own) return own;
    // An included file is in the mode of the place that includes it; without any, `bin` output begins with 16 bits.
    const includer = this.includer(file);
    return includer ? this.bitsAt(includer.file, includer.line) : 16;
  }

  private includer(file: string): { file: string; line: number } | undefined {
    const at = this.files.indexOf(file);
    const name = file.slice(file.lastIndexOf('/') + 1);
    for (const other of this.files.slice(0, Math.max(at, 0))) {
      const link = this.index(other)?.links.find(
        (l) => l.kind === 'include' && (l.name === name || l.name.endsWith(`/${name}`)),
      );
      if (link) return { file: other, line: link.line };
    }
    return undefined;
  }
}
