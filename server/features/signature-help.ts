/** Signature help: the operand forms of the mnemonic, or the parameters of the macro, with the one being written. */

import {
  MarkupKind,
  type ParameterInformation,
  type SignatureHelp,
  type SignatureHelpParams,
  type SignatureInformation,
} from 'vscode-languageserver';
import type { Form, Instruction } from '../../isa/form';
import { kindInfo } from '../../isa/operand-kinds';
import { data, directives, preprocessor } from '../model/directives';
import { documentationAt, parameterCount, parameterNames } from '../model/documentation';
import { findInstruction } from '../model/instructions';
import { kindText, matchingForms, modeBit, shapeOf } from '../model/operands';
import type { PlacedDefinition } from '../model/program-view';
import { parseStatement, type Statement } from '../model/statement';
import { type Context, type Spot, spotOf } from './context';

const MOST = 40;

function signature(head: string, parameters: string[], documentation?: string): SignatureInformation {
  let label = head;
  const ranges: ParameterInformation[] = parameters.map((parameter, i) => {
    label += i === 0 ? ' ' : ', ';
    const start = label.length;
    label += parameter;
    return { label: [start, label.length] };
  });
  const text = documentation ? { kind: MarkupKind.Markdown, value: documentation } : undefined;
  return { label, parameters: ranges, documentation: text };
}

/** Short encodings for one register or a bare offset: the general form says more. */
function isSpecial(form: Form): boolean {
  return form.operands.some((kind) => {
    const { class: group, constant } = kindInfo(kind);
    return group === 'offset' || (group === 'implied' && constant?.kind === 'register');
  });
}

/** Forms of the mode that what is written already allows, or all if it allows none; those that read the same are one. */
function instructionSignatures(spot: Spot, instruction: Instruction, statement: Statement): SignatureInformation[] {
  const bits = spot.view.bitsAt(spot.file, spot.line);
  const written = statement.operands.slice(0, -1).map((operand) => shapeOf(operand, spot.view));
  const possible = matchingForms(instruction, written, bits, false);
  const shown = possible.length > 0 ? possible : instruction.forms.filter((f) => (f.modes & modeBit(bits)) !== 0);
  const found = new Map<string, SignatureInformation>();
  for (const form of [...shown.filter((f) => !isSpecial(f)), ...shown.filter(isSpecial)]) {
    if (form.operands.length === 0 && instruction.forms.length > 1) continue;
    const made = signature(form.mnemonic, form.operands.map(kindText), form.instruction.summary);
    if (!found.has(made.label)) found.set(made.label, made);
  }
  return [...found.values()].slice(0, MOST);
}

function macroSignature(spot: Spot, definition: PlacedDefinition, operand: number): SignatureInformation {
  const { file, line, name } = definition;
  const documentation = documentationAt(spot.view, file, line);
  const names = parameterNames(name, documentation);
  const { least, most, greedy } = parameterCount(spot.view.index(file)?.statements[line]);
  const count = most === Number.POSITIVE_INFINITY ? Math.max(least, operand + 1) : most;
  const parameters = Array.from({ length: Math.min(count, 64) }, (_, i) => {
    const text = (names[i] ?? `%${i + 1}`) + (greedy && i === count - 1 ? '...' : '');
    return i < least ? text : `[${text}]`;
  });
  return signature(name, parameters, documentation);
}

export async function signatureHelp(context: Context, params: SignatureHelpParams): Promise<SignatureHelp | null> {
  const spot = await spotOf(context, params);
  if (!spot) return null;
  const { view, file, line, column } = spot;
  const text = context.files.document(file)!.getText({
    start: { line, character: 0 },
    end: { line, character: column },
  });
  // What stands behind the cursor plays no part.
  const statement = parseStatement(text);
  const { head, comment } = statement;
  if (!head || comment || head.end >= column) return null;
  const operand = Math.max(statement.operands.length - 1, 0);
  const macros = view.macro(head.text);
  if (macros) {
    const signatures = macros.map((definition) => macroSignature(spot, definition, operand));
    const fitting = signatures.findIndex((s) => (s.parameters?.length ?? 0) > operand);
    const activeSignature = Math.max(fitting, 0);
    const last = (signatures[activeSignature].parameters?.length ?? 1) - 1;
    return { signatures, activeSignature, activeParameter: Math.max(Math.min(operand, last), 0) };
  }
  const word = head.text.toLowerCase();
  const plain = data.get(word) ?? directives.get(word) ?? preprocessor.get(word);
  if (plain && statement.headKind !== 'instruction') {
    if (plain.usage === '') return null;
    return {
      signatures: [signature(plain.name, [plain.usage], plain.summary)],
      activeSignature: 0,
      activeParameter: 0,
    };
  }
  const instruction = findInstruction(word);
  if (!instruction) return null;
  const signatures = instructionSignatures(spot, instruction, statement);
  return signatures.length === 0 ? null : { signatures, activeSignature: 0, activeParameter: operand };
}
