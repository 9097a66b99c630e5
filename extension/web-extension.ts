/** Entry point in the web extension host: language server and debug adapter each run in a web worker of their own. */
import * as vscode from 'vscode';
import { LanguageClient } from 'vscode-languageclient/browser';
import { activateRingside, clientOptions, type RingsideApi } from './activate';
import { WorkerAdapter, type WorkerLike } from './debug/worker-adapter';

/** Of the browser's globals, the only one used. */
declare const Worker: new (url: string) => WorkerLike;

let client: LanguageClient | undefined;

export function activate(context: vscode.ExtensionContext): RingsideApi {
  const script = (name: string) => vscode.Uri.joinPath(context.extensionUri, 'dist', 'web', name).toString(true);
  type LanguageWorker = ConstructorParameters<typeof LanguageClient>[3];
  const server = new Worker(script('server.js')) as unknown as LanguageWorker;
  client = new LanguageClient('ringside', 'Ringside assembly language server', clientOptions(), server);
  const api = activateRingside(context, {
    client,
    adapter: () =>
      new vscode.DebugAdapterInlineImplementation(new WorkerAdapter(new Worker(script('debug-adapter.js')))),
  });
  // Not awaited: debugging must work even where the language server does not.
  void client.start();
  return api;
}

export async function deactivate(): Promise<void> {
  await client?.stop();
}
