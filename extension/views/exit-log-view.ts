/** The log of VM exits, the last one first; each leads to the instruction that exited. */
import * as vscode from 'vscode';
import type { ExitsArguments, ExitsResponse, ExitView } from '../../debug-adapter/protocol';
import type { Guest, GuestSessions } from '../debug/guest-sessions';
import { uriOf } from '../debug/paths';
import { count } from './words';

/** Exits that are asked for at a time; a long run has hundreds of thousands. */
const pageSize = 500;

export type ExitNode = { kind: 'exit'; exit: ExitView } | { kind: 'earlier'; count: number };

export class ExitLogView implements vscode.TreeDataProvider<ExitNode>, vscode.Disposable {
  readonly #sessions: GuestSessions;
  readonly #tree: vscode.TreeView<ExitNode>;
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly #subscriptions: vscode.Disposable[];
  #guest: Guest | undefined;
  /** In order of time; the first of them is not the first of the log, where that is longer than what was asked for. */
  #exits: ExitView[] = [];
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
      vscode.commands.registerCommand('ringside.showEarlierExits', () => this.#showEarlier()),
    ];
  }

  dispose(): void {
    for (const each of this.#subscriptions) each.dispose();
  }

  async #refresh(guest: Guest | undefined): Promise<void> {
    const generation = ++this.#generation;
    if (guest?.state === 'running' && guest === this.#guest) return;
    const page =
      guest?.state === 'stopped' ? await requestExits(guest, { start: -pageSize, count: pageSize }) : undefined;
    if (generation !== this.#generation) return;
    const kept = guest === this.#guest ? this.#exits : [];
    this.#guest = guest;
    this.#take(page, page ? withoutGap(kept, page.exits) : []);
  }

  /** One page more of the past. */
  async #showEarlier(): Promise<void> {
    const [first] = this.#exits;
    const guest = this.#guest;
    if (!guest || !first) return;
    const generation = ++this.#generation;
    const start = Math.max(0, first.serial - pageSize);
    const page = await requestExits(guest, { start, count: first.serial - start });
    if (page && generation === this.#generation) this.#take(page, [...page.exits, ...this.#exits]);
  }

  #take(page: ExitsResponse | undefined, exits: ExitView[]): void {
    this.#exits = exits;
    this.#tree.description = page && page.total > 0 ? count(page.total, 'exit') : undefined;
    this.#changed.fire(undefined);
  }

  getChildren(node?: ExitNode): ExitNode[] {
    if (node) return [];
    const nodes: ExitNode[] = this.#exits.map((exit) => ({ kind: 'exit', exit }));
    nodes.reverse();
    const earlier = this.#exits[0]?.serial ?? 0;
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
    item.description = `@${exit.instructions.toLocaleString('en')}  ${exit.rip} ${exit.instruction}  ${exit.cause}`;
    item.tooltip = exitTooltip(exit);
    item.command = { command: 'ringside.revealExit', title: 'Go to the Instruction', arguments: [node] };
    return item;
  }

  /** Shows the source line of the instruction that exited, as the adapter's line table has it. */
  async #reveal(node: ExitNode | undefined): Promise<void> {
    const guest = this.#sessions.shown;
    if (node?.kind !== 'exit' || !guest) return;
    const answer = await guest.session.customRequest('disassemble', {
      memoryReference: node.exit.rip,
      instructionCount: 1,
    });
    const [instruction] = answer.instructions;
    if (!instruction?.location?.path || !instruction.line) {
      vscode.window.setStatusBarMessage(`${node.exit.rip}: ${node.exit.instruction} has no source line`, 5000);
      return;
    }
    const { path } = instruction.location;
    const uri = uriOf(path);
    const start = new vscode.Position(instruction.line - 1, 0);
    await vscode.window.showTextDocument(uri, { selection: new vscode.Range(start, start), preserveFocus: true });
  }
}

/** Undefined where the session ended in between; its end is told next. */
async function requestExits({ session }: Guest, which: ExitsArguments): Promise<ExitsResponse | undefined> {
  try {
    return await session.customRequest('ringside/exits', which);
  } catch {
    return undefined;
  }
}

/**
 * The newest page behind what is already shown of the past. What was shown and is not in the past any more (the guest was
 * stepped back) is dropped; so is everything if the guest made more exits than a page holds.
 */
function withoutGap(shown: readonly ExitView[], page: readonly ExitView[]): ExitView[] {
  const first = page[0]?.serial ?? 0;
  const past = shown.filter(({ serial }) => serial < first);
  return past.length > 0 && past.at(-1)?.serial === first - 1 ? [...past, ...page] : [...page];
}

function exitTooltip(exit: ExitView): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  const row = (name: string, value: string | undefined) => {
    if (!value) return;
    text.appendMarkdown(`\n\n**${name}** `);
    text.appendText(value);
  };
  text.appendMarkdown(`**VM exit #${exit.serial}: ${exit.reason}**`);
  row('Instruction', `${exit.rip}: ${exit.instruction}`);
  row('Where', exit.where);
  row('After', count(exit.instructions, 'instruction'));
  row('Cause', exit.cause);
  row('Qualification', exit.qualificationText);
  row('Guest-linear address', exit.guestLinear);
  row('Guest-physical address', exit.guestPhysical);
  row('What the hypervisor did', exit.action);
  row('Modelled cost', count(exit.cost, 'cycle'));
  return text;
}
