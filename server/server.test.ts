import { afterEach, describe, expect, it } from 'vitest';
import {
  type CodeAction,
  type Diagnostic,
  type DocumentSymbol,
  FileChangeType,
  type Hover,
  type Location,
  type RelatedFullDocumentDiagnosticReport,
  type SymbolInformation,
  type TextDocumentEdit,
  type WorkspaceEdit,
} from 'vscode-languageserver/node';
import { fakeAssembler } from './testing/fake-assembler';
import { type ClientOptions, LspClient, uriFor } from './testing/lsp-client';
import { renderWorkspaceSymbols } from './testing/render';

let client: LspClient | undefined;

async function start(options: ClientOptions): Promise<LspClient> {
  client = await LspClient.start(options);
  return client;
}

afterEach(async () => {
  await client?.end();
  client = undefined;
});

const places = (diagnostics: Diagnostic[]) =>
  diagnostics.map(({ range }) => `${range.start.line}:${range.start.character}-${range.end.character}`);
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('diagnostics', () => {
  it('come and go with the mistake, at its exact place', async () => {
    const lsp = await start({ assemble: fakeAssembler().assemble });
    await lsp.open('a.asm', 'mov ax, 1\n  bad thing\n');
    expect(places(await lsp.diagnostics('a.asm'))).toEqual(['1:2-5']);
    await lsp.edit('a.asm', 12, 15, 'good');
    expect(await lsp.diagnostics('a.asm')).toEqual([]);
    await lsp.edit('a.asm', 0, 0, 'bad\n');
    expect(places(await lsp.diagnostics('a.asm'))).toEqual(['0:0-3']);
  });

  it('of an included file are found in the context of the program that includes it, with the way there', async () => {
    const files = { 'main.asm': '%include "lib/x.inc"\n', 'lib/x.inc': 'nop\nbad\n' };
    const lsp = await start({ assemble: fakeAssembler().assemble, files });
    await lsp.open('lib/x.inc');
    const [found] = await lsp.diagnostics('lib/x.inc');
    expect(found.range.start).toEqual({ line: 1, character: 0 });
    expect(found.relatedInformation?.[0].location.uri).toBe(uriFor('main.asm'));
  });

  it('are taken from the text in the editor, not on the disk, also of a file that another includes', async () => {
    const files = { 'main.asm': '%include "x.inc"\n', 'x.inc': 'bad\n' };
    const lsp = await start({ assemble: fakeAssembler().assemble, files });
    await lsp.open('main.asm');
    await lsp.until(() => lsp.lastDiagnostics('x.inc')?.length || undefined, 5000, 'error in x.inc');
    await lsp.open('x.inc', 'fine\n');
    expect(await lsp.diagnostics('x.inc')).toEqual([]);
  });

  it('follow a file that changes on the disk', async () => {
    const files = { 'main.asm': '%include "x.inc"\n', 'x.inc': 'fine\n' };
    const lsp = await start({ assemble: fakeAssembler().assemble, files });
    await lsp.open('main.asm');
    await lsp.diagnostics('main.asm');
    lsp.disk.set(uriFor('x.inc'), 'bad\n');
    await lsp.connection.sendNotification('workspace/didChangeWatchedFiles', {
      changes: [{ uri: uriFor('x.inc'), type: FileChangeType.Changed }],
    });
    await lsp.until(() => lsp.lastDiagnostics('x.inc')?.length || undefined, 5000, 'error in x.inc');
  });

  it('go away when the program is closed', async () => {
    const lsp = await start({ assemble: fakeAssembler().assemble });
    await lsp.open('a.asm', 'bad');
    await lsp.diagnostics('a.asm');
    await lsp.close('a.asm');
    await lsp.until(() => (lsp.lastDiagnostics('a.asm')?.length === 0 ? true : undefined), 5000, 'empty list');
  });

  it('carry what to write instead, and a code action writes it', async () => {
    const lsp = await start({ assemble: fakeAssembler().assemble });
    await lsp.open('a.asm', 'bad');
    const diagnostics = await lsp.diagnostics('a.asm');
    const [action] = await lsp.in<CodeAction[]>('textDocument/codeAction', 'a.asm', {
      range: diagnostics[0].range,
      context: { diagnostics },
    });
    expect(action.edit?.changes?.[uriFor('a.asm')]).toEqual([{ range: diagnostics[0].range, newText: 'good' }]);
  });

  it('are answered when asked for, for the text of this moment, without being announced', async () => {
    const files = { 'x.inc': 'bad\n' };
    const lsp = await start({ assemble: fakeAssembler().assemble, files });
    await lsp.open('a.asm', '%include "x.inc"\n');
    await lsp.change('a.asm', 'bad\n%include "x.inc"\n');
    const report = await lsp.in<RelatedFullDocumentDiagnosticReport>('textDocument/diagnostic', 'a.asm');
    expect(places(report.items)).toEqual(['0:0-3']);
    expect(Object.keys(report.relatedDocuments ?? {})).toEqual([uriFor('x.inc')]);
    expect(lsp.initialized.capabilities.diagnosticProvider).toBeUndefined();
  });
});

describe('a slow or broken assembler', () => {
  it('runs a few times while somebody types, not for every key', async () => {
    const fake = fakeAssembler();
    fake.milliseconds = 60;
    const lsp = await start({ assemble: fake.assemble });
    await lsp.open('a.asm', '');
    for (let i = 0; i < 60; i++) {
      await lsp.edit('a.asm', i, i, 'x');
      await sleep(5);
    }
    await lsp.diagnostics('a.asm');
    expect(fake.runs.length).toBeLessThan(10);
  });

  it('is told to give up after some seconds, and requests are answered again', async () => {
    const fake = fakeAssembler();
    fake.milliseconds = 60_000;
    const lsp = await start({ assemble: fake.assemble });
    await lsp.open('a.asm', 'start: jmp start');
    await lsp.diagnostics('a.asm');
    expect(fake.wasCancelled).toBe(true);
    const began = Date.now();
    const found = await lsp.at<Location[]>('textDocument/definition', 'a.asm', { line: 0, character: 12 });
    expect(found.length).toBe(1);
    expect(Date.now() - began).toBeLessThan(500);
  });

  it('that throws is told of, and everything else goes on', async () => {
    const fake = fakeAssembler();
    fake.failure = new Error('assembler bug 42');
    const lsp = await start({ assemble: fake.assemble });
    await lsp.open('a.asm', 'start: jmp start');
    expect((await lsp.diagnostics('a.asm'))[0].message).toContain('assembler bug 42');
    const hover = await lsp.at<Hover>('textDocument/hover', 'a.asm', { line: 0, character: 8 });
    expect(JSON.stringify(hover)).toContain('JMP');
    fake.failure = undefined;
    await lsp.change('a.asm', 'nop');
    expect(await lsp.diagnostics('a.asm')).toEqual([]);
  });
});

describe('a program of several files', () => {
  const files = {
    'one.asm': '%include "shared.inc"\ncall helper\n',
    'two.asm': '%include "shared.inc"\njmp helper\n',
    'shared.inc': 'helper: ret\n',
    'alone.asm': 'helper: nop\n',
  };

  it('has references in every program that includes the definition, and in no other', async () => {
    const lsp = await start({ assemble: fakeAssembler().assemble, files });
    await lsp.open('shared.inc');
    await lsp.diagnostics('shared.inc');
    const found = await lsp.at<Location[]>(
      'textDocument/references',
      'shared.inc',
      { line: 0, character: 2 },
      {
        context: { includeDeclaration: false },
      },
    );
    expect(found.map(({ uri }) => uri).sort()).toEqual([uriFor('one.asm'), uriFor('two.asm')]);
  });

  it('is renamed everywhere at once', async () => {
    const lsp = await start({ assemble: fakeAssembler().assemble, files });
    await lsp.open('two.asm');
    await lsp.diagnostics('two.asm');
    const edit = await lsp.at<WorkspaceEdit>(
      'textDocument/rename',
      'two.asm',
      { line: 1, character: 6 },
      { newName: 'aid' },
    );
    const changes = edit.documentChanges as TextDocumentEdit[];
    expect(changes.map(({ textDocument }) => textDocument.uri).sort()).toEqual([
      uriFor('one.asm'),
      uriFor('shared.inc'),
      uriFor('two.asm'),
    ]);
    expect(changes.find(({ textDocument }) => textDocument.uri === uriFor('two.asm'))?.textDocument.version).toBe(1);
    expect(changes.find(({ textDocument }) => textDocument.uri === uriFor('one.asm'))?.textDocument.version).toBeNull();
  });

  it('that includes itself in a circle is still a program', async () => {
    const circle = { 'a.inc': '%include "b.inc"\na: nop\n', 'b.inc': '%include "a.inc"\nb: jmp a\n' };
    const lsp = await start({ assemble: fakeAssembler().assemble, files: circle });
    await lsp.open('b.inc');
    await lsp.diagnostics('b.inc');
    const found = await lsp.at<Location[]>('textDocument/definition', 'b.inc', { line: 1, character: 7 });
    expect(found.map(({ uri }) => uri)).toEqual([uriFor('a.inc')]);
  });

  it('gives workspace symbols also of files that are not open', async () => {
    const lsp = await start({ assemble: fakeAssembler().assemble, files });
    await lsp.open('one.asm');
    await lsp.diagnostics('one.asm');
    const found = await lsp.request<SymbolInformation[]>('workspace/symbol', { query: 'hlp' });
    expect(renderWorkspaceSymbols(found).split('\n').sort()).toEqual(['helper  alone.asm:1', 'helper  shared.inc:1']);
  });

  it('finds files on the include path that the settings name', async () => {
    const onPath = { 'src/a.asm': '%include "x.inc"\n', 'include/x.inc': 'bad\n' };
    const settings = { includePaths: ['include'] };
    const lsp = await start({ assemble: fakeAssembler().assemble, files: onPath, settings });
    await lsp.open('src/a.asm');
    await lsp.until(() => lsp.lastDiagnostics('include/x.inc')?.length || undefined, 5000, 'error in x.inc');
  });
});

describe('whatever a client sends', () => {
  const METHODS = [
    'hover',
    'completion',
    'signatureHelp',
    'definition',
    'references',
    'documentHighlight',
    'prepareRename',
    'rename',
    'documentSymbol',
    'foldingRange',
    'documentLink',
    'codeLens',
    'inlayHint',
    'semanticTokens/full',
    'semanticTokens/range',
  ];
  const params = {
    position: { line: 99, character: 99 },
    range: { start: { line: 5, character: 0 }, end: { line: 999, character: 0 } },
    context: { includeDeclaration: true },
    newName: 'x',
  };

  it('about a document that is not open or a place that is not there is answered with nothing', async () => {
    const lsp = await start({ assemble: fakeAssembler().assemble });
    await lsp.open('a.asm', 'nop');
    for (const path of ['a.asm', 'never-opened.asm']) {
      for (const method of METHODS) {
        const answer = await lsp.in(`textDocument/${method}`, path, params).catch((error: Error) => error.message);
        const text = JSON.stringify(answer);
        expect(text.length, `${method}: ${text}`).toBeLessThan(200);
      }
    }
    expect(lsp.logged).toEqual([]);
  });

  it('a client without any capabilities is served', async () => {
    const lsp = await start({ assemble: fakeAssembler().assemble, capabilities: {} });
    await lsp.open('a.asm', 'start: bad');
    expect(places(await lsp.diagnostics('a.asm'))).toEqual(['0:7-10']);
    const symbols = await lsp.in<DocumentSymbol[]>('textDocument/documentSymbol', 'a.asm');
    expect(symbols.map(({ name }) => name)).toEqual(['start']);
    const edit = await lsp.at<WorkspaceEdit>(
      'textDocument/rename',
      'a.asm',
      { line: 0, character: 1 },
      { newName: 'begin' },
    );
    expect(Object.keys(edit.changes ?? {})).toEqual([uriFor('a.asm')]);
  });

  it('closing what is not open, changing what is not open and opening twice lose nothing', async () => {
    const lsp = await start({ assemble: fakeAssembler().assemble });
    await lsp.close('a.asm');
    await lsp.change('b.asm', 'bad');
    await lsp.open('c.asm', 'bad');
    await lsp.open('c.asm', 'nop\nbad');
    expect(places(await lsp.diagnostics('c.asm'))).toEqual(['1:0-3']);
  });
});
