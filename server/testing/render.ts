/** Answers of the server as text that a person can check. */

import type {
  CompletionItem,
  CompletionList,
  Diagnostic,
  DocumentHighlight,
  DocumentLink,
  DocumentSymbol,
  FoldingRange,
  Hover,
  InlayHint,
  Location,
  MarkupContent,
  Range,
  SemanticTokens,
  SemanticTokensLegend,
  SignatureHelp,
  SymbolInformation,
  TextDocumentEdit,
  WorkspaceEdit,
} from 'vscode-languageserver/node';
import { SymbolKind } from 'vscode-languageserver/node';
import { FOLDER } from './lsp-client';

type Texts = (uri: string) => string;

function nameOf(uri: string): string {
  return uri.startsWith(`${FOLDER}/`) ? uri.slice(FOLDER.length + 1) : uri;
}

function linesOf(text: string): string[] {
  return text.split('\n');
}

/** The line with the range in brackets. */
export function quoted(text: string, { start, end }: Range): string {
  const line = linesOf(text)[start.line] ?? '';
  const to = end.line === start.line ? end.character : line.length;
  return `${line.slice(0, start.character)}⟦${line.slice(start.character, to)}⟧${line.slice(to)}`.trim();
}

export function renderLocations(locations: Location[], texts: Texts): string {
  if (locations.length === 0) return '(nothing)';
  return locations
    .map(({ uri, range }) => `${nameOf(uri)}:${range.start.line + 1}: ${quoted(texts(uri), range)}`)
    .join('\n');
}

export function renderHighlights(found: DocumentHighlight[], text: string): string {
  if (found.length === 0) return '(nothing)';
  const kinds = ['?', 'text', 'read', 'write'];
  return found
    .map(({ range, kind }) => `${range.start.line + 1}: ${kinds[kind ?? 0]}: ${quoted(text, range)}`)
    .join('\n');
}

export function renderHover(hover: Hover | null, text: string): string {
  if (!hover) return '(nothing)';
  const range = hover.range ? `${quoted(text, hover.range)}\n` : '';
  return `${range}${(hover.contents as MarkupContent).value}`;
}

function plain(documentation: CompletionItem['documentation']): string {
  return typeof documentation === 'string' ? documentation : (documentation?.value ?? '');
}

/** What an editor would show for what is typed: the items that begin with it, in the server's order. */
export function renderCompletion(list: CompletionList, text: string, most = 40): string {
  const items = list.items.filter((item) => {
    const edit = item.textEdit as { range: Range } | undefined;
    const typed = edit
      ? (linesOf(text)[edit.range.start.line] ?? '').slice(edit.range.start.character, edit.range.end.character)
      : '';
    return (item.filterText ?? item.label).toLowerCase().startsWith(typed.toLowerCase());
  });
  const key = ({ sortText, label }: CompletionItem) => `${sortText ?? label} ${label}`;
  items.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
  const lines = items.slice(0, most).map((item) => {
    const inserted = item.textEdit && item.textEdit.newText !== item.label ? ` → ${item.textEdit.newText}` : '';
    const detail = item.detail ?? plain(item.documentation);
    return `${item.label}${inserted}${detail === '' ? '' : `  — ${detail}`}`;
  });
  if (items.length > most) lines.push(`... ${items.length - most} more`);
  return lines.length === 0 ? '(nothing)' : lines.join('\n');
}

export function renderSignatures(help: SignatureHelp | null): string {
  if (!help) return '(nothing)';
  const lines = help.signatures.map(({ label, parameters }, i) => {
    const at = parameters?.[help.activeParameter ?? 0]?.label;
    const shown =
      i === (help.activeSignature ?? 0) && Array.isArray(at)
        ? `${label.slice(0, at[0])}⟦${label.slice(at[0], at[1])}⟧${label.slice(at[1])}`
        : label;
    return `${i === (help.activeSignature ?? 0) ? '>' : ' '} ${shown}`;
  });
  return lines.join('\n');
}

export function renderSymbols(symbols: DocumentSymbol[], indent = ''): string {
  const kinds = Object.entries(SymbolKind);
  return symbols
    .map((symbol) => {
      const kind = kinds.find(([, value]) => value === symbol.kind)?.[0];
      const { start, end } = symbol.range;
      const head = `${indent}${symbol.name}  ${kind} ${start.line + 1}-${end.line + 1}`;
      const children = renderSymbols(symbol.children ?? [], `${indent}  `);
      return children === '' ? head : `${head}\n${children}`;
    })
    .join('\n');
}

export function renderWorkspaceSymbols(symbols: SymbolInformation[]): string {
  if (symbols.length === 0) return '(nothing)';
  return symbols
    .map(({ name, location }) => `${name}  ${nameOf(location.uri)}:${location.range.start.line + 1}`)
    .join('\n');
}

export function renderFolding(ranges: FoldingRange[], text: string): string {
  return ranges
    .map(({ startLine, endLine, kind }) => {
      const lines = linesOf(text);
      return `${startLine + 1}-${endLine + 1}${kind ? ` ${kind}` : ''}: ${lines[startLine].trim()} ... ${lines[endLine].trim()}`;
    })
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
    .join('\n');
}

export function renderTokens({ data }: SemanticTokens, legend: SemanticTokensLegend, text: string): string {
  const lines = linesOf(text);
  const out: string[] = [];
  let line = 0;
  let character = 0;
  for (let i = 0; i < data.length; i += 5) {
    if (data[i] > 0) character = 0;
    line += data[i];
    character += data[i + 1];
    const modifiers = legend.tokenModifiers.filter((_, bit) => (data[i + 4] & (1 << bit)) !== 0);
    const kind = [legend.tokenTypes[data[i + 3]], ...modifiers].join('.');
    out.push(`${line + 1}: ${lines[line].slice(character, character + data[i + 2])} ${kind}`);
  }
  return out.join('\n');
}

export function renderDiagnostics(diagnostics: Diagnostic[], text: string): string {
  if (diagnostics.length === 0) return '(nothing)';
  const severities = ['', 'error', 'warning', 'information', 'hint'];
  return diagnostics
    .map(({ range, severity, message, code, data, relatedInformation }) => {
      const lines = [`${range.start.line + 1}: ${quoted(text, range)}`];
      lines.push(`    ${severities[severity ?? 0]}: ${message}${code === undefined ? '' : ` [${code}]`}`);
      if (data) lines.push(`    write: ${(data as { suggestion: string }).suggestion}`);
      for (const { location, message } of relatedInformation ?? []) {
        lines.push(`    ${nameOf(location.uri)}:${location.range.start.line + 1}: ${message}`);
      }
      return lines.join('\n');
    })
    .join('\n');
}

export function renderLinks(links: DocumentLink[], text: string): string {
  if (links.length === 0) return '(nothing)';
  return links.map(({ range, target }) => `${quoted(text, range)} → ${nameOf(target ?? '')}`).join('\n');
}

export function renderHints(hints: InlayHint[], text: string): string {
  const lines = linesOf(text);
  return hints.map(({ position, label }) => `${lines[position.line].trim()}  ‹${label}›`).join('\n');
}

/** The texts after the edit, whole. */
export function renderEdit(edit: WorkspaceEdit | null, texts: Texts): string {
  if (!edit) return '(nothing)';
  const changes = (edit.documentChanges as TextDocumentEdit[] | undefined) ?? [];
  return changes
    .map(({ textDocument, edits }) => {
      const lines = linesOf(texts(textDocument.uri));
      const ordered = [...edits].sort(
        (a, b) => b.range.start.line - a.range.start.line || b.range.start.character - a.range.start.character,
      );
      for (const { range, newText } of ordered as { range: Range; newText: string }[]) {
        const line = lines[range.start.line];
        lines[range.start.line] = line.slice(0, range.start.character) + newText + line.slice(range.end.character);
      }
      return `;=== ${nameOf(textDocument.uri)}\n${lines.join('\n')}`;
    })
    .join('\n');
}
