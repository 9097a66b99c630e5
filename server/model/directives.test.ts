import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { data, directives, operandWords, packages, prefixes, preprocessor } from './directives';

const hasNasm = spawnSync('nasm', ['-v']).status === 0;

/** What Debian's NASM says about each line by itself: its messages, by line from 0. */
function nasmMessages(lines: readonly string[], ...options: string[]): Map<number, string> {
  const folder = mkdtempSync(join(tmpdir(), 'ringside-'));
  try {
    const messages = new Map<number, string>();
    lines.forEach((line, i) => {
      const path = join(folder, `${i}.asm`);
      writeFileSync(path, `${line}\n`);
      // In its own folder: `map all x` writes a file.
      const { stderr } = spawnSync('nasm', [...options, '-o', join(folder, 'out'), path], {
        cwd: folder,
        encoding: 'utf8',
      });
      messages.set(i, stderr);
    });
    return messages;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.skipIf(!hasNasm)('the words of the dialect, asked of nasm', () => {
  it('are all preprocessor directives that it knows', () => {
    const words = [...preprocessor.keys()];
    const messages = nasmMessages([...words, '%nosuchthing'], '-f', 'bin');
    // What the preprocessor does not take is left to the parser.
    const notTaken = /label or instruction expected/;
    expect(words.filter((_, i) => notTaken.test(messages.get(i) ?? ''))).toEqual([]);
    expect(messages.get(words.length)).toMatch(notTaken);
  });

  it('are all packages that it has', () => {
    const words = [...packages.keys()];
    const messages = nasmMessages(
      words.map((word) => `%use ${word}`),
      '-E',
    );
    expect(words.filter((_, i) => messages.get(i) !== '')).toEqual([]);
  });

  it('are all directives, data and prefixes that it takes for no label', () => {
    // Directives of other output formats are known there alone.
    const formats: Record<string, string> = {
      org: 'bin',
      group: 'obj',
      uppercase: 'obj',
      import: 'obj',
      export: 'obj',
      osabi: 'elf64',
      safeseh: 'win32',
      map: 'bin',
    };
    for (const word of directives.keys()) {
      const line = ['endstruc', 'iend', 'at'].includes(word)
        ? `%ifmacro ${word}\n%else\n%error no\n%endif`
        : `[${word} x]`;
      const isMacro = [
        'struc',
        'endstruc',
        'istruc',
        'iend',
        'at',
        'align',
        'alignb',
        'sectalign',
        'use16',
        'use32',
        'use64',
      ];
      const text = isMacro.includes(word) ? `%ifmacro ${word}\n%elifdef ${word}\n%else\n%error no\n%endif` : line;
      const format = formats[word] ?? 'elf64';
      expect(nasmMessages([text], '-f', format).get(0), word).not.toMatch(/unrecognized directive|error: no$/m);
    }
    const words = [...data.keys(), ...prefixes.keys(), 'anything'];
    const messages = nasmMessages(words, '-f', 'bin');
    // A word alone on its line is a label unless it is known.
    expect(words.filter((_, i) => /label-orphan/.test(messages.get(i) ?? ''))).toEqual(['anything']);
  });

  it('are all reserved inside operands', () => {
    for (const word of operandWords.keys()) {
      if (word === 'dup') continue; // only behind a count of data
      expect(nasmMessages([`bits 64\nmov eax, ${word}\n${word} equ 1`], '-f', 'bin').get(0), word).not.toBe('');
    }
  });
});
