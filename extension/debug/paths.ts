/** How files are named between VS Code, which has URIs, and the adapter, which has paths where there is a disk. */
import * as vscode from 'vscode';

const uriForm = /^[a-z][a-z0-9+.-]+:\/\//i;

/** What the adapter calls a file: a path on a disk, elsewhere (a repository opened in the browser) the whole URI. */
export function pathOf(uri: vscode.Uri): string {
  return uri.scheme === 'file' ? uri.fsPath : uri.toString();
}

export function uriOf(path: string): vscode.Uri {
  return uriForm.test(path) ? vscode.Uri.parse(path, true) : vscode.Uri.file(path);
}

/** A path as a launch configuration has it: as it stands, or as seen from the workspace folder. */
export function resolvePath(path: string, folder: vscode.WorkspaceFolder | undefined): vscode.Uri {
  const base = folder ?? vscode.workspace.workspaceFolders?.[0];
  if (uriForm.test(path) || !base) return uriOf(path);
  const absolute = /^([\\/]|[a-z]:[\\/])/i.test(path);
  if (!absolute) return vscode.Uri.joinPath(base.uri, path);
  // In a virtual workspace `${file}` is a path of the workspace's own file system.
  return base.uri.scheme === 'file' ? vscode.Uri.file(path) : base.uri.with({ path });
}
