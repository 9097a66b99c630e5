/** The items that completion offers: words of the dialect, and what the program defines. */

import { type CompletionItem, CompletionItemKind } from 'vscode-languageserver';
import type { Instruction } from '../../isa/form';
import type { Word } from '../model/directives';
import { allInstructions } from '../model/instructions';
import { modeBit } from '../model/operands';
import type { PlacedDefinition } from '../model/program-view';
import type { Token } from '../model/scan';
import { headKindOf, type Statement } from '../model/statement';
import type { Spot } from './context';
import { hex } from './format';

/** What stands before the cursor. */
export interface Before {
  spot: Spot;
  statement: Statement;
  /** The word being written; empty behind a blank. */
  typed: string;
  token?: Token;
}

/** What an item carries for {@link resolveCompletion}. */
export interface ItemData {
  instruction?: string;
  file?: string;
  line?: number;
  /** The document asked for, so that the definition's program is found again. */
  from?: string;
}

export type Item = CompletionItem & { data?: ItemData };

/** Groups in the list, nearest first. */
export const Sort = { Local: '0', Fitting: '1', Symbol: '2', Constant: '3', Macro: '4', Word: '5' } as const;

export function wordItems(words: ReadonlyMap<string, Word>, kind: CompletionItemKind, sort: string): Item[] {
  return [...words.values()].map(({ name, usage, summary }) => ({
    label: name,
    kind,
    detail: usage === '' ? undefined : `${name} ${usage}`,
    documentation: summary,
    sortText: sort,
  }));
}

/** MMX, SSE and AVX make up most of the mnemonics, and little of a kernel. */
function isVector({ forms }: Instruction): boolean {
  return forms.every(
    ({ operands, opcode }) => opcode.space !== 'legacy' || operands.some((kind) => /^(?:[xy]?mm)/.test(kind)),
  );
}

let mnemonicItems: Map<number, Item[]> | undefined;

/** Mnemonics that exist in the mode. */
export function mnemonics(bits: 16 | 32 | 64): Item[] {
  mnemonicItems ??= new Map();
  let items = mnemonicItems.get(bits);
  if (!items) {
    const bit = modeBit(bits);
    items = [];
    for (const [label, instruction] of allInstructions()) {
      if (!instruction.forms.some((form) => (form.modes & bit) !== 0)) continue;
      items.push({
        label,
        kind: CompletionItemKind.Keyword,
        detail: instruction.forms[0].instruction.summary,
        sortText: Sort.Fitting + (isVector(instruction) ? '9' : '0'),
        data: { instruction: label },
      });
    }
    mnemonicItems.set(bits, items);
  }
  return items;
}

export function definitionItem(spot: Spot, definition: PlacedDefinition, label: string, sort: string): Item {
  const KINDS: Record<PlacedDefinition['kind'], CompletionItemKind> = {
    label: CompletionItemKind.Function,
    local: CompletionItemKind.Reference,
    constant: CompletionItemKind.Constant,
    macro: CompletionItemKind.Snippet,
    define: CompletionItemKind.Constant,
    struc: CompletionItemKind.Struct,
    field: CompletionItemKind.Field,
    section: CompletionItemKind.Module,
    extern: CompletionItemKind.Interface,
  };
  const value = spot.view.assembled.valueOf(definition.name);
  const isMacro = definition.kind === 'macro';
  return {
    label,
    kind: isMacro ? CompletionItemKind.Method : KINDS[definition.kind],
    detail: value === undefined || isMacro ? definition.kind : `${definition.kind} = ${hex(value)}`,
    sortText: sort,
    data: { file: definition.file, line: definition.line, from: spot.file },
  };
}

export function macroItems({ spot }: Before): Item[] {
  return [...spot.view.macros].map(([name, [definition]]) => definitionItem(spot, definition, name, Sort.Macro));
}

export function defineItems({ spot }: Before): Item[] {
  return [...spot.view.defines].map(([name, [definition]]) => definitionItem(spot, definition, name, Sort.Constant));
}

/** Symbols by the part that is written: `.lo` local labels here, `func.` those of a label, else global names. */
export function symbolItems({ spot, typed }: Before): Item[] {
  const { view, file, line } = spot;
  // The word that is being written may look like a label itself.
  const isTyped = (d: PlacedDefinition) => !d.certain && d.file === file && d.line === line;
  const items = new Map<string, Item>();
  const parent = view.parentAt(file, line) ?? '';
  const qualifier = typed.indexOf('.', 1) > 0 ? typed.slice(0, typed.indexOf('.', 1) + 1) : undefined;
  for (const [name, [definition]] of view.symbols) {
    if (isTyped(definition)) continue;
    const dot = name.startsWith('..') ? -1 : name.indexOf('.');
    if (qualifier !== undefined) {
      if (name.startsWith(qualifier)) items.set(name, definitionItem(spot, definition, name, Sort.Symbol));
    } else if (dot === -1) {
      const sort = definition.kind === 'constant' ? Sort.Constant : Sort.Symbol;
      items.set(name, definitionItem(spot, definition, name, sort));
    } else if (name.slice(0, dot) === parent) {
      items.set(name.slice(dot), definitionItem(spot, definition, name.slice(dot), Sort.Local));
    } else if (definition.kind === 'field') {
      items.set(name, definitionItem(spot, definition, name, Sort.Constant));
    }
  }
  for (const { name, kind } of view.assembled.symbols) {
    // A directive that is not finished yet passes for a label.
    if (view.symbols.has(name) || name.startsWith('..@') || view.macro(name) || headKindOf(name) !== 'unknown')
      continue;
    const dot = name.indexOf('.', 1);
    if (qualifier !== undefined ? !name.startsWith(qualifier) : dot > 0) continue;
    const icon = kind === 'constant' ? CompletionItemKind.Constant : CompletionItemKind.Function;
    const value = view.assembled.valueOf(name);
    const detail = value === undefined ? kind : `${kind} = ${hex(value)}`;
    items.set(name, { label: name, kind: icon, detail, sortText: Sort.Symbol });
  }
  return [...items.values()];
}
export function parameterItems({ spot }: Before): Item[] {
  const { view, file, line } = spot;
  const macro = view.index(file)?.macroAt(line);
  if (!macro) return [];
  const names = new Set<string>();
  for (let at = macro.line; at <= macro.endLine; at++) {
    for (const token of view.index(file)?.statements[at]?.tokens ?? []) {
      if (token.kind === 'macroLocal') names.add(token.text);
    }
  }
  const counted = view.index(file)?.statements[macro.line].operands[0]?.tokens[1]?.text;
  const count = Math.min(Number.parseInt(counted ?? '0', 10) || 0, 32);
  for (let i = 1; i <= count; i++) names.add(`%${i}`);
  names.add('%0');
  return [...names].map((label) => ({ label, kind: CompletionItemKind.Variable, sortText: Sort.Local }));
}
export function strucs({ spot }: Before): Item[] {
  return [...spot.view.symbols]
    .filter(([, [definition]]) => definition.kind === 'struc')
    .map(([name, [definition]]) => definitionItem(spot, definition, name, Sort.Fitting));
}
