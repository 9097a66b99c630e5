/** The map that `[map]` asks for is the text that nasm writes. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { installed } from '../../test/installed';
import { assemble } from '../assemble';
import { decodeSource } from '../source/utf8';

const noFiles = { resolve: () => undefined, readText: () => undefined, readBytes: () => undefined };
const folder = mkdtempSync(join(tmpdir(), 'ringside-map-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What nasm writes to standard output, `stderr` or a file; undefined where it refuses the source. */
function nasmMap(source: string, file = 'stdout'): string | undefined {
  writeFileSync(join(folder, 'a.asm'), source);
  const nasm = spawnSync('nasm', ['-w-all', 'a.asm', '-o', 'a.out'], { cwd: folder, encoding: 'utf8' });
  if (nasm.status !== 0) return undefined;
  if (file === 'stdout') return nasm.stdout;
  return file === 'stderr' ? nasm.stderr : readFileSync(join(folder, file), 'utf8');
}

const environment = process.env as Record<string, string>;

const mapOf = (source: string) =>
  assemble('a.asm', source, { format: 'bin', outputFile: 'a.out', warnings: ['-all'], environment }, noFiles).map;

const program = `
        org 0x7c00
        k equ 5
        later equ last + 1
start:  mov ax, start
.local: jmp .local
        section .data align=16
d:      dd d, k
        section far start=0x9000 vstart=0x100000 valign=0x1000
f:      dd f, section.far.start
at_start equ section.far.start
        section behind follows=.data vfollows=far align=32
        times 3 db 1
        section .bss
b:      resb 100
        section empty
        section bare nobits vstart=0x500
v:      resd 1
        absolute 0x400
gone:   resw 1
        absolute start + 2
inside: resb 1
        section .text
%macro m 0
%%l:    nop
%endmacro
        m
        m
..@own: nop
last:
`;

const directives = ['map', 'map all', 'map brief', 'map sections', 'map segments', 'map symbols', 'map SYMBOLS Brief'];

describe.skipIf(!installed('nasm'))('the map of a flat binary', () => {
  it.each(directives)('[%s] is as nasm writes it', (directive) => {
    const source = `[${directive}]\n${program}`;
    const text = nasmMap(source);
    expect(text).toContain('NASM Map file');
    expect(mapOf(source)).toEqual({ file: 'stdout', text });
  });

  it('has addresses of 64 bits and values below zero', () => {
    const source = '[map all]\norg 0xffffffff80000000\na: nop\ne equ -1\nf equ 0x123456789abcdef0\ng equ a\n';
    expect(mapOf(source)?.text).toBe(nasmMap(source));
  });

  it('goes to the first file named, or where several directives say together', () => {
    const twice = '[map symbols a.map]\n[map b.map sections]\na: nop\n';
    expect(mapOf(twice)).toEqual({ file: 'a.map', text: nasmMap(twice, 'a.map') });
    const error = '[map all stderr]\na: nop\n';
    expect(mapOf(error)).toEqual({ file: 'stderr', text: nasmMap(error, 'stderr') });
  });

  it('is none where nobody asks, or the source has errors', () => {
    expect(mapOf('nop\n')).toBeUndefined();
    expect(mapOf('[map all]\nfoo 1\n')).toBeUndefined();
  });

  it('is the same for every case of the dialect', { timeout: 60_000 }, () => {
    const cases = 'assembler/test-cases';
    let compared = 0;
    for (const name of readdirSync(cases)) {
      const text = decodeSource(readFileSync(join(cases, name)));
      if (!name.endsWith('.asm') || /^; options:/.test(text) || /__\?FILE|%include|%use|__\?OUTPUT/i.test(text))
        continue;
      const source = `[map all a.map]\n${text}`;
      rmSync(join(folder, 'a.map'), { force: true });
      if (nasmMap(source) === undefined) continue;
      expect(mapOf(source)?.text, name).toBe(readFileSync(join(folder, 'a.map'), 'utf8'));
      compared++;
    }
    expect(compared).toBeGreaterThan(40);
  });
});
