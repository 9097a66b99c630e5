/** A language client for tests: a real protocol connection to a real server, over streams in one process. */

import { PassThrough } from 'node:stream';
import {
  type ClientCapabilities,
  createConnection,
  createProtocolConnection,
  type Diagnostic,
  type InitializeResult,
  ProposedFeatures,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import type { FileAccess } from '../model/files';
import type { Assemble } from '../model/programs';
import { uriOf } from '../model/uri';
import { serve } from '../server';

export interface ClientOptions {
  assemble: Assemble;
  /** Files of the disk, by path from the workspace folder. */
  files?: Readonly<Record<string, string>>;
  /** What `workspace/configuration` answers for `ringside`. */
  settings?: object;
  capabilities?: ClientCapabilities;
  access?: FileAccess;
}

export const FOLDER = 'file:///workspace';

const ALL: ClientCapabilities = {
  workspace: {
    configuration: true,
    workspaceFolders: true,
    workspaceEdit: { documentChanges: true },
    didChangeConfiguration: { dynamicRegistration: true },
    didChangeWatchedFiles: { dynamicRegistration: true },
  },
};

export function uriFor(path: string): string {
  return uriOf(`${FOLDER}/${path}`);
}

export class LspClient {
  readonly logged: string[] = [];
  initialized!: InitializeResult;
  private readonly published = new Map<string, PublishDiagnosticsParams>();
  private readonly waiting = new Set<() => void>();
  private readonly versions = new Map<string, number>();
  private readonly texts = new Map<string, string>();

  private constructor(
    readonly connection: ProtocolConnection,
    readonly disk: Map<string, string>,
    private readonly dispose: () => void,
  ) {}

  static async start(options: ClientOptions): Promise<LspClient> {
    const toServer = new PassThrough();
    const toClient = new PassThrough();
    const server = createConnection(
      ProposedFeatures.all,
      new StreamMessageReader(toServer),
      new StreamMessageWriter(toClient),
    );
    const disk = new Map(Object.entries(options.files ?? {}).map(([path, text]) => [uriFor(path), text]));
    const access: FileAccess = options.access ?? {
      read: async (uri) => {
        const text = disk.get(uri);
        return text === undefined ? undefined : new TextEncoder().encode(text);
      },
      list: async () => [...disk.keys()].filter((uri) => /\.(asm|inc)$/.test(uri)),
    };
    serve(server, access, options.assemble);
    const connection = createProtocolConnection(new StreamMessageReader(toClient), new StreamMessageWriter(toServer));
    const client = new LspClient(connection, disk, () => {
      connection.dispose();
      server.dispose();
    });
    connection.onRequest('workspace/configuration', ({ items }: { items: unknown[] }) =>
      items.map(() => options.settings ?? {}),
    );
    connection.onRequest('client/registerCapability', () => null);
    connection.onRequest('workspace/codeLens/refresh', () => null);
    connection.onRequest('workspace/inlayHint/refresh', () => null);
    connection.onNotification('window/logMessage', ({ message }: { message: string }) => {
      client.logged.push(message);
    });
    connection.onNotification('textDocument/publishDiagnostics', (params: PublishDiagnosticsParams) => {
      client.published.set(params.uri, params);
      for (const wake of client.waiting) wake();
    });
    connection.listen();
    client.initialized = await connection.sendRequest('initialize', {
      processId: null,
      rootUri: FOLDER,
      workspaceFolders: [{ uri: FOLDER, name: 'workspace' }],
      capabilities: options.capabilities ?? ALL,
    });
    await connection.sendNotification('initialized', {});
    return client;
  }

  /** Ends the conversation as a client does, and lets what is on its way arrive. */
  async end(): Promise<void> {
    await this.connection.sendRequest('shutdown');
    await new Promise((resolve) => setTimeout(resolve, 5));
    this.dispose();
  }

  /** Without a text, the file as it is on the disk. */
  async open(path: string, text = this.disk.get(uriFor(path)) ?? ''): Promise<void> {
    this.versions.set(path, 1);
    this.texts.set(path, text);
    await this.connection.sendNotification('textDocument/didOpen', {
      textDocument: { uri: uriFor(path), languageId: 'nasm', version: 1, text },
    });
  }

  text(path: string): string {
    return this.texts.get(path) ?? '';
  }

  /** Replaces the whole text. */
  async change(path: string, text: string): Promise<void> {
    const version = (this.versions.get(path) ?? 0) + 1;
    this.versions.set(path, version);
    this.texts.set(path, text);
    await this.connection.sendNotification('textDocument/didChange', {
      textDocument: { uri: uriFor(path), version },
      contentChanges: [{ text }],
    });
  }

  /** Replaces the characters from `start` to `end` (offsets), as an editor would tell it. */
  async edit(path: string, start: number, end: number, insert: string): Promise<void> {
    const before = this.text(path);
    const version = (this.versions.get(path) ?? 0) + 1;
    const range = { start: positionAt(before, start), end: positionAt(before, end) };
    this.versions.set(path, version);
    this.texts.set(path, before.slice(0, start) + insert + before.slice(end));
    await this.connection.sendNotification('textDocument/didChange', {
      textDocument: { uri: uriFor(path), version },
      contentChanges: [{ range, text: insert }],
    });
  }

  async close(path: string): Promise<void> {
    await this.connection.sendNotification('textDocument/didClose', { textDocument: { uri: uriFor(path) } });
  }

  request<R>(method: string, params: object): Promise<R> {
    return this.connection.sendRequest(method, params);
  }

  at<R>(method: string, path: string, position: { line: number; character: number }, more: object = {}): Promise<R> {
    return this.request(method, { textDocument: { uri: uriFor(path) }, position, ...more });
  }

  in<R>(method: string, path: string, more: object = {}): Promise<R> {
    return this.request(method, { textDocument: { uri: uriFor(path) }, ...more });
  }

  /** The diagnostics of the file's present version, as soon as they are there. */
  async diagnostics(path: string, timeoutMs = 60_000): Promise<Diagnostic[]> {
    const uri = uriFor(path);
    const version = this.versions.get(path);
    const found = () => {
      const params = this.published.get(uri);
      return params && (version === undefined || params.version === version) ? params.diagnostics : undefined;
    };
    return found() ?? this.until(found, timeoutMs, `diagnostics of ${path}`);
  }

  /** What was published last, whatever its version. */
  lastDiagnostics(path: string): Diagnostic[] | undefined {
    return this.published.get(uriFor(path))?.diagnostics;
  }

  until<T>(found: () => T | undefined, timeoutMs: number, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(wake);
        reject(new Error(`no ${what} within ${timeoutMs} ms`));
      }, timeoutMs);
      const wake = () => {
        const value = found();
        if (value === undefined) return;
        clearTimeout(timer);
        this.waiting.delete(wake);
        resolve(value);
      };
      this.waiting.add(wake);
      wake();
    });
  }
}

export function positionAt(text: string, offset: number): { line: number; character: number } {
  const before = text.slice(0, offset);
  const line = before.split('\n').length - 1;
  return { line, character: offset - (before.lastIndexOf('\n') + 1) };
}

export interface Marked {
  text: string;
  markers: { name: string; line: number; character: number }[];
}

/** Takes the markers `«name»` out of a text and says where they were. */
export function readMarkers(marked: string): Marked {
  const markers: Marked['markers'] = [];
  let text = '';
  let at = 0;
  for (const match of marked.matchAll(/«(\w*)»/g)) {
    text += marked.slice(at, match.index);
    at = match.index + match[0].length;
    markers.push({ name: match[1], ...positionAt(text, text.length) });
  }
  return { text: text + marked.slice(at), markers };
}
