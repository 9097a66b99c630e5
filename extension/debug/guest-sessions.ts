/** Which guest the views show, and whether it is stopped: learned from the DAP messages that pass by. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import * as vscode from 'vscode';

export type GuestState = 'running' | 'stopped';

/** One Ringside debug session, as far as the views care. */
export interface Guest {
  readonly session: vscode.DebugSession;
  state: GuestState;
  /** The vCPU that stopped last; DAP's threads are numbered from 1. */
  threadId: number;
}

/** Requests after which the guest runs. */
const resuming = new Set([
  'continue',
  'next',
  'stepIn',
  'stepOut',
  'stepBack',
  'reverseContinue',
  'restartFrame',
  'goto',
]);

export class GuestSessions implements vscode.Disposable {
  readonly #guests = new Map<string, Guest>();
  readonly #changed = new vscode.EventEmitter<Guest | undefined>();
  readonly #subscriptions: vscode.Disposable[];
  #shown: Guest | undefined;

  /** The guest to be shown stopped, went on, ended, or is another one now. */
  readonly onDidChange = this.#changed.event;

  constructor() {
    this.#subscriptions = [
      this.#changed,
      vscode.debug.registerDebugAdapterTrackerFactory('ringside', {
        createDebugAdapterTracker: (session) => this.#track(session),
      }),
      vscode.debug.onDidChangeActiveDebugSession((session) => {
        const guest = session && this.#guests.get(session.id);
        if (guest && guest !== this.#shown) this.#show(guest);
      }),
    ];
  }

  /** The guest that the views show: the active one, else the last that stopped. */
  get shown(): Guest | undefined {
    return this.#shown;
  }

  dispose(): void {
    for (const each of this.#subscriptions) each.dispose();
  }

  #track(session: vscode.DebugSession): vscode.DebugAdapterTracker {
    const guest: Guest = { session, state: 'running', threadId: 1 };
    return {
      onWillStartSession: () => {
        this.#guests.set(session.id, guest);
        this.#show(guest);
      },
      // At the request, not at its response: an adapter may tell of the stop before it answers.
      onWillReceiveMessage: (message: DebugProtocol.ProtocolMessage) => {
        if (message.type === 'request' && resuming.has((message as DebugProtocol.Request).command))
          this.#resumed(guest);
      },
      onDidSendMessage: (message: DebugProtocol.ProtocolMessage) => this.#sent(guest, message),
      onWillStopSession: () => this.#ended(guest),
      onExit: () => this.#ended(guest),
    };
  }

  #sent(guest: Guest, message: DebugProtocol.ProtocolMessage): void {
    if (message.type === 'event') {
      const { event, body } = message as DebugProtocol.Event;
      if (event === 'stopped') this.#stopped(guest, body.threadId ?? guest.threadId);
      else if (event === 'continued') this.#resumed(guest);
      // What was written (a register, memory) may have changed what is shown.
      else if (event === 'invalidated' && guest === this.#shown) this.#changed.fire(guest);
      else if (event === 'terminated') this.#ended(guest);
    } else if (message.type === 'response') {
      const { command, success } = message as DebugProtocol.Response;
      if (!success && resuming.has(command)) this.#stopped(guest, guest.threadId);
    }
  }

  #stopped(guest: Guest, threadId: number): void {
    guest.threadId = threadId;
    guest.state = 'stopped';
    this.#show(guest);
  }

  #resumed(guest: Guest): void {
    if (guest.state === 'running') return;
    guest.state = 'running';
    if (guest === this.#shown) this.#show(guest);
  }

  #ended(guest: Guest): void {
    this.#guests.delete(guest.session.id);
    if (guest === this.#shown) this.#show([...this.#guests.values()].at(-1));
  }

  #show(guest: Guest | undefined): void {
    this.#shown = guest;
    void vscode.commands.executeCommand('setContext', 'ringside.state', guest?.state);
    void vscode.commands.executeCommand('setContext', 'ringside.method', guest?.session.configuration.virtualization);
    this.#changed.fire(guest);
  }
}
