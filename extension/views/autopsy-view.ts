/** A triple fault taken apart: each fault with what it was found on, what its delivery looked at, and what to do about it. */
import * as vscode from 'vscode';
import type { AutopsyEntryView, AutopsyFaultView, AutopsyResponse, DecodedBit } from '../../debug-adapter/protocol';
import type { Guest, GuestSessions } from '../debug/guest-sessions';
import { uriOf } from '../debug/paths';
import { autopsyReport } from './autopsy-report';
import { bitsOf, bitText } from './words';

/** A line of the tree. What it is made of is fixed when the guest stops. */
export interface AutopsyNode {
  /** Stays the same from stop to stop: that is how VS Code knows what was expanded. */
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly icon?: vscode.ThemeIcon;
  readonly tooltip?: vscode.MarkdownString;
  readonly children: readonly AutopsyNode[];
  readonly expanded?: boolean;
  /** Goes to the code when it is chosen. */
  readonly instruction?: AutopsyFaultView['instruction'];
  /** What "Copy Value" copies. */
  readonly value?: string;
  parent?: AutopsyNode;
}

const SCHEME = 'ringside-autopsy';
const ROLES: Readonly<Record<string, string>> = {
  first: 'first fault',
  further: 'in its delivery',
  second: 'second fault',
  double: 'made of the two',
  third: 'third fault: shutdown',
};
const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
const icon = (name: string, color?: string): vscode.ThemeIcon =>
  new vscode.ThemeIcon(name, color === undefined ? undefined : new vscode.ThemeColor(color));

export class AutopsyView implements vscode.TreeDataProvider<AutopsyNode>, vscode.Disposable {
  readonly #sessions: GuestSessions;
  readonly #tree: vscode.TreeView<AutopsyNode>;
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly #reportChanged = new vscode.EventEmitter<vscode.Uri>();
  readonly #subscriptions: vscode.Disposable[];
  #faults: readonly AutopsyFaultView[] = [];
  #nodes: readonly AutopsyNode[] = [];
  /** Counts the guest's stops, so that an answer that comes late is dropped. */
  #generation = 0;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(sessions: GuestSessions) {
    this.#sessions = sessions;
    this.#tree = vscode.window.createTreeView('ringside.autopsy', { treeDataProvider: this, showCollapseAll: true });
    this.#subscriptions = [
      this.#tree,
      this.#changed,
      this.#reportChanged,
      sessions.onDidChange((guest) => this.#refresh(guest)),
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
        onDidChange: this.#reportChanged.event,
        provideTextDocumentContent: () => autopsyReport(this.#faults),
      }),
      vscode.commands.registerCommand('ringside.openAutopsy', () => this.#openReport()),
      vscode.commands.registerCommand('ringside.revealFault', (node?: AutopsyNode) => this.#goTo(node?.instruction)),
    ];
  }

  dispose(): void {
    for (const each of this.#subscriptions) each.dispose();
  }

  async #refresh(guest: Guest | undefined): Promise<void> {
    const generation = ++this.#generation;
    // Only a guest that is stopped may stand at a triple fault; while it is asked, what is shown stays.
    const answer = guest?.state === 'stopped' ? await requestAutopsy(guest) : {};
    if (generation !== this.#generation) return;
    const had = this.#faults.length > 0;
    this.#faults = answer.faults ?? [];
    this.#nodes = this.#faults.map((fault, i) => faultNode(fault, i));
    const has = this.#faults.length > 0;
    if (!had && !has) return;
    await vscode.commands.executeCommand('setContext', 'ringside.tripleFault', has);
    this.#changed.fire(undefined);
    this.#reportChanged.fire(reportUri);
    const [first] = this.#nodes;
    // It is the answer to why the guest is dead: shown without being asked for, but the focus stays where it is.
    if (!had && first) await this.#tree.reveal(first, { select: false, focus: false, expand: true });
  }

  getChildren(node?: AutopsyNode): AutopsyNode[] {
    return [...(node ? node.children : this.#nodes)];
  }

  getParent(node: AutopsyNode): AutopsyNode | undefined {
    return node.parent;
  }

  getTreeItem(node: AutopsyNode): vscode.TreeItem {
    const state = node.children.length === 0 ? None : node.expanded ? Expanded : Collapsed;
    const item = new vscode.TreeItem(node.label, state);
    item.id = node.id;
    item.description = node.description;
    item.iconPath = node.icon;
    item.tooltip = node.tooltip ?? plainTooltip(node);
    item.contextValue = node.instruction ? 'instruction' : 'value';
    item.accessibilityInformation = { label: [node.label, node.description].filter(Boolean).join(': ') };
    if (node.instruction)
      item.command = { command: 'ringside.revealFault', title: 'Go to the Instruction', arguments: [node] };
    return item;
  }

  /** Its source line; where it has none, the disassembly of where the guest stands, which is that instruction. */
  async #goTo(instruction: AutopsyFaultView['instruction']): Promise<void> {
    if (!instruction) return;
    if (!instruction.source) {
      const { activeDebugSession } = vscode.debug;
      if (activeDebugSession && activeDebugSession === this.#sessions.shown?.session)
        await vscode.commands.executeCommand('debug.action.openDisassemblyView');
      return;
    }
    const { path, line } = instruction.source;
    const start = new vscode.Position(line - 1, 0);
    await vscode.window.showTextDocument(uriOf(path), { selection: new vscode.Range(start, start) });
  }

  async #openReport(): Promise<void> {
    if (this.#faults.length === 0) return;
    const document = await vscode.workspace.openTextDocument(reportUri);
    await vscode.languages.setTextDocumentLanguage(document, 'markdown');
    await vscode.window.showTextDocument(document, { preview: true });
  }
}

const reportUri = vscode.Uri.from({ scheme: SCHEME, path: '/Triple fault.md' });

/** Nothing where the session ended in between; its end is told next. */
async function requestAutopsy({ session }: Guest): Promise<AutopsyResponse> {
  try {
    return await session.customRequest('ringside/autopsy');
  } catch {
    return {};
  }
}

function plainTooltip({ label, description }: AutopsyNode): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.appendMarkdown(`**${label}**\n\n`);
  text.appendText(description);
  return text;
}

function withSection(title: string, words: string, section: string): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.appendMarkdown(`**${title}**\n\n`);
  text.appendText(words);
  text.appendMarkdown(`\n\nIntel SDM: ${section.replace(/^SDM /, '')}`);
  return text;
}

/** Gives the children their parent, which VS Code asks for to reveal one. */
function node(made: Omit<AutopsyNode, 'children' | 'parent'> & { children?: AutopsyNode[] }): AutopsyNode {
  const result: AutopsyNode = { children: [], ...made };
  for (const child of result.children) child.parent = result;
  return result;
}

function bitNode(id: string, bit: DecodedBit): AutopsyNode {
  const tooltip = new vscode.MarkdownString();
  tooltip.appendMarkdown(`**${bit.name}** (${bitsOf(bit)}) `);
  tooltip.appendText(`${bit.text}\n\n${bit.summary}`);
  return node({ id: `${id}/${bit.bit}`, label: bit.name, description: bitText(bit), tooltip, value: bit.text });
}

function entryNode(id: string, entry: AutopsyEntryView): AutopsyNode {
  const at = entry.physical === undefined ? `${entry.address}, not mapped` : `${entry.address} (GPA ${entry.physical})`;
  const lines = [
    node({ id: `${id}/at`, label: 'Where', description: `GVA ${at}`, value: entry.address }),
    ...(entry.bytes ? [node({ id: `${id}/bytes`, label: 'Bytes', description: entry.bytes, value: entry.bytes })] : []),
  ];
  return node({
    id,
    label: entry.name,
    description: entry.text,
    icon: icon(entry.bytes ? 'symbol-structure' : 'circle-slash'),
    value: entry.bytes ?? entry.address,
    children: [...lines, ...entry.fields.map((bit) => bitNode(id, bit))],
  });
}

function deliveryNode(id: string, delivery: NonNullable<AutopsyFaultView['delivery']>): AutopsyNode {
  return node({
    id,
    label: 'Delivery failed',
    description: delivery.failure,
    icon: icon('debug-disconnect', 'errorForeground'),
    tooltip: withSection('The check that failed in its delivery', delivery.failure, delivery.section),
    value: delivery.failure,
    expanded: true,
    children: [
      node({
        id: `${id}/section`,
        label: 'Manual',
        description: delivery.section,
        icon: icon('book'),
        value: delivery.section,
      }),
      ...delivery.registers.map(({ name, text }) =>
        node({ id: `${id}/${name}`, label: name, description: text, icon: icon('symbol-variable'), value: text }),
      ),
      ...delivery.entries.map((entry, i) => entryNode(`${id}/${i}`, entry)),
    ],
  });
}

function instructionNode(id: string, fault: AutopsyFaultView): AutopsyNode[] {
  const { instruction, cs, rip } = fault;
  if (!instruction) {
    const description = `at ${cs}:${rip}: its bytes cannot be read`;
    return [node({ id, label: 'Instruction', description, icon: icon('circle-slash'), value: rip })];
  }
  const where = placeOf(instruction);
  const text = new vscode.MarkdownString();
  text.appendCodeblock(instruction.text, 'nasm');
  text.appendText(`${where}\n\nCS:RIP ${cs}:${rip}\n\nBytes ${instruction.bytes}`);
  return [
    node({
      id,
      label: instruction.text,
      description: `${where}  ${instruction.bytes}`,
      icon: icon('debug-stackframe', 'debugIcon.pauseForeground'),
      tooltip: text,
      instruction,
      value: instruction.text,
    }),
  ];
}

/** `0x7c2e wrong (kernel.asm:21)`. */
export function placeOf({ address, where, source }: NonNullable<AutopsyFaultView['instruction']>): string {
  const file = source?.path.split(/[\\/]/).at(-1);
  return [address, where, file && `(${file}:${source?.line})`].filter(Boolean).join(' ');
}

/** A row a sentence: a side bar is narrow. */
function adviceNode(id: string, advice: readonly string[]): AutopsyNode {
  const sentences = advice.flatMap((text) => text.split(/(?<=[.?]) /));
  const whole = new vscode.MarkdownString();
  whole.appendText(advice.join('\n\n'));
  return node({
    id,
    label: 'What to do',
    description: '',
    icon: icon('lightbulb', 'editorLightBulb.foreground'),
    tooltip: whole,
    value: advice.join('\n'),
    expanded: true,
    children: sentences.map((text, i) =>
      node({ id: `${id}/${i}`, label: text, description: '', tooltip: whole, value: text }),
    ),
  });
}

function faultNode(fault: AutopsyFaultView, index: number): AutopsyNode {
  const id = `${index}`;
  const { mnemonic, name, role, cause, section, errorCode, cr2, delivery, advice } = fault;
  const derived = role !== 'first';
  const children = [
    node({
      id: `${id}/cause`,
      label: 'Cause',
      description: cause,
      icon: icon('search'),
      tooltip: withSection('What raised it', cause, section),
      value: cause,
    }),
    // The later faults come of the same instruction.
    ...(derived ? [] : instructionNode(`${id}/instruction`, fault)),
    ...(errorCode
      ? [
          node({
            id: `${id}/code`,
            label: `Error code ${errorCode.value}`,
            description: errorCode.text,
            icon: icon('symbol-numeric'),
            value: errorCode.value,
            children: errorCode.bits.map((bit) => bitNode(`${id}/code`, bit)),
          }),
        ]
      : []),
    ...(cr2
      ? [
          node({
            id: `${id}/cr2`,
            label: `CR2 ${cr2.value}`,
            description: cr2.text,
            icon: icon('location'),
            value: cr2.value,
          }),
        ]
      : []),
    ...(delivery ? [deliveryNode(`${id}/delivery`, delivery)] : []),
    ...(advice.length > 0 ? [adviceNode(`${id}/advice`, advice)] : []),
    node({ id: `${id}/section`, label: 'Manual', description: section, icon: icon('book'), value: section }),
  ];
  return node({
    id,
    label: `${mnemonic} ${name}`,
    description: ROLES[role] ?? role,
    icon: icon(role === 'double' ? 'layers' : 'error', 'errorForeground'),
    tooltip: withSection(`${mnemonic} ${name}`, cause, section),
    value: mnemonic,
    expanded: role === 'first',
    children,
  });
}
