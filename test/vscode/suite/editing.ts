import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { lineOf, open, poll, ringside } from './support';

const errors = (uri: vscode.Uri) =>
  vscode.languages.getDiagnostics(uri).filter(({ severity }) => severity === vscode.DiagnosticSeverity.Error);

describe('editing a NASM source', () => {
  before(ringside);

  it('knows the language by the file name', async () => {
    const { document } = await open('boot-sector/boot.asm');
    assert.equal(document.languageId, 'nasm');
  });

  it('shows no error in the samples', async () => {
    for (const path of ['boot-sector/boot.asm', 'long-mode/kernel.asm']) {
      const { document } = await open(path);
      // Symbols come from the same model as diagnostics: once they are there, so would errors be.
      await poll('symbols', async () => {
        const symbols = await vscode.commands.executeCommand<unknown[]>(
          'vscode.executeDocumentSymbolProvider',
          document.uri,
        );
        return symbols?.length > 0;
      });
      assert.deepEqual(errors(document.uri), []);
    }
  });

  it('shows an error while typing, at the wrong word, and takes it back once it is mended', async () => {
    const editor = await open('boot-sector/boot.asm');
    const { document } = editor;
    const line = lineOf(document, 'mov sp, start');
    const column = document.lineAt(line).text.indexOf('start');

    await editor.edit((edit) => edit.insert(new vscode.Position(line, column), 're'));
    const [error] = await poll('a diagnostic', () => {
      const found = errors(document.uri);
      return found.length > 0 && found;
    });
    assert.deepEqual(error.range, new vscode.Range(line, column, line, column + 'restart'.length));

    // Going on elsewhere while the error stands: hover and symbols are still answered.
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      new vscode.Position(lineOf(document, 'hlt'), document.lineAt(lineOf(document, 'hlt')).text.indexOf('hlt') + 1),
    );
    assert.ok(hovers.length > 0);

    await editor.edit((edit) => edit.delete(new vscode.Range(line, column, line, column + 2)));
    await poll('no diagnostic any more', () => errors(document.uri).length === 0);
    await document.save();
  });

  it('says on hover what cpuid does, and that it always exits under VT-x', async () => {
    const { document } = await open('long-mode/kernel.asm');
    const line = lineOf(document, '                cpuid');
    const position = new vscode.Position(line, document.lineAt(line).text.indexOf('cpuid') + 2);
    const [hover] = await poll('a hover', async () => {
      const found = await vscode.commands.executeCommand<vscode.Hover[]>(
        'vscode.executeHoverProvider',
        document.uri,
        position,
      );
      return found.length > 0 && found;
    });
    const text = hover.contents.map((content) => (typeof content === 'string' ? content : content.value)).join('\n');
    assert.match(text, /cpuid/i);
    assert.match(text, /exit/i);
  });

  it('completes a mnemonic', async () => {
    const { document } = await open('long-mode/kernel.asm');
    const line = lineOf(document, '                cpuid');
    const list = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      document.uri,
      new vscode.Position(line, document.lineAt(line).text.indexOf('cpuid') + 2),
    );
    const labels = list.items.map(({ label }) => (typeof label === 'string' ? label : label.label).toLowerCase());
    assert.ok(labels.includes('cpuid'), `${labels.length} completions without cpuid`);
  });

  it('leads from a call to its label, and from %include to the file', async () => {
    const { document } = await open('long-mode/kernel.asm');
    const line = lineOf(document, 'call build_idt');
    const locations = await vscode.commands.executeCommand<(vscode.Location | vscode.LocationLink)[]>(
      'vscode.executeDefinitionProvider',
      document.uri,
      new vscode.Position(line, document.lineAt(line).text.indexOf('build_idt') + 3),
    );
    assert.equal(locations.length, 1);
    const [location] = locations;
    const range = 'range' in location ? location.range : (location.targetSelectionRange ?? location.targetRange);
    assert.equal(range.start.line, lineOf(document, '\nbuild_idt:') + 1);
  });

  it('lists labels in the outline', async () => {
    const { document } = await open('boot-sector/boot.asm');
    const symbols = await vscode.commands.executeCommand<vscode.DocumentSymbol[]>(
      'vscode.executeDocumentSymbolProvider',
      document.uri,
    );
    const names = symbols.map(({ name }) => name);
    for (const name of ['start', 'print_screen', 'print_serial', 'greeting'])
      assert.ok(names.includes(name), `no ${name} in ${names}`);
  });
});
