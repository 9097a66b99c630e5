/**
 * The language server over any connection. It starts no process and opens no file: how files outside the editor are
 * reached is passed in. Each request is answered by one file of features/.
 */

import {
  type ClientCapabilities,
  CodeActionKind,
  type Connection,
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  ErrorCodes,
  FileChangeType,
  type InitializeResult,
  ResponseError,
  type ServerCapabilities,
  TextDocumentSyncKind,
  TextDocuments,
} from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { codeActions } from './features/code-actions';
import { codeLens } from './features/code-lens';
import { completion, resolveCompletion } from './features/completion';
import type { Context } from './features/context';
import { definition } from './features/definition';
import { DiagnosticsPublisher, diagnosticReport } from './features/diagnostics';
import { documentLinks } from './features/document-links';
import { documentSymbols } from './features/document-symbols';
import { folding } from './features/folding';
import { highlights } from './features/highlights';
import { hover } from './features/hover';
import { inlayHints } from './features/inlay-hints';
import { references } from './features/references';
import { prepareRename, rename } from './features/rename';
import { legend, semanticTokens, semanticTokensRange } from './features/semantic-tokens';
import { signatureHelp } from './features/signature-help';
import { workspaceSymbols } from './features/workspace-symbols';
import { type FileAccess, Files } from './model/files';
import { type Assemble, Programs } from './model/programs';
import { defaultSettings, readSettings } from './model/settings';
import { keyOf } from './model/uri';

const capabilities: ServerCapabilities = {
  textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: { includeText: false } },
  completionProvider: { triggerCharacters: ['.', '%', '[', '"', "'"], resolveProvider: true },
  hoverProvider: true,
  signatureHelpProvider: { triggerCharacters: [' ', ','] },
  definitionProvider: true,
  // One language without types or interfaces: these would answer what definition answers.
  declarationProvider: false,
  typeDefinitionProvider: false,
  implementationProvider: false,
  referencesProvider: true,
  documentHighlightProvider: true,
  documentSymbolProvider: true,
  workspaceSymbolProvider: true,
  renameProvider: { prepareProvider: true },
  foldingRangeProvider: true,
  semanticTokensProvider: { legend, full: true, range: true },
  inlayHintProvider: true,
  documentLinkProvider: { resolveProvider: false },
  codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix] },
  codeLensProvider: { resolveProvider: false },
  // Diagnostics are pushed. A request for them is answered all the same (before a program is started, say), but announcing
  // it would make clients show everything twice.
  diagnosticProvider: undefined,
  // Column layout is a matter of taste in assembly, and blanks have meaning in macros.
  documentFormattingProvider: false,
  workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
};

const WATCHED = '**/*.{asm,nasm,inc,mac,s,S}';

/** The client said no, or is gone: nothing depends on it. */
const ignored = () => undefined;

/** Serves the connection until it closes. */
export function serve(connection: Connection, access: FileAccess, assemble: Assemble): void {
  const documents = new TextDocuments(TextDocument);
  const files = new Files(access);
  const publisher = new DiagnosticsPublisher(files, (params) => void connection.sendDiagnostics(params));
  const programs = new Programs(files, assemble, defaultSettings, (program, analysis, namesChanged) => {
    publisher.analysed(program, analysis);
    // Colours come from the text at once; what only assembling finds, labels made by macros, comes later.
    if (namesChanged && client.workspace?.semanticTokens?.refreshSupport) {
      connection.sendRequest('workspace/semanticTokens/refresh').catch(ignored);
    }
    if (analysis?.failure !== undefined) connection.console.error(`assembler: ${analysis.failure}`);
    if (analysis && client.workspace?.inlayHint?.refreshSupport && wantsHints())
      connection.languages.inlayHint.refresh().catch(ignored);
    if (analysis && client.workspace?.codeLens?.refreshSupport)
      connection.sendRequest('workspace/codeLens/refresh').catch(ignored);
  });
  let client: ClientCapabilities = {};
  let settingsAreKnown = () => {};
  const settled = new Promise<void>((resolve) => {
    settingsAreKnown = resolve;
  });
  const context: Context = {
    files,
    programs,
    settled,
    get capabilities() {
      return client;
    },
  };
  const wantsHints = () => programs.settings.inlayHints.bytes || programs.settings.inlayHints.addresses;

  async function pullSettings(): Promise<void> {
    if (!client.workspace?.configuration) return;
    programs.settings = readSettings(await connection.workspace.getConfiguration('ringside').catch(() => undefined));
    programs.forgetAll();
  }

  connection.onInitialize(({ capabilities: given, workspaceFolders, rootUri }): InitializeResult => {
    client = given;
    const folders = workspaceFolders?.map((folder) => folder.uri) ?? (rootUri ? [rootUri] : []);
    files.folders = folders.map((uri) => keyOf(uri).replace(/\/$/, ''));
    return { capabilities, serverInfo: { name: 'ringside' } };
  });

  connection.onInitialized(async () => {
    if (client.workspace?.didChangeConfiguration?.dynamicRegistration) {
      connection.client.register(DidChangeConfigurationNotification.type, { section: 'ringside' }).catch(ignored);
    }
    if (client.workspace?.didChangeWatchedFiles?.dynamicRegistration) {
      connection.client
        .register(DidChangeWatchedFilesNotification.type, { watchers: [{ globPattern: WATCHED }] })
        .catch(ignored);
    }
    if (client.workspace?.workspaceFolders) {
      connection.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
        const gone = new Set(removed.map((folder) => keyOf(folder.uri).replace(/\/$/, '')));
        const kept = files.folders.filter((folder) => !gone.has(folder));
        files.folders = [...kept, ...added.map((folder) => keyOf(folder.uri).replace(/\/$/, ''))];
        void programs.discover();
      });
    }
    await pullSettings().catch(() => undefined);
    settingsAreKnown();
    await programs.discover().catch(() => undefined);
  });

  connection.onDidChangeConfiguration(({ settings }) => {
    if (client.workspace?.configuration) void pullSettings();
    else {
      const given = (settings as Record<string, unknown> | null)?.ringside;
      programs.settings = readSettings(given);
      programs.forgetAll();
    }
  });

  connection.onDidChangeWatchedFiles(({ changes }) => {
    for (const { uri, type } of changes) {
      const key = keyOf(uri);
      files.forget(key);
      if (type === FileChangeType.Created) programs.fileAppeared(key);
      if (type === FileChangeType.Deleted) programs.fileGone(key);
    }
    programs.changed();
  });

  documents.onDidOpen(({ document }) => {
    files.opened(document);
    programs.changed();
  });
  documents.onDidChangeContent(({ document }) => {
    files.opened(document);
    programs.changed();
  });
  documents.onDidSave(() => {
    // For clients that watch no files: a save is when others are likely to have changed too.
    files.forgetAbsent();
    programs.changed();
  });
  documents.onDidClose(({ document }) => {
    files.closed(document.uri);
    programs.changed();
  });

  /** An error in one feature is told and answered as nothing found; it never ends the server. */
  function guarded<P, T, R>(answer: (params: P, token: T) => R | Promise<R>, nothing: R) {
    return async (params: P, token: T): Promise<R> => {
      try {
        return await answer(params, token);
      } catch (error) {
        if (error instanceof ResponseError && error.code !== ErrorCodes.InternalError) throw error;
        connection.console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
        return nothing;
      }
    };
  }

  connection.onCompletion(guarded((params) => completion(context, params), null));
  connection.onCompletionResolve((item) => resolveCompletion(context, item).catch(() => item));
  connection.onHover(guarded((params) => hover(context, params), null));
  connection.onSignatureHelp(guarded((params) => signatureHelp(context, params), null));
  connection.onDefinition(guarded((params) => definition(context, params), []));
  connection.onReferences(guarded((params, token) => references(context, params, token), []));
  connection.onDocumentHighlight(guarded((params) => highlights(context, params), []));
  connection.onDocumentSymbol(guarded((params) => documentSymbols(context, params), []));
  connection.onWorkspaceSymbol(guarded((params, token) => workspaceSymbols(context, params, token), []));
  connection.onPrepareRename(guarded((params) => prepareRename(context, params), null));
  connection.onRenameRequest(guarded((params, token) => rename(context, params, token), null));
  connection.onFoldingRanges(guarded((params) => folding(context, params), []));
  connection.onDocumentLinks(guarded((params) => documentLinks(context, params), []));
  connection.onCodeAction(guarded((params) => codeActions(params), []));
  connection.onCodeLens(guarded((params) => codeLens(context, params), []));
  connection.languages.inlayHint.on(guarded((params) => inlayHints(context, params), []));
  connection.languages.semanticTokens.on(guarded((params) => semanticTokens(context, params), { data: [] }));
  connection.languages.semanticTokens.onRange(guarded((params) => semanticTokensRange(context, params), { data: [] }));

  connection.languages.diagnostics.on((params) => diagnosticReport(context, params));

  connection.onShutdown(() => programs.dispose());
  documents.listen(connection);
  connection.listen();
}
