import { describe, expect, it } from 'vitest';
import type {
  CompletionList,
  DocumentHighlight,
  DocumentLink,
  DocumentSymbol,
  FoldingRange,
  Hover,
  InlayHint,
  Location,
  SemanticTokens,
  SignatureHelp,
  WorkspaceEdit,
} from 'vscode-languageserver/node';
import { incrementalAssembler } from '../model/incremental';
import { type Case, casesOf, expectedText } from '../testing/cases';
import { LspClient, type Marked, uriFor } from '../testing/lsp-client';
import * as render from '../testing/render';
import { legend } from './semantic-tokens';

interface Asked {
  client: LspClient;
  path: string;
  text: string;
  marker: Marked['markers'][number];
  texts: (uri: string) => string;
}

type Ask = (asked: Asked) => Promise<string>;

/** Asked at each marker. */
const atMarkers: Record<string, Ask> = {
  hover: async ({ client, path, text, marker }) =>
    render.renderHover(await client.at<Hover | null>('textDocument/hover', path, marker), text),
  completion: async ({ client, path, text, marker }) =>
    render.renderCompletion(await client.at<CompletionList>('textDocument/completion', path, marker), text),
  'signature-help': async ({ client, path, marker }) =>
    render.renderSignatures(await client.at<SignatureHelp | null>('textDocument/signatureHelp', path, marker)),
  definition: async ({ client, path, marker, texts }) =>
    render.renderLocations(await client.at<Location[]>('textDocument/definition', path, marker), texts),
  references: async ({ client, path, marker, texts }) =>
    render.renderLocations(
      await client.at<Location[]>('textDocument/references', path, marker, { context: { includeDeclaration: true } }),
      texts,
    ),
  highlights: async ({ client, path, text, marker }) =>
    render.renderHighlights(await client.at<DocumentHighlight[]>('textDocument/documentHighlight', path, marker), text),
  // The marker's name is the new name; `_` stands for a dot in front.
  rename: async ({ client, path, marker, texts }) => {
    const newName = marker.name.replace(/^_/, '.');
    try {
      const edit = await client.at<WorkspaceEdit | null>('textDocument/rename', path, marker, { newName });
      return render.renderEdit(edit, texts);
    } catch (error) {
      return `refused: ${(error as Error).message}`;
    }
  },
};

/** Asked of each file. */
const ofFiles: Record<string, Ask> = {
  diagnostics: async ({ client, path, text }) => render.renderDiagnostics(await client.diagnostics(path), text),
  'document-symbols': async ({ client, path }) =>
    render.renderSymbols(await client.in<DocumentSymbol[]>('textDocument/documentSymbol', path)),
  folding: async ({ client, path, text }) =>
    render.renderFolding(await client.in<FoldingRange[]>('textDocument/foldingRange', path), text),
  'semantic-tokens': async ({ client, path, text }) =>
    render.renderTokens(await client.in<SemanticTokens>('textDocument/semanticTokens/full', path), legend, text),
  'document-links': async ({ client, path, text }) =>
    render.renderLinks(await client.in<DocumentLink[]>('textDocument/documentLink', path), text),
  'inlay-hints': async ({ client, path, text }) => {
    const range = { start: { line: 0, character: 0 }, end: { line: 100_000, character: 0 } };
    return render.renderHints(await client.in<InlayHint[]>('textDocument/inlayHint', path, { range }), text);
  },
};

async function run(one: Case, feature: string): Promise<string> {
  const files = Object.fromEntries([...one.files].map(([path, { text }]) => [path, text]));
  const settings = feature === 'inlay-hints' ? { inlayHints: { bytes: true, addresses: true } } : {};
  const client = await LspClient.start({ assemble: incrementalAssembler(), files, settings });
  const texts = (uri: string) => [...one.files].find(([path]) => uriFor(path) === uri)?.[1].text ?? '';
  const parts: string[] = [];
  try {
    for (const path of one.files.keys()) await client.open(path);
    for (const [path, { text, markers }] of one.files) {
      const none = { name: '', line: 0, character: 0 };
      if (feature in ofFiles) {
        parts.push(`# ${path}\n${await ofFiles[feature]({ client, path, text, texts, marker: none })}\n`);
        continue;
      }
      for (const marker of markers) {
        const answer = await atMarkers[feature]({ client, path, text, texts, marker });
        parts.push(
          `# ${path}:${marker.line + 1}:${marker.character + 1}${marker.name && ` ${marker.name}`}\n${answer}\n`,
        );
      }
    }
    expect(client.logged).toEqual([]);
  } finally {
    await client.end();
  }
  return parts.join('\n');
}

describe.each([...Object.keys(atMarkers), ...Object.keys(ofFiles)])('%s', (feature) => {
  it.each(casesOf(feature).map((one) => [one.name, one] as const))('answers as expected: %s', async (_, one) => {
    const actual = await run(one, feature);
    expect(actual).toBe(expectedText(one, actual));
  });
});
