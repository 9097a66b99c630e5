/** Completion behind directives, where the directive says what its arguments can be. */

import { CompletionItemKind } from 'vscode-languageserver';
import { packages } from '../model/directives';
import {
  type Before,
  defineItems,
  definitionItem,
  type Item,
  macroItems,
  Sort,
  strucs,
  symbolItems,
  wordItems,
} from './completion-items';

const ENUMERATED: Readonly<Record<string, readonly string[]>> = {
  bits: ['16', '32', '64'],
  default: ['rel', 'abs', 'bnd', 'nobnd'],
  cpu: ['8086', '186', '286', '386', '486', '586', 'pentium', '686', 'p2', 'p3', 'p4', 'x64', 'ia64', 'default', 'all'],
  float: ['daz', 'nodaz', 'near', 'up', 'down', 'zero', 'default'],
  '%stacksize': ['flat', 'flat64', 'large', 'small'],
};

/** Arguments of directives, where the directive says what they can be; `undefined` where it does not. */
export function argumentItems(before: Before): Item[] | undefined {
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
