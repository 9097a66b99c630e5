import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { installed } from '../test/installed';
import { folderReader, optionsFrom } from '../test/nasm';
import type { AssembleResult } from './api';
import { assemble } from './assemble';
import { dependencyRule, preprocess } from './preprocess';
import { decodeSource } from './source/utf8';

/**
 * Every file of test-cases is assembled here and by NASM: output and listing must be the same bytes, messages the same
 * words at the same lines. Where both refuse, every message of NASM's must be among ours (which go on after it stops).
 * A first line `; options: ...` gives NASM's options.
 */
const folder = join(import.meta.dirname, 'test-cases');
const scratch = mkdtempSync(join(tmpdir(), 'ringside-asm-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const reader = folderReader(folder);

/** NASM's arguments for a case. */
function argumentsOf(source: string): string[] {
  const given = /^; options: (.*)$/m.exec(source)?.[1]?.split(/\s+/) ?? [];
  return given.includes('-f') ? given : ['-f', 'bin', ...given];
}

/** Our messages as NASM prints them. */
function printed(result: AssembleResult): string[] {
  const lines: string[] = [];
  for (const { severity, message, range, code, chain } of result.diagnostics) {
    const name = severity === 'note' ? 'info' : severity;
    const suffix = code ? ` [-w+${severity === 'error' ? 'error=' : ''}${code}]` : '';
    lines.push(`${range.file}:${range.line + 1}: ${name}: ${message}${suffix}`);
    for (const { message: from, range: at } of [...chain].reverse()) {
      if (!from.includes('single-line')) lines.push(`${at.file}:${at.line + 1}: ${from}`);
    }
  }
  return lines;
}

/** What differs on purpose: fatal errors are errors, and an open %if is shown where it stands, not at the end. */
function comparable(lines: readonly string[]): string[] {
  const fixed = lines.map((line) =>
    line.replace(': fatal: ', ': error: ').replace(/^.*(expected `%endif' before end of file)/, '$1'),
  );
  return [...new Set(fixed)].sort();
}

const files = readdirSync(folder).filter((name) => name.endsWith('.asm'));

describe.skipIf(!installed('nasm'))('a source is assembled as by NASM', () => {
  for (const file of files) {
    it(file, () => {
      const source = decodeSource(readFileSync(join(folder, file)));
      const args = argumentsOf(source);
      const output = join(scratch, 'nasm.out');
      const listing = join(scratch, 'nasm.lst');
      const nasm = spawnSync('nasm', [...args, file, '-o', output, '-l', listing], {
        cwd: folder,
        encoding: 'utf8',
        // NASM itself goes on for ever on some uses of %aliases and follows=.
        timeout: 60_000,
      });
      const result = assemble(file, source, optionsFrom(args), reader);
      const theirs = comparable(nasm.stderr.split('\n').filter(Boolean));
      const ours = comparable(printed(result));
      if (nasm.status === 0) {
        expect(ours).toEqual(theirs);
        expect(Buffer.from(result.output ?? []).equals(readFileSync(output))).toBe(true);
        expect(result.listing?.trimEnd().split('\n')).toEqual(readFileSync(listing, 'utf8').trimEnd().split('\n'));
      } else {
        expect(result.output).toBeUndefined();
        expect(ours).toEqual(expect.arrayContaining(theirs));
      }
    });
  }
});

/** White space at the end of a line or behind a label means nothing: NASM leaves some where a macro was called. */
const lines = (text: string): string[] => text.split('\n').map((line) => line.trimEnd().replace(' :', ':'));

describe.skipIf(!installed('nasm'))('a source is preprocessed as by nasm -E', () => {
  for (const file of files) {
    it(file, () => {
      const source = decodeSource(readFileSync(join(folder, file)));
      const args = argumentsOf(source);
      const nasm = spawnSync('nasm', ['-E', ...args, file], { cwd: folder });
      if (nasm.status !== 0) return;
      expect(lines(preprocess(file, source, optionsFrom(args), reader).text)).toEqual(lines(decodeSource(nasm.stdout)));
    });
  }
});

describe.skipIf(!installed('nasm'))('a rule for make', () => {
  it('is written as nasm -M does, in lines that are not too long', () => {
    for (const { file, target } of [
      { file: 'include.asm', target: 'include.bin' },
      { file: 'incbin.asm', target: 'a/rather/long/name/of/a/target/that/leaves/little/room.bin' },
    ]) {
      const source = decodeSource(readFileSync(join(folder, file)));
      const args = argumentsOf(source);
      const nasm = spawnSync('nasm', ['-M', ...args, '-MT', target, file], { cwd: folder });
      const { dependencies } = preprocess(file, source, optionsFrom(args), reader);
      expect(dependencyRule(target, dependencies)).toBe(nasm.stdout.toString());
    }
  });
});
