/** A debug adapter in a web worker: messages are passed on, and files that the adapter asks for are read for it. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import * as vscode from 'vscode';
import type { FromWorker, ToWorker } from '../../debug-adapter/worker-messages';
import { uriOf } from './paths';

/** As much of a web worker as is used here; the types of the DOM are not among ours. */
export interface WorkerLike {
  postMessage(message: ToWorker): void;
  terminate(): void;
  onmessage: ((event: { data: FromWorker }) => void) | null;
  onerror: ((event: { message?: string }) => void) | null;
}

export class WorkerAdapter implements vscode.DebugAdapter {
  readonly #worker: WorkerLike;
  readonly #sent = new vscode.EventEmitter<DebugProtocol.ProtocolMessage>();

  readonly onDidSendMessage = this.#sent.event;

  constructor(worker: WorkerLike) {
    this.#worker = worker;
    worker.onmessage = ({ data }) => {
      if (data.kind === 'dap') this.#sent.fire(data.message);
      else void this.#read(data.id, data.path);
    };
    worker.onerror = ({ message }) => this.#failed(message ?? 'unknown error');
  }

  handleMessage(message: DebugProtocol.ProtocolMessage): void {
    this.#worker.postMessage({ kind: 'dap', message });
  }

  dispose(): void {
    this.#worker.terminate();
    this.#sent.dispose();
  }

  async #read(id: number, path: string): Promise<void> {
    let bytes: Uint8Array | undefined;
    try {
      bytes = await vscode.workspace.fs.readFile(uriOf(path));
    } catch {
      // Absent is an answer too: %include looks in several places.
    }
    this.#worker.postMessage({ kind: 'file', id, bytes });
  }

  /** Without this VS Code would wait for an answer that never comes. */
  #failed(reason: string): void {
    const output = `The debug adapter ended: ${reason}\n`;
    this.#sent.fire({
      seq: 0,
      type: 'event',
      event: 'output',
      body: { category: 'important', output },
    } as DebugProtocol.Event);
    this.#sent.fire({ seq: 0, type: 'event', event: 'terminated' } as DebugProtocol.Event);
  }
}
