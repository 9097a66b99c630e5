/** The VMCS of the stopped guest as a tree: groups, fields, decoded bits; what changed since the last stop stands out. */
import * as vscode from 'vscode';
import type { VmcsBit, VmcsField, VmcsGroup, VmcsResponse } from '../../debug-adapter/protocol';
import type { Guest, GuestSessions } from '../debug/guest-sessions';
import { VmcsHistory } from './vmcs-history';

export type VmcsNode =
  | { kind: 'group'; group: VmcsGroup }
  | { kind: 'field'; group: VmcsGroup; field: VmcsField; value: string }
  | { kind: 'bit'; field: VmcsField; bit: VmcsBit; value: string };

const changedIcon = new vscode.ThemeIcon('circle-filled', new vscode.ThemeColor('charts.yellow'));

export class VmcsView implements vscode.TreeDataProvider<VmcsNode>, vscode.Disposable {
  readonly #sessions: GuestSessions;
  readonly #tree: vscode.TreeView<VmcsNode>;
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly #subscription: vscode.Disposable;
  readonly #histories = new WeakMap<Guest, VmcsHistory>();
  #groups: VmcsGroup[] = [];
  #history = new VmcsHistory();
  /** Counts the guest's stops, so that an answer that comes late is dropped. */
  #generation = 0;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(sessions: GuestSessions) {
    this.#sessions = sessions;
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
      this.#tree.message = this.#groups.length > 0 ? 'Running: as it was at the last stop.' : undefined;
      return;
    }
    let groups: VmcsGroup[] = [];
    if (guest) {
      try {
        const answer: VmcsResponse['body'] = await guest.session.customRequest('ringside/vmcs', { threadId: guest.threadId });
        groups = answer.groups;
      } catch {
        // The session ended in between; its end is told next.
      }
      if (generation !== this.#generation) return;
      this.#history = this.#histories.get(guest) ?? new VmcsHistory();
      this.#histories.set(guest, this.#history);
      this.#history.stopped(groups);
    }
    this.#groups = groups;
    const changes = this.#history.changes;
    this.#tree.message = undefined;
    this.#tree.description = groups.length > 0 && changes > 0 ? `${changes} changed` : undefined;
    this.#changed.fire(undefined);
  }

  getChildren(node?: VmcsNode): VmcsNode[] {
    if (!node) return this.#groups.map((group) => ({ kind: 'group', group }));
    if (node.kind === 'group') {
      return node.group.fields.map((field) => ({ kind: 'field', group: node.group, field, value: field.value }));
    }
    if (node.kind === 'field') return node.field.bits.map((bit) => ({ kind: 'bit', field: node.field, bit, value: bit.value }));
    return [];
  }

  getParent(node: VmcsNode): VmcsNode | undefined {
    if (node.kind === 'field') return { kind: 'group', group: node.group };
    return undefined;
  }

  getTreeItem(node: VmcsNode): vscode.TreeItem {
    if (node.kind === 'group') return this.#groupItem(node.group);
    if (node.kind === 'field') return this.#fieldItem(node.field);
    return bitItem(node.field, node.bit);
  }

  #groupItem(group: VmcsGroup): vscode.TreeItem {
    const item = new vscode.TreeItem(group.name, vscode.TreeItemCollapsibleState.Collapsed);
    const changes = group.fields.filter((field) => this.#history.previous(field) !== undefined).length;
    item.id = group.name;
    item.description = changes > 0 ? `${changes} changed` : `${group.fields.length} fields`;
    if (changes > 0) item.iconPath = changedIcon;
    return item;
  }

  #fieldItem(field: VmcsField): vscode.TreeItem {
    const { None, Collapsed } = vscode.TreeItemCollapsibleState;
    const item = new vscode.TreeItem(field.name, field.bits.length > 0 ? Collapsed : None);
    const previous = this.#history.previous(field);
    item.id = field.name;
    item.contextValue = 'value';
    item.description = [field.value, field.text, previous && `was ${previous}`].filter(Boolean).join('  ');
    if (previous) item.iconPath = changedIcon;
    item.tooltip = fieldTooltip(field, previous);
    item.accessibilityInformation = { label: `${field.name}, ${item.description}${previous ? ', changed since the last stop' : ''}` };
    return item;
  }
}

function bitItem(field: VmcsField, bit: VmcsBit): vscode.TreeItem {
  const item = new vscode.TreeItem(bit.name, vscode.TreeItemCollapsibleState.None);
  item.id = `${field.name}/${bit.name}`;
  item.contextValue = 'value';
  item.description = bit.text ?? bit.value;
  item.tooltip = bit.summary;
  return item;
}

function fieldTooltip(field: VmcsField, previous: string | undefined): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.appendMarkdown(`**${field.name}** \`${field.value}\`\n\n`);
  text.appendText(field.summary);
  text.appendMarkdown(`\n\nEncoding \`${field.encoding}\`, ${field.width}`);
  if (previous) text.appendMarkdown(`\n\nAt the stop before: \`${previous}\``);
  return text;
}
