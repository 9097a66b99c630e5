/** Completion: what can stand at the cursor, by what stands before it. */

import {
  type CompletionItem,
  CompletionItemKind,
  type CompletionList,
  type CompletionParams,
  MarkupKind,
} from 'vscode-languageserver';
import { data, directives, prefixes, preprocessor } from '../model/directives';
import { documentationAt } from '../model/documentation';
import { findInstruction } from '../model/instructions';
import { parseStatement } from '../model/statement';
import { extensionOf, folderOf, relativeName } from '../model/uri';
import { argumentItems } from './completion-arguments';
import {
  type Before,
  defineItems,
  type Item,
  type ItemData,
  macroItems,
  mnemonics,
  parameterItems,
  Sort,
  symbolItems,
  wordItems,
} from './completion-items';
import { addressItems, operandItems, registerItem, usableRegisters } from './completion-operands';
import { type Context, spotOf } from './context';
import { instructionText } from './instruction-text';

/** At the start of a statement: everything that begins one. */
function statementItems(before: Before): Item[] {
  const { view, file, line } = before.spot;
  return [
    ...mnemonics(view.bitsAt(file, line)),
    ...wordItems(data, CompletionItemKind.Keyword, Sort.Symbol),
    ...wordItems(directives, CompletionItemKind.Keyword, Sort.Constant),
    ...wordItems(prefixes, CompletionItemKind.Keyword, Sort.Constant),
    ...macroItems(before),
    ...parameterItems(before),
  ];
}

function itemsAt(before: Before): Item[] {
  const { statement, typed, token, spot } = before;
  if (typed.startsWith('%') || token?.kind === 'parameter' || token?.kind === 'macroLocal') {
    const own = parameterItems(before);
    const begins = statement.tokens.length <= 1 || statement.head === token;
    return begins ? [...wordItems(preprocessor, CompletionItemKind.Keyword, Sort.Fitting), ...own] : own;
  }
  // `.name` at the start of a line is a new label.
  if (statement.tokens.length === 0 || (statement.head === token && token !== undefined)) {
    return typed.startsWith('.') ? [] : statementItems(before);
  }
  if (statement.head === undefined) return typed === '' || statement.label !== token ? statementItems(before) : [];
  const { head, headKind, operands } = statement;
  const isMacro = spot.view.macro(head.text) !== undefined;
  const last = operands.at(-1);
  let depth = 0;
  for (const { text } of last?.tokens ?? []) depth += text === '[' ? 1 : text === ']' ? -1 : 0;
  if (headKind === 'directive' || headKind === 'preprocessor') {
    const items = argumentItems(before);
    if (items) return items;
  }
  if (depth > 0 && headKind !== 'directive') return addressItems(before);
  if (headKind === 'instruction' && !isMacro) return operandItems(before);
  const general = [...symbolItems(before), ...defineItems(before), ...parameterItems(before)];
  if (headKind !== 'unknown') return general;
  const bits = spot.view.bitsAt(spot.file, spot.line);
  const all = [...general, ...usableRegisters(bits).map((r) => registerItem(r, Sort.Word))];
  // An unknown first word may be a label without colon.
  return !isMacro && operands.length === 1 && (last?.tokens.length ?? 0) <= 1
    ? [...all, ...statementItems(before)]
    : all;
}

/** File names in quotes behind %include and incbin. */
function fileItems(context: Context, { spot, statement }: Before): Item[] {
  const head = statement.head?.text.toLowerCase();
  if (head !== '%include') return [];
  const folder = folderOf(spot.file);
  return context.programs
    .sources()
    .filter((key) => key !== spot.file && extensionOf(key) !== '')
    .map((key) => relativeName(folder, key))
    .filter((label) => !label.includes('://'))
    .map((label) => ({ label, kind: CompletionItemKind.File }));
}

export async function completion(context: Context, params: CompletionParams): Promise<CompletionList> {
  const nothing: CompletionList = { isIncomplete: false, items: [] };
  const spot = await spotOf(context, params);
  if (!spot) return nothing;
  const { line, column, file } = spot;
  const text = context.files.document(file)!.getText({
    start: { line, character: 0 },
    end: { line, character: column },
  });
  const statement = parseStatement(text);
  if (statement.comment) return nothing;
  const last = statement.tokens.at(-1);
  const before: Before = { spot, statement, typed: '' };
  let start = column;
  let items: Item[];
  if (
    last?.kind === 'string' &&
    last.end === text.length &&
    (last.text.length === 1 || !last.text.endsWith(last.text[0]))
  ) {
    start = last.start + 1;
    items = fileItems(context, before);
  } else {
    if (last && last.end === text.length && (last.kind !== 'punctuation' || last.text === '%')) {
      if (last.kind === 'number' || last.kind === 'string') return nothing;
      before.token = last;
      before.typed = last.text;
      start = last.start;
    }
    items = itemsAt(before);
  }
  const range = { start: { line, character: start }, end: { line, character: column } };
  // One range for all where the client can take it: there may be a thousand items.
  const shared = context.capabilities.textDocument?.completion?.completionList?.itemDefaults?.includes('editRange');
  if (shared) {
    const itemDefaults = { editRange: range };
    return {
      isIncomplete: false,
      itemDefaults,
      items: items.map((item) => ({ ...item, textEditText: item.insertText })),
    };
  }
  return {
    isIncomplete: false,
    items: items.map((item) => ({ ...item, textEdit: { range, newText: item.insertText ?? item.label } })),
  };
}

/** The documentation of the item that the user looks at. */
export async function resolveCompletion(context: Context, item: CompletionItem): Promise<CompletionItem> {
  const { instruction, file, line, from } = (item.data ?? {}) as ItemData;
  const found = typeof instruction === 'string' ? findInstruction(instruction) : undefined;
  if (found) return { ...item, documentation: { kind: MarkupKind.Markdown, value: instructionText(found) } };
  if (typeof file !== 'string' || typeof line !== 'number' || typeof from !== 'string') return item;
  const view = context.programs.viewNow(await context.programs.programOf(from));
  const text = documentationAt(view, file, line);
  return text === '' ? item : { ...item, documentation: { kind: MarkupKind.Markdown, value: text } };
}
