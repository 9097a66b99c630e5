/** Folding of macros, conditions, repetitions, structures, sections and comment blocks. */

import { type FoldingRange, FoldingRangeKind, type FoldingRangeParams } from 'vscode-languageserver';
import { keyOf } from '../model/uri';
import type { Context } from './context';

export function folding(context: Context, params: FoldingRangeParams): FoldingRange[] {
  const index = context.files.index(keyOf(params.textDocument.uri));
  return (index?.blocks ?? []).map(({ kind, line, endLine }) => ({
    startLine: line,
    endLine,
    kind: kind === 'comment' ? FoldingRangeKind.Comment : undefined,
  }));
}
