/**
 * Data-driven tests: `test-cases/FEATURE/NAME.asm` is a program with markers `«»` where the feature is asked, and
 * `NAME.expected` beside it is what the client gets. Further files of the program begin with a line `;=== NAME`. Run with
 * `UPDATE=1` to write the expected files anew; what they then say has to be read.
 */

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Marked, readMarkers } from './lsp-client';

const FOLDER = fileURLToPath(new URL('../test-cases', import.meta.url));

export interface Case {
  name: string;
  /** By path; the first is the program. */
  files: Map<string, Marked>;
  expectedPath: string;
}

function readCase(feature: string, name: string): Case {
  const text = readFileSync(join(FOLDER, feature, `${name}.asm`), 'utf8');
  const files = new Map<string, Marked>();
  let path = `${name}.asm`;
  for (const part of text.split(/^(?=;=== )/m)) {
    const header = /^;=== (\S+)\n/.exec(part);
    if (header) path = header[1];
    files.set(path, readMarkers(header ? part.slice(header[0].length) : part));
  }
  return { name, files, expectedPath: join(FOLDER, feature, `${name}.expected`) };
}

export function casesOf(feature: string): Case[] {
  return readdirSync(join(FOLDER, feature))
    .filter((file) => file.endsWith('.asm'))
    .map((file) => readCase(feature, file.slice(0, -4)));
}

/** What the client is expected to get; with `UPDATE=1` what it got is written down and expected. */
export function expectedText({ expectedPath }: Case, actual: string): string {
  if (process.env.UPDATE) writeFileSync(expectedPath, actual);
  return existsSync(expectedPath) ? readFileSync(expectedPath, 'utf8') : '(no expected file)';
}
