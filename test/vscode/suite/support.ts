import * as assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import * as vscode from 'vscode';
import type { RingsideApi } from '../../../extension/activate';

/** Asks until the answer is neither undefined nor false; fails with what the last question threw, or with `what`. */
export async function poll<T>(
  what: string,
  ask: () => T | Thenable<T>,
  timeout = 60_000,
): Promise<Exclude<T, false | null | undefined>> {
  const end = Date.now() + timeout;
  let last: unknown;
  while (Date.now() < end) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== null && answer !== false) {
        return answer as Exclude<T, false | null | undefined>;
      }
      last = undefined;
    } catch (error) {
      last = error;
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  assert.fail(`not in ${timeout / 1000} s: ${what}${last ? ` (${last})` : ''}`);
}

/** Opens a file of the workspace in the editor. */
export async function open(path: string): Promise<vscode.TextEditor> {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  assert.ok(folder);
  const document = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(folder.uri, path));
  return vscode.window.showTextDocument(document);
}

/** Line, from 0, of the first occurrence of a text. */
export function lineOf(document: vscode.TextDocument, text: string): number {
  const offset = document.getText().indexOf(text);
  assert.notEqual(offset, -1, `${text} is not in ${document.fileName}`);
  return document.positionAt(offset).line;
}

export async function ringside(): Promise<RingsideApi> {
  const extension = vscode.extensions.getExtension<RingsideApi>('ringside.ringside');
  assert.ok(extension);
  return extension.activate();
}

/** Follows one debug session through the DAP messages that pass by. */
export class Watched implements vscode.Disposable {
  readonly events: DebugProtocol.Event[] = [];
  session: vscode.DebugSession | undefined;
  ended = false;
  #stops = 0;
  readonly #subscriptions: vscode.Disposable[];

  constructor() {
    this.#subscriptions = [
      vscode.debug.registerDebugAdapterTrackerFactory('ringside', {
        createDebugAdapterTracker: (session) => {
          this.session = session;
          return {
            onDidSendMessage: (message: DebugProtocol.ProtocolMessage) => {
              if (message.type === 'event') this.events.push(message as DebugProtocol.Event);
            },
          };
        },
      }),
      vscode.debug.onDidTerminateDebugSession((session) => {
        if (session.id === this.session?.id) this.ended = true;
      }),
    ];
  }

  dispose(): void {
    for (const each of this.#subscriptions) each.dispose();
  }

  /** The next stop that was not asked for yet, once VS Code shows it too. */
  async stop(): Promise<DebugProtocol.StoppedEvent['body']> {
    const stop = await poll('a stop', () => this.events.filter(({ event }) => event === 'stopped')[this.#stops]);
    this.#stops++;
    return stop.body;
  }

  /** What the guest printed, as it stands in the Debug Console. */
  get printed(): string {
    return this.events
      .filter(({ event, body }) => event === 'output' && body.category === 'stdout')
      .map(({ body }) => body.output)
      .join('');
  }

  async request(command: string, args: object = {}) {
    assert.ok(this.session);
    return this.session.customRequest(command, args);
  }

  /** The innermost frame of the first vCPU. */
  async top(): Promise<DebugProtocol.StackFrame> {
    const { stackFrames } = await this.request('stackTrace', { threadId: 1, startFrame: 0, levels: 1 });
    return stackFrames[0];
  }

  /** A register's value, as the user reads it by typing its name into the Debug Console or a watch. */
  async register(name: string): Promise<bigint> {
    const { id } = await this.top();
    const { result } = await this.request('evaluate', { expression: name, frameId: id, context: 'watch' });
    return BigInt(/0x[0-9a-f]+/i.exec(result.replaceAll('_', ''))?.[0] ?? assert.fail(`${name} reads ${result}`));
  }
}

/** This file is bundled to out/test/vscode/. */
const requests = join(__dirname, '../../../.cache/vscode-suite/requests');

/** Asks whoever drives the browser for a picture; nothing where no one does. */
export async function picture(name: string): Promise<void> {
  if (!existsSync(join(requests, '.driver'))) return;
  writeFileSync(join(requests, name), '');
  await poll('a picture', () => !existsSync(join(requests, name)));
}
