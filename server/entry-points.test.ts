import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type BuildOptions, build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  createProtocolConnection,
  type Diagnostic,
  type Location,
  type Message,
  type PublishDiagnosticsParams,
  type ReadableStreamMessageReader,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';

let folder: string;
const entry = (name: string) => fileURLToPath(new URL(name, import.meta.url));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringside-server-'));
  const options: BuildOptions = { bundle: true, logLevel: 'silent', mainFields: ['module', 'main'], target: 'es2022' };
  await build({
    ...options,
    entryPoints: [entry('node.ts')],
    platform: 'node',
    format: 'cjs',
    outfile: join(folder, 'server.js'),
  });
  await build({
    ...options,
    entryPoints: [entry('browser.ts')],
    platform: 'browser',
    mainFields: ['browser', 'module', 'main'],
    format: 'iife',
    outfile: join(folder, 'web.js'),
  });
});

afterAll(() => rmSync(folder, { recursive: true }));

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.on('close', resolve));
}

it('as a process the server speaks over standard input and output, reads the disk, and ends when told', async () => {
  mkdirSync(join(folder, 'os'));
  writeFileSync(join(folder, 'os', 'names.inc'), 'LIMIT equ 5\n');
  const child = spawn(process.execPath, [join(folder, 'server.js'), '--stdio']);
  let complaints = '';
  child.stderr.on('data', (data) => {
    complaints += data;
  });
  const client = createProtocolConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin));
  client.onRequest('client/registerCapability', () => null);
  client.listen();
  const rootUri = pathToFileURL(join(folder, 'os')).href;
  await client.sendRequest('initialize', { processId: process.pid, rootUri, capabilities: {} });
  await client.sendNotification('initialized', {});
  const uri = `${rootUri}/kernel.asm`;
  const published = new Promise<Diagnostic[]>((resolve) => {
    client.onNotification('textDocument/publishDiagnostics', (params: PublishDiagnosticsParams) => {
      if (params.uri === uri) resolve(params.diagnostics);
    });
  });
  const text = '%include "names.inc"\n mov eax, LIMIT\n mov eax, NOWHERE\n';
  await client.sendNotification('textDocument/didOpen', {
    textDocument: { uri, languageId: 'nasm', version: 1, text },
  });
  expect((await published).map(({ range }) => range.start)).toEqual([{ line: 2, character: 10 }]);
  const [found] = await client.sendRequest<Location[]>('textDocument/definition', {
    textDocument: { uri },
    position: { line: 1, character: 12 },
  });
  expect(found.uri).toBe(`${rootUri}/names.inc`);
  const exit = exitOf(child);
  await client.sendRequest('shutdown');
  await client.sendNotification('exit');
  expect(await exit).toBe(0);
  expect(complaints).toBe('');
  client.dispose();
});

it('as a web worker it reads files through its client', async () => {
  // What a dedicated worker has, on a thread of Node, and nothing of Node's own.
  const shim = `
    const { parentPort } = require('node:worker_threads');
    const source = require('node:fs').readFileSync(${JSON.stringify(join(folder, 'web.js'))}, 'utf8');
    globalThis.self = globalThis;
    globalThis.postMessage = (message) => parentPort.postMessage(message);
    globalThis.addEventListener = () => {};
    parentPort.on('message', (data) => globalThis.onmessage?.({ data }));
    new Function('require', 'process', 'Buffer', 'setImmediate', 'global', source)();
  `;
  const worker = new Worker(shim, { eval: true });
  const listeners: ((message: Message) => void)[] = [];
  worker.on('message', (message: Message) => {
    for (const listener of listeners) listener(message);
  });
  const none = () => ({ dispose: () => {} });
  const client = createProtocolConnection(
    {
      onError: none,
      onClose: none,
      onPartialMessage: none,
      dispose: () => {},
      listen: (callback: (message: Message) => void) => {
        listeners.push(callback);
        return { dispose: () => {} };
      },
    } as unknown as ReadableStreamMessageReader,
    {
      onError: none,
      onClose: none,
      write: async (message: Message) => worker.postMessage(message),
      end: () => {},
      dispose: () => {},
    },
  );
  const asked: string[] = [];
  client.onRequest('ringside/readFile', ({ uri }: { uri: string }) => {
    asked.push(uri);
    return uri === 'vscode-vfs://github/me/os/names.inc' ? { base64: btoa('LIMIT equ 5\n') } : null;
  });
  client.onRequest('ringside/listSources', () => []);
  client.listen();
  await client.sendRequest('initialize', { processId: null, rootUri: 'vscode-vfs://github/me/os', capabilities: {} });
  await client.sendNotification('initialized', {});
  const uri = 'vscode-vfs://github/me/os/kernel.asm';
  const text = '%include "names.inc"\n mov eax, LIMIT\n';
  const textDocument = { uri, languageId: 'nasm', version: 1, text };
  await client.sendNotification('textDocument/didOpen', { textDocument });
  const [found] = await client.sendRequest<Location[]>('textDocument/definition', {
    textDocument: { uri },
    position: { line: 1, character: 12 },
  });
  expect(found.uri).toBe('vscode-vfs://github/me/os/names.inc');
  expect(asked).toContain('vscode-vfs://github/me/os/names.inc');
  client.dispose();
  await worker.terminate();
});
