import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';

describe('a NASM source in the editor', () => {
  it('is known by its extension', async () => {
    const [file] = await vscode.workspace.findFiles('boot-sector/boot.asm');
    const document = await vscode.workspace.openTextDocument(file);
    assert.equal(document.languageId, 'nasm');
  });
});
