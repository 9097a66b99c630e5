/** Completion: what can stand at the cursor, by what stands before it. */

import {
  type CompletionItem,
  CompletionItemKind,
  type CompletionList,
  type CompletionParams,
  MarkupKind,
} from 'vscode-languageserver';
import type { Instruction, OperandKind } from '../../isa/form';
import { kindInfo } from '../../isa/operand-kinds';
import { type Register, registers } from '../../isa/registers';
import { data, directives, operandWords, packages, prefixes, preprocessor, type Word } from '../model/directives';
import { documentationAt } from '../model/documentation';
import { allInstructions, findInstruction } from '../model/instructions';
import { fits, matchingForms, modeBit, shapeOf } from '../model/operands';
import type { PlacedDefinition } from '../model/program-view';
import { describeRegister, only64 } from '../model/registers';
import type { Token } from '../model/scan';
import { headKindOf, parseStatement, type Statement } from '../model/statement';
import { extensionOf, folderOf, relativeName } from '../model/uri';
import { type Context, type Spot, spotOf } from './context';
import { hex } from './format';
import { instructionText } from './instruction-text';
import { controlBits, msrNumbers } from './system-values';

/** What stands before the cursor. */
interface Before {
  spot: Spot;
  statement: Statement;
  /** The word being written; empty behind a blank. */
  typed: string;
  token?: Token;
}

/** What an item carries for {@link resolveCompletion}. */
interface ItemData {
  instruction?: string;
  file?: string;
  line?: number;
  /** The document asked for, so that the definition's program is found again. */
  from?: string;
}

type Item = CompletionItem & { data?: ItemData };

/** Groups in the list, nearest first. */
const Sort = { Local: '0', Fitting: '1', Symbol: '2', Constant: '3', Macro: '4', Word: '5' } as const;

function wordItems(words: ReadonlyMap<string, Word>, kind: CompletionItemKind, sort: string): Item[] {
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
function mnemonics(bits: 16 | 32 | 64): Item[] {
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

function definitionItem(spot: Spot, definition: PlacedDefinition, label: string, sort: string): Item {
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
  const value = spot.view.valueOf(definition.name);
  const isMacro = definition.kind === 'macro';
  return {
    label,
    kind: isMacro ? CompletionItemKind.Method : KINDS[definition.kind],
    detail: value === undefined || isMacro ? definition.kind : `${definition.kind} = ${hex(value)}`,
    sortText: sort,
    data: { file: definition.file, line: definition.line, from: spot.file },
  };
}

function macroItems({ spot }: Before): Item[] {
  return [...spot.view.macros].map(([name, [definition]]) => definitionItem(spot, definition, name, Sort.Macro));
}

function defineItems({ spot }: Before): Item[] {
  return [...spot.view.defines].map(([name, [definition]]) => definitionItem(spot, definition, name, Sort.Constant));
}

/** Symbols by the part that is written: `.lo` local labels here, `func.` those of a label, else global names. */
function symbolItems({ spot, typed }: Before): Item[] {
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
  for (const { name, kind } of view.allSymbols()) {
    // A directive that is not finished yet passes for a label.
    if (view.symbols.has(name) || name.startsWith('..@') || view.macro(name) || headKindOf(name) !== 'unknown')
      continue;
    const dot = name.indexOf('.', 1);
    if (qualifier !== undefined ? !name.startsWith(qualifier) : dot > 0) continue;
    const icon = kind === 'constant' ? CompletionItemKind.Constant : CompletionItemKind.Function;
    const value = view.valueOf(name);
    const detail = value === undefined ? kind : `${kind} = ${hex(value)}`;
    items.set(name, { label: name, kind: icon, detail, sortText: Sort.Symbol });
  }
  return [...items.values()];
}

function registerItem(register: Register, sort: string): Item {
  return {
    label: register.name,
    kind: CompletionItemKind.Variable,
    detail: describeRegister(register),
    sortText: sort,
  };
}

/** General registers first, those of the mode's own size before the others. */
function registerRank({ file, size }: Register, bits: 16 | 32 | 64): string {
  if (!file.startsWith('gpr')) return file === 'segment' ? '8' : '9';
  if (size === bits) return '0';
  return { 8: '4', 16: '3', 32: '2', 64: '1' }[size as 8 | 16 | 32 | 64];
}

function usableRegisters(bits: 16 | 32 | 64): Register[] {
  return registers.filter((register) => {
    if (bits !== 64 && only64(register)) return false;
    // CR1, CR5 and their like exist in the encoding alone.
    if (register.file === 'control') return [0, 2, 3, 4, 8].includes(register.index);
    if (register.file === 'debug') return register.index < 8;
    return register.file !== 'test' || (bits !== 64 && register.index >= 3);
  });
}

/** Inside brackets: what an address is made of. */
function addressItems(before: Before): Item[] {
  const { spot } = before;
  const bits = spot.view.bitsAt(spot.file, spot.line);
  const bases = usableRegisters(bits).filter(({ file, name }) => {
    if (file === 'segment') return true;
    if (bits === 64) return file === 'gpr64' || file === 'gpr32';
    return file === 'gpr32' || (file === 'gpr16' && ['bx', 'bp', 'si', 'di'].includes(name));
  });
  const rel = wordItems(operandWords, CompletionItemKind.Keyword, Sort.Word).filter(({ label }) =>
    ['rel', 'abs', 'nosplit', 'byte', 'word', 'dword', 'qword'].includes(label),
  );
  return [...bases.map((r) => registerItem(r, Sort.Fitting)), ...symbolItems(before), ...defineItems(before), ...rel];
}

const IMMEDIATE = new Set(['immediate', 'relative', 'far']);
const MEMORY = new Set(['memory', 'rm', 'offset']);

/** The operand of an instruction: registers that some form takes there, labels where a number can stand. */
function operandItems(before: Before): Item[] {
  const { spot, statement } = before;
  const { view } = spot;
  const bits = view.bitsAt(spot.file, spot.line);
  const instruction = findInstruction(statement.head!.text);
  const operand = Math.max(statement.operands.length - 1, 0);
  const written = statement.operands.slice(0, operand).map((o) => shapeOf(o, view));
  const forms = instruction ? matchingForms(instruction, written, bits, false) : [];
  const kinds = new Set<OperandKind>();
  for (const form of forms) if (form.operands.length > operand) kinds.add(form.operands[operand]);
  if (kinds.size === 0) return [];
  const all = [...kinds];
  const classes = new Set(all.map((kind) => kindInfo(kind).class));
  const items: Item[] = usableRegisters(bits)
    .filter((register) => all.some((kind) => fits(kind, { kind: 'register', register })))
    .map((register) => registerItem(register, Sort.Symbol + registerRank(register, bits)));
  if (classes.has('relative')) {
    items.push(
      ...wordItems(operandWords, CompletionItemKind.Keyword, Sort.Word).filter(
        ({ label }) => label === 'short' || label === 'near',
      ),
    );
  }
  if ([...classes].some((c) => IMMEDIATE.has(c))) items.push(...symbolItems(before), ...systemItems(before));
  if ([...classes].some((c) => MEMORY.has(c))) {
    items.push(
      ...wordItems(operandWords, CompletionItemKind.Keyword, Sort.Word).filter(({ label }) =>
        /^(?:byte|[dqtoyz]?word)$/.test(label),
      ),
    );
  }
  items.push(...defineItems(before));
  return items;
}

/** MSR numbers for ECX, and the bits of the control register that the register was loaded from. */
function systemItems({ spot, statement }: Before): Item[] {
  const { view, file, line } = spot;
  const head = statement.head!.text.toLowerCase();
  const target = statement.operands[0]?.tokens[0]?.text.toLowerCase();
  if (statement.operands.length !== 2) return [];
  const values = [
    ...(head === 'mov' && target === 'ecx' ? msrNumbers() : []),
    ...(target === undefined ? [] : controlBits(view, file, line, head, target)),
  ];
  return values.map(({ name, text, summary }) => ({
    label: name,
    kind: CompletionItemKind.EnumMember,
    detail: `${text}: ${summary}`,
    insertText: text,
    // The number is not what is typed; the name is.
    filterText: name,
    sortText: Sort.Constant,
  }));
}

function parameterItems({ spot }: Before): Item[] {
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

const ENUMERATED: Readonly<Record<string, readonly string[]>> = {
  bits: ['16', '32', '64'],
  default: ['rel', 'abs', 'bnd', 'nobnd'],
  cpu: ['8086', '186', '286', '386', '486', '586', 'pentium', '686', 'p2', 'p3', 'p4', 'x64', 'ia64', 'default', 'all'],
  float: ['daz', 'nodaz', 'near', 'up', 'down', 'zero', 'default'],
  '%stacksize': ['flat', 'flat64', 'large', 'small'],
};

/** Arguments of directives, where the directive says what they can be; `undefined` where it does not. */
function argumentItems(before: Before): Item[] | undefined {
  const { spot, statement } = before;
  const { view, file, line } = spot;
  const head = statement.head!.text.toLowerCase();
  const listed = ENUMERATED[head];
  if (listed) return listed.map((label) => ({ label, kind: CompletionItemKind.Value }));
  const inFirst = statement.operands.length <= 1;
  switch (head) {
    case 'section':
    case 'segment': {
      if ((statement.operands[0]?.tokens.length ?? 0) > 1 || !inFirst) return [];
      const known = [...view.sections].filter(([, all]) => all.some((d) => d.file !== file || d.line !== line));
      const names = new Set(['.text', '.data', '.bss', '.rodata', ...known.map(([name]) => name)]);
      return [...names].map((label) => ({ label, kind: CompletionItemKind.Module }));
    }
    case 'global':
    case 'static':
      return symbolItems(before);
    case 'extern':
    case 'org':
    case 'common':
      return head === 'org' ? [...symbolItems(before), ...defineItems(before)] : [];
    case 'istruc':
      return strucs(before);
    case 'at': {
      const instance = view.index(file)?.blocks.find((b) => b.kind === 'istruc' && b.line <= line && line <= b.endLine);
      const fields = [...view.symbols].filter(([, [d]]) => d.kind === 'field');
      const own = fields.filter(([, [d]]) => d.container === instance?.name);
      return (own.length > 0 ? own : fields).map(([name, [d]]) => definitionItem(spot, d, name, Sort.Fitting));
    }
    case '%use':
      return wordItems(packages, CompletionItemKind.Module, Sort.Fitting);
    case '%ifdef':
    case '%ifndef':
    case '%elifdef':
    case '%elifndef':
    case '%undef':
      return defineItems(before);
    case '%ifmacro':
    case '%ifnmacro':
    case '%unmacro':
      return macroItems(before);
    case '%macro':
    case '%imacro':
    case 'struc':
    case 'incbin':
    case '%include':
      return [];
    default:
      return undefined;
  }
}

function strucs({ spot }: Before): Item[] {
  return [...spot.view.symbols]
    .filter(([, [definition]]) => definition.kind === 'struc')
    .map(([name, [definition]]) => definitionItem(spot, definition, name, Sort.Fitting));
}

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
