/** The outline: sections, labels with their local labels, macros, structures with their fields, constants. */

import { type DocumentSymbol, type DocumentSymbolParams, SymbolKind } from 'vscode-languageserver';
import type { ProgramView } from '../model/program-view';
import type { Definition, DefinitionKind } from '../model/source-index';
import { keyOf } from '../model/uri';
import type { Context } from './context';

export const symbolKinds: Readonly<Record<DefinitionKind, SymbolKind>> = {
  label: SymbolKind.Function,
  local: SymbolKind.Key,
  constant: SymbolKind.Constant,
  macro: SymbolKind.Method,
  define: SymbolKind.Constant,
  struc: SymbolKind.Struct,
  field: SymbolKind.Field,
  section: SymbolKind.Namespace,
  extern: SymbolKind.Interface,
};

const DETAIL: Partial<Record<DefinitionKind, string>> = { macro: 'macro', define: 'define', extern: 'extern' };

function isData(view: ProgramView, file: string, { line, kind }: Definition): boolean {
  if (kind !== 'label' && kind !== 'local') return false;
  const statements = view.index(file)?.statements ?? [];
  // A label alone labels what the next line that is not empty does.
  for (let at = line; at < Math.min(line + 20, statements.length); at++) {
    const { headKind, head, label } = statements[at];
    if (at > line && label) return false;
    if (head && head !== label) return headKind === 'data' && head.text.toLowerCase() !== 'equ';
  }
  return false;
}

/** What can hold what: the outline is never deeper than section, label, local label. */
const RANK: Readonly<Record<DefinitionKind, number>> = {
  section: 0,
  label: 1,
  macro: 1,
  struc: 1,
  constant: 2,
  define: 2,
  extern: 2,
  local: 2,
  field: 2,
};

function holds(outer: Definition, inner: Definition): boolean {
  if (inner.line > outer.endLine) return false;
  if (outer.kind === 'section') return inner.kind !== 'section';
  if (outer.kind === 'macro') return true;
  if (outer.kind === 'struc') return inner.kind === 'field';
  if (outer.kind === 'label') return inner.kind === 'local';
  return false;
}

export function outline(view: ProgramView, file: string): DocumentSymbol[] {
  const index = view.index(file);
  if (!index) return [];
  const top: DocumentSymbol[] = [];
  const open: { definition: Definition; symbol: DocumentSymbol }[] = [];
  const seen = new Set<string>();
  const lengths = index.statements.map((s) => Math.max(s.tokens.at(-1)?.end ?? 0, s.comment?.end ?? 0));
  for (const definition of index.definitions) {
    const { kind, token, line, endLine } = definition;
    if (!definition.certain && view.macro(definition.name)) continue;
    // An %assign counts up in the same name over and over.
    if (kind === 'define' || kind === 'extern') {
      if (seen.has(`${kind} ${definition.name}`)) continue;
      seen.add(`${kind} ${definition.name}`);
    }
    while (open.length > 0 && !holds(open.at(-1)!.definition, definition)) open.pop();
    const symbol: DocumentSymbol = {
      name: token.text,
      detail: DETAIL[kind] ?? '',
      kind: isData(view, file, definition) ? SymbolKind.Variable : symbolKinds[kind],
      range: {
        start: { line, character: 0 },
        end: { line: endLine, character: Math.max(lengths[endLine] ?? 0, token.end) },
      },
      selectionRange: { start: { line, character: token.start }, end: { line, character: token.end } },
      children: [],
    };
    const holder = open.at(-1)?.symbol;
    (holder?.children ?? top).push(symbol);
    if (RANK[kind] < 2) open.push({ definition, symbol });
  }
  return top;
}

export async function documentSymbols(context: Context, params: DocumentSymbolParams): Promise<DocumentSymbol[]> {
  const file = keyOf(params.textDocument.uri);
  const program = await context.programs.programOf(file);
  return outline(context.programs.viewNow(program), file);
}
