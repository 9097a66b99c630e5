/** Symbols of the whole workspace by name, from the texts of all its sources. */

import type { CancellationToken, SymbolInformation, WorkspaceSymbolParams } from 'vscode-languageserver';
import { type Context, pause, rangeOf } from './context';
import { symbolKinds } from './document-symbols';

const MOST = 500;

/** The letters of the query in order, whatever stands between them. */
function matches(name: string, query: string): boolean {
  let at = 0;
  for (const letter of query) {
    at = name.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}

export async function workspaceSymbols(
  context: Context,
  { query }: WorkspaceSymbolParams,
  token?: CancellationToken,
): Promise<SymbolInformation[]> {
  const wanted = query.toLowerCase();
  const found: SymbolInformation[] = [];
  let done = 0;
  for (const file of context.programs.sources()) {
    if (++done % 20 === 0 && (await pause(token))) return [];
    for (const { kind, name, line, token: at, container, certain } of context.files.index(file)?.definitions ?? []) {
      if (kind === 'section' || kind === 'extern' || !certain || !matches(name.toLowerCase(), wanted)) continue;
      const range = rangeOf({ file, line, start: at.start, end: at.end });
      found.push({
        name,
        kind: symbolKinds[kind],
        location: { uri: context.files.uri(file), range },
        containerName: container,
      });
      if (found.length >= MOST) return found;
    }
  }
  return found;
}
