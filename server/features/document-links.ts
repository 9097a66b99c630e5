/** Links on the file names of %include and incbin. */

import type { DocumentLink, DocumentLinkParams } from 'vscode-languageserver';
import { keyOf } from '../model/uri';
import { type Context, rangeOf } from './context';

export async function documentLinks(context: Context, params: DocumentLinkParams): Promise<DocumentLink[]> {
  const file = keyOf(params.textDocument.uri);
  const program = await context.programs.programOf(file);
  const links: DocumentLink[] = [];
  for (const { kind, name, line, token } of context.files.index(file)?.links ?? []) {
    if (kind === 'use') continue;
    const target = await context.programs.linkTarget(file, program.root, name);
    if (target === undefined) continue;
    const end = token.end - (token.text.length > 1 && token.text.endsWith(token.text[0]) ? 1 : 0);
    links.push({ range: rangeOf({ file, line, start: token.start + 1, end }), target: context.files.uri(target) });
  }
  return links;
}
