/** Quick fixes: what a diagnostic suggests to write instead. */

import { type CodeAction, CodeActionKind, type CodeActionParams } from 'vscode-languageserver';
import type { DiagnosticData } from './diagnostics';

function suggestionOf(data: unknown): string | undefined {
  const suggestion = (data as Partial<DiagnosticData> | null | undefined)?.suggestion;
  return typeof suggestion === 'string' ? suggestion : undefined;
}

export function codeActions({ context, textDocument }: CodeActionParams): CodeAction[] {
  const actions: CodeAction[] = [];
  for (const diagnostic of context.diagnostics) {
    const suggestion = suggestionOf(diagnostic.data);
    if (suggestion === undefined) continue;
    actions.push({
      title: `Write \`${suggestion}\``,
      kind: CodeActionKind.QuickFix,
      diagnostics: [diagnostic],
      isPreferred: true,
      edit: { changes: { [textDocument.uri]: [{ range: diagnostic.range, newText: suggestion }] } },
    });
  }
  return actions;
}
