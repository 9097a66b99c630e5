/** Whether a source can be started at all: the language server is asked, so that errors are shown where they are mended. */
import * as vscode from 'vscode';
import type { BaseLanguageClient, DocumentDiagnosticReport } from 'vscode-languageclient';

export class ProgramCheck {
  readonly #client: BaseLanguageClient;

  constructor(client: BaseLanguageClient) {
    this.#client = client;
  }

  /** False, with the Problems view shown and one line that says why, if the source is missing or has errors. */
  async mayStart(source: vscode.Uri): Promise<boolean> {
    const name = vscode.workspace.asRelativePath(source);
    try {
      await vscode.workspace.openTextDocument(source);
    } catch {
      void vscode.window.showErrorMessage(`${name} cannot be read, so nothing was started.`);
      return false;
    }
    const errors = await this.#errors(source);
    const [first] = errors;
    if (!first) return true;
    await vscode.window.showTextDocument(first.uri, { selection: first.range, preserveFocus: true });
    await vscode.commands.executeCommand('workbench.actions.view.problems');
    const count = errors.length === 1 ? 'an error' : `${errors.length} errors`;
    const place = `${vscode.workspace.asRelativePath(first.uri)}:${first.range.start.line + 1}`;
    void vscode.window.showErrorMessage(`${name} has ${count}, so nothing was started. ${place}: ${first.message}`);
    return false;
  }

  /** Errors of the source and of what it includes, as of the text that is in the editor now. */
  async #errors(source: vscode.Uri): Promise<{ uri: vscode.Uri; range: vscode.Range; message: string }[]> {
    const uri = this.#client.code2ProtocolConverter.asUri(source);
    let report: DocumentDiagnosticReport;
    try {
      report = await this.#client.sendRequest('textDocument/diagnostic', { textDocument: { uri } });
    } catch (error) {
      // Without a language server the adapter, which assembles anyway, has to tell.
      this.#client.error(`${source} could not be checked`, error, false);
      return [];
    }
    const reports = Object.entries({ [uri]: report, ...report.relatedDocuments });
    const found = [];
    for (const [each, { kind, ...content }] of reports) {
      if (kind !== 'full' || !('items' in content)) continue;
      const diagnostics = await this.#client.protocol2CodeConverter.asDiagnostics(content.items);
      for (const { severity, range, message } of diagnostics) {
        if (severity !== vscode.DiagnosticSeverity.Error) continue;
        found.push({ uri: this.#client.protocol2CodeConverter.asUri(each), range, message });
      }
    }
    return found;
  }
}
