/** Hover: instructions, registers, numbers, symbols, macros, directives, each explained where it stands. */

import { type Hover, type HoverParams, MarkupKind } from 'vscode-languageserver';
import type { BitLayout } from '../../isa/bit-fields';
import { cr0Layout, cr3Layout, cr4Layout, cr8Layout, dr6Layout, dr7Layout } from '../../isa/control-registers';
import { msrOf } from '../../isa/msrs';
import { type Register, registerNamed } from '../../isa/registers';
import { vmcsFieldOf } from '../../isa/vmx/fields';
import { data, directives, operandWords, packages, prefixes, preprocessor, type Word } from '../model/directives';
import { documentationAt } from '../model/documentation';
import { findInstruction } from '../model/instructions';
import { matchingForms, shapeOf } from '../model/operands';
import type { Meaning, PlacedDefinition } from '../model/program-view';
import { describeRegister } from '../model/registers';
import { numberValue, type Token, tokenAt } from '../model/scan';
import { unquote } from '../model/source-index';
import type { Statement } from '../model/statement';
import { baseName } from '../model/uri';
import { type Context, rangeOf, type Spot, spotOf } from './context';
import { bytesOf, hex, hexBytes, numberText } from './format';
import { formsTable, instructionText } from './instruction-text';

const MOST_FORMS = 8;
const MOST_BYTES = 16;
const MOST_MACRO_LINES = 16;

const LAYOUTS: Readonly<Record<string, BitLayout>> = {
  cr0: cr0Layout,
  cr3: cr3Layout,
  cr4: cr4Layout,
  cr8: cr8Layout,
  dr6: dr6Layout,
  dr7: dr7Layout,
};

function wordText({ name, usage, summary }: Word): string {
  return `\`\`\`nasm\n${usage === '' ? name : `${name} ${usage}`}\n\`\`\`\n${summary}`;
}

export function layoutTable(layout: BitLayout): string {
  const rows = layout.map(({ bit, width, name, summary }) => {
    const bits = width === 1 ? `${bit}` : `${bit + width - 1}:${bit}`;
    return `| ${bits} | ${name} | ${summary} |`;
  });
  return ['| bit | name | meaning |', '|--:|:--|:--|', ...rows].join('\n');
}

function registerText(register: Register): string {
  const head = `**${register.name.toUpperCase()}** — ${describeRegister(register)}.`;
  const layout = LAYOUTS[register.name];
  return layout ? `${head}\n\n${layoutTable(layout)}` : head;
}

/** What the number is the name of elsewhere: a VMCS field, an MSR. */
function knownNumber(value: bigint, statement: Statement): string[] {
  if (value < 0n || value > 0xffffffffn) return [];
  const mnemonic = statement.head?.text.toLowerCase();
  const lines: string[] = [];
  const field = vmcsFieldOf(Number(value));
  // Small numbers are field encodings too, but hardly ever meant as such.
  const vmx = mnemonic === 'vmread' || mnemonic === 'vmwrite';
  if (field && (vmx || value >= 0x800n)) {
    const width = field.width === 'natural' ? 'natural width' : `${field.width} bits`;
    lines.push(`VMCS field **${field.name}** (${field.group}, ${width}): ${field.summary}`);
  }
  const msr = msrOf(Number(value));
  const counter = statement.operands[0]?.tokens[0]?.text.toLowerCase();
  if (msr && (value >= 0xc0000000n || (mnemonic === 'mov' && counter === 'ecx') || mnemonic === 'equ')) {
    lines.push(`MSR **${msr.name}**: ${msr.summary}`);
  }
  return lines;
}

function numberHover(value: bigint, statement: Statement): string {
  return [numberText(value), ...knownNumber(value, statement)].join('\n\n');
}

/** A character constant as the number that it is: the first character in the lowest byte (NASM manual 3.4.3). */
function characterValue(token: Token): bigint | undefined {
  const bytes = new TextEncoder().encode(unquote(token));
  if (bytes.length === 0 || bytes.length > 8 || token.text.startsWith('`')) return undefined;
  return bytes.reduce((value, byte, i) => value | (BigInt(byte) << BigInt(8 * i)), 0n);
}

/** Where the line's bytes are and what they are; empty while the texts are not assembled. */
function bytesText({ view, file, line }: Spot, output: Uint8Array | undefined): string {
  const entries = view.assembled.entriesAt(file, line).filter((e) => e.length > 0);
  if (entries.length === 0 || !view.assembled.isPlaced) return '';
  const made = bytesOf(entries, output);
  const total = entries.reduce((sum, e) => sum + e.length, 0);
  const where = `at ${hex(entries[0].address)}`;
  const bytes = made.length > 0 ? `\`${hexBytes(made, MOST_BYTES)}\` ` : '';
  return `Here: ${bytes}${where} (${total} ${total === 1 ? 'byte' : 'bytes'}, ${entries[0].bits}-bit code)`;
}

function instructionHover(spot: Spot, mnemonic: string, statement: Statement): string | undefined {
  const instruction = findInstruction(mnemonic);
  if (!instruction) return undefined;
  const bits = spot.view.bitsAt(spot.file, spot.line);
  const shapes = statement.operands.map((operand) => shapeOf(operand, spot.view));
  const matching = matchingForms(instruction, shapes, bits, true);
  const shown = matching.length > 0 ? matching : instruction.forms;
  // One mnemonic can name several instructions (MOV of control registers): only those that the operands allow.
  const meant = [...new Set(shown.map((form) => form.instruction))];
  return [...meant.slice(0, 3).map(instructionText), formsTable(shown, MOST_FORMS)].join('\n\n');
}

function macroText(spot: Spot, definition: PlacedDefinition): string {
  const statements = spot.view.index(definition.file)?.statements ?? [];
  const last = Math.min(definition.endLine, definition.line + MOST_MACRO_LINES);
  const lines = statements.slice(definition.line, last + 1).map(sourceText);
  if (last < definition.endLine) lines.push('    ...');
  return `\`\`\`nasm\n${lines.join('\n')}\n\`\`\``;
}

/** The line again, with its blanks reduced to what divides the tokens. */
function sourceText({ tokens, continuation }: Statement): string {
  let text = continuation ? '    ' : '';
  tokens.forEach((token, i) => {
    const gap = i === 0 ? Math.min(token.start, 8) : token.start - tokens[i - 1].end;
    text += (i === 0 ? ' '.repeat(gap) : gap > 0 ? ' ' : '') + token.text;
  });
  return text;
}

function whereText({ file, line }: { file: string; line: number }, spot: Spot): string {
  return file === spot.file ? `line ${line + 1}` : `${baseName(file)}, line ${line + 1}`;
}

function symbolText(spot: Spot, { name }: Meaning, definitions: PlacedDefinition[], statement: Statement): string {
  const symbol = spot.view.assembled.symbol(name);
  const value = spot.view.assembled.valueOf(name);
  const kind = definitions[0]?.kind;
  if (kind === 'struc') {
    const size = spot.view.assembled.valueOf(`${name}_size`);
    return `structure **${name}**${size === undefined ? '' : `, ${numberText(size)} bytes`}`;
  }
  if (kind === 'field') return `field **${name}**${value === undefined ? '' : `, offset ${numberText(value)}`}`;
  if (kind === 'constant' || symbol?.kind === 'constant') {
    if (value === undefined) return `constant **${name}**`;
    return [`constant **${name}** = ${numberText(value)}`, ...knownNumber(value, statement)].join('\n\n');
  }
  if (kind === 'extern' || symbol?.kind === 'extern') return `external symbol **${name}**`;
  const scope = symbol && symbol.scope !== 'local' ? `${symbol.scope} ` : '';
  const address = value === undefined || !symbol ? '' : ` = ${hex(value)} in ${symbol.section}`;
  const size = symbol?.size === undefined ? '' : `, ${symbol.size} bytes`;
  return `${scope}label **${name}**${address}${size}`;
}

function meaningText(spot: Spot, meaning: Meaning, statement: Statement): string | undefined {
  const { view } = spot;
  const definitions = view.definitions(meaning);
  const documentation = definitions
    .slice(0, 1)
    .map(({ file, line }) => documentationAt(view, file, line))
    .filter((text) => text !== '');
  const where =
    definitions.length > 0
      ? [
          `*${definitions
            .map((d) => whereText(d, spot))
            .slice(0, 4)
            .join('; ')}*`,
        ]
      : [];
  switch (meaning.kind) {
    case 'symbol':
      if (definitions.length === 0 && !view.assembled.symbol(meaning.name)) return undefined;
      return [symbolText(spot, meaning, definitions, statement), ...documentation, ...where].join('\n\n');
    case 'macro':
    case 'define': {
      if (definitions.length === 0) return undefined;
      const texts = definitions.slice(0, 3).map((definition) => macroText(spot, definition));
      return [...texts, ...documentation, ...where].join('\n\n');
    }
    case 'parameter':
      return meaning.name.startsWith('%') ? `parameter ${meaning.name} of the macro` : `parameter **${meaning.name}**`;
    case 'macroLocal':
      return `label **${meaning.name}** of each expansion of the macro`;
    case 'section':
      return `section **${meaning.name}**`;
    case 'contextLocal':
      return `name **${meaning.name}** of the preprocessor’s context`;
  }
}

function textAt(spot: Spot, statement: Statement, token: Token): string | undefined {
  const { view, file, line, column } = spot;
  const word = token.text.toLowerCase();
  if (token.kind === 'number') {
    const value = numberValue(token.text);
    return value === undefined ? undefined : numberHover(value, statement);
  }
  if (token.kind === 'string') {
    const value = characterValue(token);
    return value === undefined ? undefined : numberText(value);
  }
  if (token.kind === 'directive') {
    const found = preprocessor.get(word);
    return found && wordText(found);
  }
  const meaning = view.meaningOf(file, line, statement, token, column);
  if (meaning) return meaningText(spot, meaning, statement);
  if (token.kind !== 'word') return undefined;
  if (token === statement.head) {
    const found = data.get(word) ?? directives.get(word);
    if (found && statement.headKind !== 'instruction') return wordText(found);
    return instructionHover(spot, word, statement);
  }
  const register = registerNamed(word);
  if (register) return registerText(register);
  const found = prefixes.get(word) ?? operandWords.get(word) ?? packages.get(word);
  return found && wordText(found);
}

export async function hover(context: Context, params: HoverParams): Promise<Hover | null> {
  const spot = await spotOf(context, params);
  if (!spot) return null;
  const { view, file, line, column } = spot;
  const statement = view.statement(file, line)!;
  const token = tokenAt(statement.tokens, column);
  const text = token && textAt(spot, statement, token);
  if (!token || text === undefined) return null;
  const parts = [text];
  if (token === statement.head && token.kind === 'word') {
    const program = await context.programs.programOf(file);
    const bytes = bytesText(spot, program.analysis?.result.output);
    if (bytes !== '') parts.push(bytes);
  }
  return {
    contents: { kind: MarkupKind.Markdown, value: parts.join('\n\n') },
    range: rangeOf({ file, line, start: token.start, end: token.end }),
  };
}
