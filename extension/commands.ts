/** Commands of menus, buttons and views. */
import * as vscode from 'vscode';
import { configurationFor } from './debug/configuration-provider';

/** From the editor's title a URI comes along, from a code lens its text; from the palette the open editor is meant. */
async function boot(uri: vscode.Uri | string | undefined, options: vscode.DebugSessionOptions): Promise<void> {
  const given = typeof uri === 'string' ? vscode.Uri.parse(uri, true) : uri;
  const source = given ?? vscode.window.activeTextEditor?.document.uri;
  if (!source) {
    void vscode.window.showErrorMessage('Open the .asm file to be booted.');
    return;
  }
  const folder = vscode.workspace.getWorkspaceFolder(source);
  await vscode.debug.startDebugging(folder, configurationFor(source), options);
}

export function registerCommands(): vscode.Disposable[] {
  return [
    vscode.commands.registerCommand('ringside.debugFile', (uri?: vscode.Uri | string) => boot(uri, {})),
    vscode.commands.registerCommand('ringside.runFile', (uri?: vscode.Uri | string) => boot(uri, { noDebug: true })),
    vscode.commands.registerCommand('ringside.copyValue', (item: { value?: string }) =>
      item.value === undefined ? undefined : vscode.env.clipboard.writeText(item.value),
    ),
  ];
}
