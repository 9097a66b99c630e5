/** Behind each line the bytes that it makes, before it its address; both only if the user wants them. */

import type { InlayHint, InlayHintParams } from 'vscode-languageserver';
import type { LineEntry } from '../../assembler/api';
import { keyOf } from '../model/uri';
import type { Context } from './context';
import { bytesOf, hexBytes } from './format';

const MOST_BYTES = 8;

function hintsOf(
  entries: readonly LineEntry[],
  output: Uint8Array | undefined,
  bytes: boolean,
  addresses: boolean,
): string {
  const parts: string[] = [];
  if (addresses) parts.push(entries[0].address.toString(16).toUpperCase().padStart(4, '0'));
  if (bytes) {
    const made = bytesOf(entries, output);
    if (made.length > 0) parts.push(hexBytes(made, MOST_BYTES));
  }
  return parts.join(': ');
}

export async function inlayHints(context: Context, params: InlayHintParams): Promise<InlayHint[]> {
  await context.settled;
  const { bytes, addresses } = context.programs.settings.inlayHints;
  const file = keyOf(params.textDocument.uri);
  if (!bytes && !addresses) return [];
  const program = await context.programs.programOf(file);
  const view = await context.programs.view(program);
  if (!view.assembled.isPlaced) return [];
  const statements = view.index(file)?.statements ?? [];
  const output = program.analysis?.result.output;
  const hints: InlayHint[] = [];
  const last = Math.min(params.range.end.line, statements.length - 1);
  for (let line = Math.max(params.range.start.line, 0); line <= last; line++) {
    const entries = view.assembled.entriesAt(file, line);
    const { tokens } = statements[line];
    if (entries.length === 0 || tokens.length === 0) continue;
    const label = hintsOf(entries, output, bytes, addresses);
    if (label === '') continue;
    hints.push({ position: { line, character: tokens.at(-1)!.end }, label, paddingLeft: true });
  }
  return hints;
}
