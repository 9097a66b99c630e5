/** Files for a language server that has no disk of its own, or not that disk: it asks, VS Code's file systems answer. */
import * as vscode from 'vscode';
import type { BaseLanguageClient } from 'vscode-languageclient';

/** As many sources as the server is told of; a larger workspace is hardly one of guest kernels. */
const mostSources = 2000;

export function answerFileRequests(client: BaseLanguageClient): void {
  client.onRequest('ringside/readFile', async ({ uri }: { uri: string }) => {
    try {
      return { base64: base64(await vscode.workspace.fs.readFile(vscode.Uri.parse(uri, true))) };
    } catch {
      return null;
    }
  });
  client.onRequest('ringside/listSources', async ({ folders }: { folders: string[] }) => {
    const found = folders.map((folder) => {
      const pattern = new vscode.RelativePattern(vscode.Uri.parse(folder, true), '**/*.{asm,nasm,inc,mac}');
      return vscode.workspace.findFiles(pattern, undefined, mostSources);
    });
    return (await Promise.all(found)).flat().map((uri) => uri.toString());
  });
}

/** In pieces, because the arguments of one call are limited. */
function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
