/** The log of VM exits, the last one first; each leads to the instruction that exited. */
import * as vscode from 'vscode';
import type { ExitsResponse, ExitSummary } from '../../debug-adapter/protocol';
import type { Guest, GuestSessions } from '../debug/guest-sessions';

/** Exits that one page shows; a long run has hundreds of thousands. */
const pageSize = 200;

export type ExitNode = { kind: 'exit'; exit: ExitSummary } | { kind: 'earlier'; count: number };

export class ExitLogView implements vscode.TreeDataProvider<ExitNode>, vscode.Disposable {
  readonly #sessions: GuestSessions;
  readonly #tree: vscode.TreeView<ExitNode>;
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly #subscriptions: vscode.Disposable[];
  #guest: Guest | undefined;
  /** In order of time; the first of them is not the first of the log, where that is longer than what was asked for. */
  #exits: ExitSummary[] = [];
  #total = 0;
  #wanted = pageSize;
  #generation = 0;

  readonly onDidChangeTreeData = this.#changed.event;

  constructor(sessions: GuestSessions) {
    this.#sessions = sessions;
    this.#tree = vscode.window.createTreeView('ringside.exits', { treeDataProvider: this });
    this.#subscriptions = [
      this.#tree,
      this.#changed,
      sessions.onDidChange((guest) => this.#refresh(guest)),
      vscode.commands.registerCommand('ringside.revealExit', (node?: ExitNode) => this.#reveal(node)),
      vscode.commands.registerCommand('ringside.showEarlierExits', () => {
        this.#wanted += 5 * pageSize;
        return this.#refresh(this.#sessions.shown);
      }),
    ];
  }

  dispose(): void {
    for (const each of this.#subscriptions) each.dispose();
  }

  async #refresh(guest: Guest | undefined): Promise<void> {
    const generation = ++this.#generation;
    if (guest?.state === 'running' && guest === this.#guest) return;
    if (guest !== this.#guest) this.#wanted = pageSize;
    let exits: ExitSummary[] = [];
    let total = 0;
    if (guest?.state === 'stopped') {
      try {
        const answer: ExitsResponse['body'] = await guest.session.customRequest('ringside/exits', { count: this.#wanted });
        exits = answer.exits;
        total = answer.total;
      } catch {
        // The session ended in between; its end is told next.
      }
      if (generation !== this.#generation) return;
    }
    this.#guest = guest;
    this.#exits = exits;
    this.#total = total;
    this.#tree.description = total > 0 ? `${total.toLocaleString('en')} exits` : undefined;
    this.#changed.fire(undefined);
  }

  getChildren(node?: ExitNode): ExitNode[] {
    if (node) return [];
    const nodes: ExitNode[] = this.#exits.map((exit) => ({ kind: 'exit', exit }));
    nodes.reverse();
    const earlier = this.#total - this.#exits.length;
    if (earlier > 0) nodes.push({ kind: 'earlier', count: earlier });
    return nodes;
  }

  getTreeItem(node: ExitNode): vscode.TreeItem {
    if (node.kind === 'earlier') {
      const item = new vscode.TreeItem(`${node.count.toLocaleString('en')} earlier`);
      item.command = { command: 'ringside.showEarlierExits', title: 'Show Earlier Exits' };
      item.iconPath = new vscode.ThemeIcon('ellipsis');
      return item;
    }
    const { exit } = node;
    const item = new vscode.TreeItem(`#${exit.serial} ${exit.reason}`);
    item.id = String(exit.serial);
    item.contextValue = 'exit';
    item.description = `@${exit.instructions.toLocaleString('en')}  ${exit.rip}  ${exit.instruction}  ${exit.cause}`;
    item.tooltip = exitTooltip(exit);
    item.command = { command: 'ringside.revealExit', title: 'Go to the Instruction', arguments: [node] };
    return item;
  }

  /** Shows the source line of the instruction that exited, as the adapter's line table has it. */
  async #reveal(node: ExitNode | undefined): Promise<void> {
    const guest = this.#sessions.shown;
    if (node?.kind !== 'exit' || !guest) return;
    const answer = await guest.session.customRequest('disassemble', { memoryReference: node.exit.rip, instructionCount: 1 });
    const [instruction] = answer.instructions;
    if (!instruction?.location?.path || !instruction.line) {
      vscode.window.setStatusBarMessage(`${node.exit.rip}: ${node.exit.instruction} has no source line`, 5000);
      return;
    }
    const { path } = instruction.location;
    const uri = /^[a-z][a-z0-9+.-]+:\/\//i.test(path) ? vscode.Uri.parse(path) : vscode.Uri.file(path);
    const start = new vscode.Position(instruction.line - 1, 0);
    await vscode.window.showTextDocument(uri, { selection: new vscode.Range(start, start), preserveFocus: true });
  }
}

function exitTooltip(exit: ExitSummary): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  const row = (name: string, value: string | undefined) => {
    if (!value) return;
    text.appendMarkdown(`\n\n**${name}** `);
    text.appendText(value);
  };
  text.appendMarkdown(`**VM exit #${exit.serial}: ${exit.reason}**`);
  row('Instruction', `${exit.rip}: ${exit.instruction}`);
  row('After', `${exit.instructions.toLocaleString('en')} instructions`);
  row('Cause', exit.cause);
  row('Qualification', exit.qualificationText);
  row('Guest-linear address', exit.guestLinear);
  row('Guest-physical address', exit.guestPhysical);
  row('What the hypervisor did', exit.action);
  row('Modelled cost', `${exit.cost.toLocaleString('en')} cycles`);
  return text;
}
