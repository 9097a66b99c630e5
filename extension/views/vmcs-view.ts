/** The VMCS of the stopped guest as a tree: groups, fields, decoded bits; what changed since the last stop stands out. */
import * as vscode from 'vscode';
import type {
  DecodedBit,
  VmcsArguments,
  VmcsFieldView,
  VmcsGroupView,
  VmcsResponse,
} from '../../debug-adapter/protocol';
import type { Guest, GuestSessions } from '../debug/guest-sessions';
import { count, withoutZeros } from './words';

export type VmcsNode =
  | { kind: 'group'; group: VmcsGroupView }
  | { kind: 'field'; group: VmcsGroupView; field: VmcsFieldView; value: string }
  | { kind: 'bit'; group: VmcsGroupView; field: VmcsFieldView; bit: DecodedBit; value: string };

const changedIcon = new vscode.ThemeIcon('circle-filled', new vscode.ThemeColor('charts.yellow'));
const { None, Collapsed } = vscode.TreeItemCollapsibleState;

export class VmcsView implements vscode.TreeDataProvider<VmcsNode>, vscode.Disposable {
  readonly #tree: vscode.TreeView<VmcsNode>;
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly #subscription: vscode.Disposable;
  #groups: VmcsGroupView[] = [];
  /** Counts the guest's stops, so that an answer that comes late is dropped. */
  #generation = 0;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(sessions: GuestSessions) {
    this.#tree = vscode.window.createTreeView('ringside.vmcs', { treeDataProvider: this, showCollapseAll: true });
    this.#subscription = sessions.onDidChange((guest) => this.#refresh(guest));
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#tree.dispose();
    this.#changed.dispose();
  }

  async #refresh(guest: Guest | undefined): Promise<void> {
    const generation = ++this.#generation;
    if (guest?.state === 'running') {
      // What was read at the last stop stays to be seen: a step must not make the tree blink.
      this.#tree.description = this.#groups.length > 0 ? 'as of the last stop' : undefined;
      return;
    }
    let answer: VmcsResponse = {};
    if (guest) {
      try {
        const which: VmcsArguments = { threadId: guest.threadId };
        answer = await guest.session.customRequest('ringside/vmcs', which);
      } catch {
        // The session ended in between; its end is told next.
      }
      if (generation !== this.#generation) return;
    }
    this.#groups = answer.groups ?? [];
    const changes = this.#groups.reduce((sum, group) => sum + changesIn(group), 0);
    this.#tree.description = changes > 0 ? `${changes} changed` : undefined;
    this.#changed.fire(undefined);
  }

  getChildren(node?: VmcsNode): VmcsNode[] {
    if (!node) return this.#groups.map((group) => ({ kind: 'group', group }));
    const { group } = node;
    if (node.kind === 'group')
      return group.fields.map((field) => ({ kind: 'field', group, field, value: field.value }));
    const { field } = node;
    if (node.kind === 'field') return field.bits.map((bit) => ({ kind: 'bit', group, field, bit, value: bit.text }));
    return [];
  }

  getTreeItem(node: VmcsNode): vscode.TreeItem {
    if (node.kind === 'group') return groupItem(node.group);
    if (node.kind === 'field') return fieldItem(node.group, node.field);
    return bitItem(node.group, node.field, node.bit);
  }
}

function changesIn(group: VmcsGroupView): number {
  return group.fields.filter((field) => field.changedSinceLastStop).length;
}

/** Identifiers stay the same from stop to stop: that is how VS Code knows what was expanded. */
function groupItem(group: VmcsGroupView): vscode.TreeItem {
  const item = new vscode.TreeItem(group.name[0].toUpperCase() + group.name.slice(1), Collapsed);
  const changes = changesIn(group);
  item.id = group.name;
  item.description = changes > 0 ? `${changes} changed` : count(group.fields.length, 'field');
  if (changes > 0) item.iconPath = changedIcon;
  return item;
}

function fieldItem(group: VmcsGroupView, field: VmcsFieldView): vscode.TreeItem {
  const item = new vscode.TreeItem(field.name, field.bits.length > 0 ? Collapsed : None);
  item.id = `${group.name}/${field.encoding}`;
  item.contextValue = 'value';
  // Below ten decimal and hexadecimal are the same.
  const words = field.text !== field.value && !/^[0-9]$/.test(field.text) ? field.text : '';
  const before = field.previous === undefined ? '' : `(was ${withoutZeros(field.previous)})`;
  item.description = [withoutZeros(field.value), before, words].filter(Boolean).join(' ');
  if (field.changedSinceLastStop) item.iconPath = changedIcon;
  item.tooltip = fieldTooltip(field);
  const changed = field.changedSinceLastStop ? ', changed since the last stop' : '';
  item.accessibilityInformation = { label: `${field.name}, ${item.description}${changed}` };
  return item;
}

function bitItem(group: VmcsGroupView, field: VmcsFieldView, bit: DecodedBit): vscode.TreeItem {
  const item = new vscode.TreeItem(bit.name, None);
  item.id = `${group.name}/${field.encoding}/${bit.bit}`;
  item.contextValue = 'value';
  item.description = `${bit.text}  ${bit.summary}`;
  const tooltip = new vscode.MarkdownString();
  tooltip.appendMarkdown(bit.width === 1 ? `**Bit ${bit.bit}** ` : `**Bits ${bit.bit + bit.width - 1}:${bit.bit}** `);
  tooltip.appendText(bit.summary);
  item.tooltip = tooltip;
  return item;
}

function fieldTooltip(field: VmcsFieldView): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.appendMarkdown(`**${field.name}** \`${field.value}\`\n\n`);
  text.appendText(field.summary);
  text.appendMarkdown(`\n\nEncoding \`0x${field.encoding.toString(16)}\`, ${field.width} bits`);
  if (field.previous !== undefined) text.appendMarkdown(`\n\nAt the stop before: \`${field.previous}\``);
  return text;
}
