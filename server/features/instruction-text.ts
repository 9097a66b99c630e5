/** An instruction of the table in words, for hover and completion. */

import { Flag, type Form, type Instruction, Mode } from '../../isa/form';
import { formText } from '../model/operands';

const FLAGS: readonly [number, string][] = [
  [Flag.CF, 'CF'],
  [Flag.PF, 'PF'],
  [Flag.AF, 'AF'],
  [Flag.ZF, 'ZF'],
  [Flag.SF, 'SF'],
  [Flag.TF, 'TF'],
  [Flag.IF, 'IF'],
  [Flag.DF, 'DF'],
  [Flag.OF, 'OF'],
  [Flag.IOPL, 'IOPL'],
  [Flag.NT, 'NT'],
  [Flag.RF, 'RF'],
  [Flag.VM, 'VM'],
  [Flag.AC, 'AC'],
  [Flag.VIF, 'VIF'],
  [Flag.VIP, 'VIP'],
  [Flag.ID, 'ID'],
];

function flagNames(mask: number): string {
  return FLAGS.filter(([bit]) => (mask & bit) !== 0)
    .map(([, name]) => name)
    .join(' ');
}

export function flagsText({ flagsRead, flagsWritten, flagsUndefined }: Instruction): string {
  const parts: string[] = [];
  if (flagsRead !== 0) parts.push(`reads ${flagNames(flagsRead)}`);
  if (flagsWritten !== 0) parts.push(`writes ${flagNames(flagsWritten)}`);
  if (flagsUndefined !== 0) parts.push(`leaves ${flagNames(flagsUndefined)} undefined`);
  return parts.length === 0 ? 'untouched' : parts.join('; ');
}

export function privilegeText({ privilege }: Instruction): string {
  if (privilege === 3) return 'any CPL';
  return privilege === 0 ? 'CPL 0 only' : 'CPL ≤ IOPL';
}

export function vmxText({ vmx }: Instruction): string {
  if (vmx === 'none') return 'no VM exit of its own';
  if (vmx === 'always') return 'always exits from non-root mode';
  const controls = vmx.control.split(', ').map((name) => `“${name}”`);
  return `exits from non-root mode as ${controls.join(', ')} ${controls.length === 1 ? 'says' : 'say'}`;
}

export function classText({ popekGoldberg }: Instruction): string {
  switch (popekGoldberg) {
    case 'innocuous':
      return 'innocuous';
    case 'privileged':
      return 'privileged (traps outside ring 0)';
    case 'hole':
      return 'sensitive but not privileged: a virtualization hole';
  }
}

function modesText(modes: number): string {
  const all: [number, string][] = [
    [Mode.Bits16, '16'],
    [Mode.Bits32, '32'],
    [Mode.Bits64, '64'],
  ];
  return all
    .filter(([bit]) => (modes & bit) !== 0)
    .map(([, name]) => name)
    .join(' ');
}

/** A Markdown table of forms; what is beyond `most` is counted. */
export function formsTable(forms: readonly Form[], most: number): string {
  const rows = forms
    .slice(0, most)
    .map((form) => `| \`${formText(form)}\` | \`${form.notation}\` | ${modesText(form.modes)} | ${form.feature} |`);
  const rest = forms.length > most ? [`\n… and ${forms.length - most} more forms.`] : [];
  return ['| form | encoding | bits | since |', '|:--|:--|:--|:--|', ...rows, ...rest].join('\n');
}

/** Markdown: what the instruction does and how it behaves. */
export function instructionText(instruction: Instruction): string {
  const lines = [
    `**${instruction.mnemonic.toUpperCase()}** — ${instruction.summary}`,
    '',
    `- Privilege: ${privilegeText(instruction)}`,
    `- Flags: ${flagsText(instruction)}`,
  ];
  if (instruction.exceptions.length > 0) lines.push(`- Exceptions: ${instruction.exceptions.join(', ')}`);
  lines.push(`- VMX: ${vmxText(instruction)}`, `- Popek–Goldberg: ${classText(instruction)}`);
  return lines.join('\n');
}
