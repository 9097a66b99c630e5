import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { incrementalAssembler } from './model/incremental';
import { LspClient } from './testing/lsp-client';

/** `FUZZ_EDITS=20000 npx vitest run server/fuzz` for a long campaign, `FUZZ_SEED` to repeat one. */
const EDITS = Number(process.env.FUZZ_EDITS ?? 150);
const SEED = Number(process.env.FUZZ_SEED ?? 1);

const SNIPPETS = [
  '%macro m 1-*\n%rep %0\n m %1\n%rotate 1\n%endrep\n%endmacro\n',
  '%rep 100000000\n db 0\n%endrep\n',
  'times 1000000000 db 0\n',
  '%include "kernel.asm"\n',
  '%include "x86.inc"\n',
  '%define a b\n%define b a\n mov a, b\n',
  '%if\n',
  '%else\n',
  '%endif\n',
  '%endmacro\n',
  'struc S\n.x: resb 1\n',
  'endstruc\n',
  'incbin "kernel.asm"\n',
  '[section .data',
  '"',
  '`\\',
  '%[',
  '%{',
  '%$',
  '(((((((((',
  '%assign i i+1\n',
  'x equ x + 1\n',
  'align 1 << 40\n',
  'org $\n',
  '\u0000\uffff\ud800',
  '\r\n\r',
  '\\\n',
  '%%a:\n',
  'section .bss align=3\n',
];

function generator(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    // xorshift32
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % Math.max(below, 1);
  };
}

const sample = (path: string) => readFileSync(fileURLToPath(new URL(`../samples/${path}`, import.meta.url)), 'utf8');

const REQUESTS = [
  'hover',
  'completion',
  'signatureHelp',
  'definition',
  'references',
  'documentHighlight',
  'prepareRename',
  'documentSymbol',
  'foldingRange',
  'documentLink',
  'codeLens',
  'inlayHint',
  'semanticTokens/full',
];

it(`survives ${EDITS} random edits, answering all the while`, { timeout: 60_000 + EDITS * 200 }, async () => {
  const random = generator(SEED);
  const files = { 'kernel.asm': sample('long-mode/kernel.asm'), 'x86.inc': sample('long-mode/x86.inc') };
  const settings = { inlayHints: { bytes: true, addresses: true } };
  const client = await LspClient.start({ assemble: incrementalAssembler(), files, settings });
  const paths = Object.keys(files);
  for (const path of paths) await client.open(path);
  for (let i = 0; i < EDITS; i++) {
    const path = paths[random(paths.length)];
    const text = client.text(path);
    const start = random(text.length + 1);
    const lineEnd = text.indexOf('\n', start);
    switch (random(7)) {
      case 0:
        await client.edit(path, start, start, SNIPPETS[random(SNIPPETS.length)]);
        break;
      case 1:
        await client.edit(path, start, Math.min(start + random(40), text.length), '');
        break;
      case 2:
        await client.edit(path, start, start, String.fromCharCode(32 + random(95)));
        break;
      case 3:
        await client.edit(path, start, lineEnd === -1 ? text.length : lineEnd, '');
        break;
      case 4: {
        const from = random(text.length);
        await client.edit(path, start, start, text.slice(from, from + random(200)));
        break;
      }
      default:
        // Somebody undoes, so that the text is not all garbage soon.
        await client.change(path, files[path as keyof typeof files]);
        break;
    }
    // Typing pauses now and then, and the text is assembled as it is.
    if (random(12) === 0) await client.diagnostics(path, 60_000);
    if (random(4) > 0) continue;
    const method = REQUESTS[random(REQUESTS.length)];
    const position = { line: random(600), character: random(60) };
    const range = { start: { line: 0, character: 0 }, end: { line: 600, character: 0 } };
    const asked = client.in(`textDocument/${method}`, path, { position, range, context: { includeDeclaration: true } });
    // To refuse a rename is an answer too.
    await (method === 'prepareRename' ? asked.catch(() => null) : asked);
  }
  for (const path of paths) await client.diagnostics(path, 60_000);
  expect(client.logged).toEqual([]);

  // Nothing was lost: a server that opens the same texts now says the same.
  const fresh = await LspClient.start({ assemble: incrementalAssembler(), files });
  for (const path of paths) await fresh.open(path, client.text(path));
  const messages = (one: LspClient, path: string) =>
    one.diagnostics(path, 60_000).then((all) => all.map((d) => d.message));
  for (const path of paths) expect(await messages(client, path)).toEqual(await messages(fresh, path));
  for (const path of paths) {
    for (const method of ['documentSymbol', 'foldingRange', 'semanticTokens/full']) {
      const answers = [client, fresh].map((one) => one.in(`textDocument/${method}`, path));
      expect(await answers[0], `${method} of ${path}`).toEqual(await answers[1]);
    }
  }
  await fresh.end();
  await client.end();
});
