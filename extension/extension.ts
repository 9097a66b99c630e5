/** Entry point in the Node extension host: language server and debug adapter each run in a process of their own. */
import { join } from 'node:path';
import * as vscode from 'vscode';
import { LanguageClient, TransportKind } from 'vscode-languageclient/node';
import { activateRingside, clientOptions, type RingsideApi } from './activate';

let client: LanguageClient | undefined;

export function activate(context: vscode.ExtensionContext): RingsideApi {
  const module = join(context.extensionPath, 'dist', 'server.js');
  client = new LanguageClient(
    'ringside',
    'Ringside assembly language server',
    { module, transport: TransportKind.ipc },
    clientOptions(),
  );
  const api = activateRingside(context, {
    client,
    // VS Code runs `node` with its own runtime, so that none has to be installed.
    adapter: () => new vscode.DebugAdapterExecutable('node', [join(context.extensionPath, 'dist', 'debug-adapter.js')]),
  });
  // Not awaited: debugging must work even where the language server does not.
  void client.start();
  return api;
}

export async function deactivate(): Promise<void> {
  await client?.stop();
}
