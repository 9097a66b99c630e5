/** Completion inside operands: what the instruction's forms take there, and what an address is made of. */

import { CompletionItemKind } from 'vscode-languageserver';
import type { OperandKind } from '../../isa/form';
import { kindInfo } from '../../isa/operand-kinds';
import { type Register, registers } from '../../isa/registers';
import { operandWords } from '../model/directives';
import { findInstruction } from '../model/instructions';
import { fits, matchingForms, shapeOf } from '../model/operands';
import { describeRegister, only64 } from '../model/registers';
import { type Before, defineItems, type Item, Sort, symbolItems, wordItems } from './completion-items';
import { controlBits, msrNumbers } from './system-values';

export function registerItem(register: Register, sort: string): Item {
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

export function usableRegisters(bits: 16 | 32 | 64): Register[] {
  return registers.filter((register) => {
    if (bits !== 64 && only64(register)) return false;
    // CR1, CR5 and their like exist in the encoding alone.
    if (register.file === 'control') return [0, 2, 3, 4, 8].includes(register.index);
    if (register.file === 'debug') return register.index < 8;
    return register.file !== 'test' || (bits !== 64 && register.index >= 3);
  });
}

/** Inside brackets: what an address is made of. */
export function addressItems(before: Before): Item[] {
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
export function operandItems(before: Before): Item[] {
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
