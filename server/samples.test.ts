import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CodeLens, Hover, InlayHint, Location, MarkupContent } from 'vscode-languageserver/node';
import { incrementalAssembler } from './model/incremental';
import { LspClient, uriFor } from './testing/lsp-client';

const folder = fileURLToPath(new URL('../samples/long-mode/', import.meta.url));
const source = (name: string) => readFileSync(join(folder, name), 'utf8');
const files = { 'kernel.asm': source('kernel.asm'), 'x86.inc': source('x86.inc') };
const lines = files['kernel.asm'].split('\n');
const hasNasm = spawnSync('nasm', ['-v']).status === 0;

/** Where `word` stands in the first line that contains `text`. */
function find(text: string, word: string): { line: number; character: number } {
  const line = lines.findIndex((l) => l.includes(text));
  return { line, character: lines[line].indexOf(word) };
}

let client: LspClient;
beforeAll(async () => {
  const settings = { inlayHints: { bytes: true, addresses: true } };
  client = await LspClient.start({ assemble: incrementalAssembler(), files, settings });
});
afterAll(() => client.end());

async function hoverText(position: { line: number; character: number }): Promise<string> {
  const hover = await client.at<Hover | null>('textDocument/hover', 'kernel.asm', position);
  return (hover?.contents as MarkupContent | undefined)?.value ?? '';
}

describe('the long-mode sample in an editor', () => {
  it('has no diagnostics, also if only the included file is open', async () => {
    await client.open('x86.inc');
    expect(await client.diagnostics('x86.inc')).toEqual([]);
    await client.open('kernel.asm');
    expect(await client.diagnostics('kernel.asm')).toEqual([]);
  });

  it('can be run and debugged from its first line, its include file cannot', async () => {
    const lenses = await client.in<CodeLens[]>('textDocument/codeLens', 'kernel.asm');
    expect(lenses.map(({ command }) => [command?.command, command?.arguments])).toEqual([
      ['ringside.runFile', [uriFor('kernel.asm')]],
      ['ringside.debugFile', [uriFor('kernel.asm')]],
    ]);
    expect(lenses[0].range.start.line).toBe(0);
    expect(await client.in('textDocument/codeLens', 'x86.inc')).toEqual([]);
  });

  it('says of CPUID what it does, its encoding and that it leaves the guest', async () => {
    const text = await hoverText(find('cpuid', 'cpuid'));
    // SDM 2A: CPUID is 0F A2; 3C 25.1.2: it causes a VM exit unconditionally.
    expect(text).toContain('`0F A2`');
    expect(text).toContain('always exits');
  });

  it('knows constants of the included file, their values and comments', async () => {
    expect(await hoverText(find('mov ecx, IA32_EFER', 'IA32_EFER'))).toContain('0xC0000080');
    expect(await hoverText(find('or eax, EFER_LME', 'EFER_LME'))).toContain('takes effect when paging is turned on');
    expect(await hoverText(find('[rdi + Gate.offset_high]', 'offset_high'))).toContain('offset 0x8');
  });

  it('goes from the use of a field to its line in the included file', async () => {
    const [place] = await client.at<Location[]>(
      'textDocument/definition',
      'kernel.asm',
      find('[rdi + Gate.type]', 'type'),
    );
    expect(place.uri).toBe(uriFor('x86.inc'));
    const line = files['x86.inc'].split('\n')[place.range.start.line];
    expect(line.slice(place.range.start.character, place.range.end.character)).toBe('.type');
  });

  it('answers about its tokens without an error in the log', async () => {
    for (let line = 0; line < lines.length; line++) {
      const tokens = [...lines[line].matchAll(/[\w.%$]+/g)];
      for (const { index } of tokens.filter((_, i) => i % 6 === line % 6)) {
        const position = { line, character: index + 1 };
        await client.at('textDocument/hover', 'kernel.asm', position);
        await client.at('textDocument/definition', 'kernel.asm', position);
      }
      // Completion at every column in turn, in every third line.
      if (line % 3 > 0) continue;
      const character = line % (lines[line].length + 1);
      await client.at('textDocument/completion', 'kernel.asm', { line, character });
    }
    expect(client.logged).toEqual([]);
  });
});

describe.skipIf(!hasNasm)('address and bytes of each line', () => {
  it('are those of the listing that nasm makes', async () => {
    const temporary = mkdtempSync(join(tmpdir(), 'ringside-'));
    const listing = join(temporary, 'kernel.lst');
    execFileSync('nasm', ['-f', 'bin', '-l', listing, '-o', join(temporary, 'kernel.img'), 'kernel.asm'], {
      cwd: folder,
    });
    const expected = new Map<number, string>();
    const longer = new Set<number>();
    for (const row of readFileSync(listing, 'utf8').split('\n')) {
      // Line number, offset in the section, bytes; `-` where they go on in the next row, `<1>` where a macro made them.
      const [, number, offset, bytes, more] = /^ *(\d+) ([\dA-F]{8}) ([\dA-F]+)(-| {2,}|$)/.exec(row) ?? [];
      if (number === undefined || /<\d+>/.test(row)) continue;
      const line = Number(number) - 1;
      if (more === '-') longer.add(line);
      const address = (0x7c00 + Number.parseInt(offset, 16)).toString(16).toUpperCase();
      expected.set(line, `${address}: ${bytes.match(/../g)!.join(' ')}`);
    }
    rmSync(temporary, { recursive: true });
    const range = { start: { line: 0, character: 0 }, end: { line: lines.length, character: 0 } };
    const hints = await client.in<InlayHint[]>('textDocument/inlayHint', 'kernel.asm', { range });
    const actual = new Map(hints.map(({ position, label }) => [position.line, label as string]));
    const compared = [...expected].filter(([line, text]) => !longer.has(line) && text.split(' ').length <= 9);
    expect(compared.length).toBeGreaterThan(150);
    for (const [line, text] of compared) expect(actual.get(line), lines[line]).toBe(text);
  });
});
