import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AssembleOptions, AssembleResult, SourceReader } from './api';
import { assemble } from './assemble';
import { difference, ProgramModel } from './program-model';
import { decodeSource } from './source/utf8';
import { generatedSource } from './testing/generated-source';

/**
 * After each of many random edits the model's result is compared with that of assembling the text from its beginning.
 * MODEL_EDITS=100000 MODEL_SEED=7 makes a campaign of it.
 */
const edits = Number(process.env.MODEL_EDITS ?? 800);
const seed = Number(process.env.MODEL_SEED ?? 1);

const time = new Date(0);
const folder = join(import.meta.dirname, 'test-cases');
const samples = join(import.meta.dirname, '../samples');

/** Files beside a source, read once. */
function readerOf(directory: string): SourceReader {
  const kept = new Map<string, Uint8Array | undefined>();
  const readBytes = (path: string): Uint8Array | undefined => {
    if (!kept.has(path)) {
      const full = join(directory, path);
      kept.set(path, existsSync(full) ? readFileSync(full) : undefined);
    }
    return kept.get(path);
  };
  return {
    resolve: (name, _from, paths) => [name, ...paths.map((path) => join(path, name))].find((one) => readBytes(one)),
    readText: (path) => {
      const bytes = readBytes(path);
      return bytes && decodeSource(bytes);
    },
    readBytes,
  };
}

interface Source {
  name: string;
  text: string;
  options: AssembleOptions;
  reader: SourceReader;
}

function caseSource(name: string): Source {
  const text = decodeSource(readFileSync(join(folder, name)));
  const given = /^; options: (.*)$/m.exec(text)?.[1] ?? '';
  const format = (/-f (\w+)/.exec(given)?.[1] ?? 'bin') as AssembleOptions['format'];
  const level = /-O([01])/.exec(given)?.[1];
  const options: AssembleOptions = { format, time, debug: given.includes('-g'), includePaths: ['include'] };
  if (level) options.optimization = Number(level) as 0 | 1;
  return { name, text, options, reader: readerOf(folder) };
}

function sampleSources(): Source[] {
  return readdirSync(samples, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.asm'))
    .map((name) => {
      const text = readFileSync(join(samples, name), 'utf8');
      return { name, text, options: { format: 'bin', time }, reader: readerOf(dirname(join(samples, name))) };
    });
}

const generated: Source = {
  name: 'generated.asm',
  text: generatedSource(700),
  options: { format: 'bin', time },
  reader: readerOf('/none'),
};
const sources: Source[] = [
  ...readdirSync(folder)
    .filter((name) => name.endsWith('.asm'))
    .map(caseSource)
    .filter(({ text }) => text.length < 40_000),
  ...sampleSources(),
  generated,
  generated,
  generated,
];

class Random {
  constructor(private state: number) {}
  /** From 0 to `below` - 1 (xorshift, 32 bits). */
  next(below: number): number {
    let x = this.state | 0;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return (x >>> 0) % below;
  }
  of<T>(list: readonly T[]): T {
    return list[this.next(list.length)]!;
  }
}

/** Lines that people type, whole ones and half ones. */
const typed = [
  '        nop',
  '        mov eax, 5',
  '        mov eax, ',
  '        add eax, 1000000',
  '        mov al, 300',
  '        jmp short $+200',
  '        jmp $+300',
  '        jmp start',
  '        je .out',
  '        mov rax, [rel var_1]',
  'fresh:',
  'fresh:  nop',
  '.fresh: nop',
  'start:',
  'lonely',
  'five    equ 5',
  'later   equ fresh - start',
  '        dd five, later, fresh',
  '        db "text", 0',
  '        db "text',
  '        times 3 nop',
  '        times 200 db 0',
  '        times fresh-start db 1',
  '        resb 10',
  '        align 16',
  '        mov eax, undefined_name',
  '        movv eax, 1',
  '        rep movsb',
  '        lock inc dword [1]',
  '        lock nop',
  '%define five 7',
  '%define nop cli',
  '%undef nop',
  '%macro save 1-*',
  '%endmacro',
  '%rep 3',
  '%endrep',
  '%if 1',
  '%if 0',
  '%else',
  '%endif',
  '%ifdef five',
  '%assign count 0',
  '%assign count count+1',
  '%line 5 other.asm',
  '# 7 "other.asm"',
  '        dd __?LINE?__',
  '        dw count',
  'bits 16',
  'bits 32',
  'use64',
  'default rel',
  'cpu 8086',
  'float daz',
  'section .data',
  'section .text',
  'section .bss',
  '[section .data]',
  '[warning -all]',
  'absolute 0x100',
  'org 0x8000',
  'extern outside',
  'global fresh',
  'common shared 4',
  '        call outside',
  'struc point',
  'endstruc',
  '.x      resd 1',
  'istruc point',
  'iend',
  '        save rax, rbx',
  '        outb 1, al',
  '        %error wrong',
  '        %warning look',
  '%include "other.inc"',
  '%use smartalign',
  '; a comment',
  ';',
  '',
  '\\',
  '        nop \\',
  '        mov eax, \\',
  '%',
  '%1',
  '%%x:    nop',
  '%$x',
  ')',
  '        mov eax, ((((1',
  '        dd 1 dup (2, 3)',
  '        incbin "none.bin"',
  '%exitrep',
  '%push ctx',
  '%pop',
]; // prettier-ignore

/** One edit of a text, as a person might make it. */
function edited(text: string, random: Random): string {
  const lines = text.split('\n');
  const at = random.next(lines.length);
  const line = lines[at]!;
  switch (random.next(12)) {
    case 0:
    case 1:
      lines.splice(at, 0, random.of(typed));
      break;
    case 2:
      lines.splice(at, 1 + random.next(3));
      break;
    case 3:
      lines.splice(at, 0, random.of(lines));
      break;
    case 4:
      lines.splice(at, 1, ...Array.from({ length: random.next(4) }, () => random.of(typed)));
      break;
    case 5:
    case 6:
      lines[at] = line.replace(/\d+/, () => random.of(['0', '1', '127', '128', '300', '70000', '-1']));
      break;
    case 7:
      lines[at] = line.replace(/\b[re]?[abcd]x\b/, () => random.of(['eax', 'ecx', 'ax', 'rax', 'bx']));
      break;
    case 8: {
      const column = random.next(line.length + 1);
      lines[at] =
        line.slice(0, column) +
        random.of(['x', ' ', ',', ':', '[', ']', '1', ';', '"', '\r', '%', '.']) +
        line.slice(column);
      break;
    }
    case 9: {
      const column = random.next(line.length + 1);
      lines[at] = line.slice(0, column) + line.slice(column + 1 + random.next(4));
      break;
    }
    case 10:
      lines[at] = line.startsWith(';') ? line.slice(1) : `;${line}`;
      break;
    default: {
      const other = random.next(lines.length);
      [lines[at], lines[other]] = [lines[other]!, lines[at]!];
    }
  }
  return lines.join('\n');
}

/** All that a result says, in a form that can be compared. */
function everything({ output, diagnostics, symbols, macros, lines, dependencies, origin }: AssembleResult) {
  const bytes = output && Buffer.from(output).toString('base64');
  return { bytes, diagnostics, symbols, macros, lines, dependencies, origin };
}

function check(model: ProgramModel, source: Source, text: string): boolean {
  const ours = everything(model.update(text));
  const fresh = everything(assemble(source.name, text, source.options, source.reader));
  expect(ours).toEqual(fresh);
  return model.incremental;
}

describe('a program that is edited', () => {
  it('is at every moment what assembling its text from the beginning gives', { timeout: 600_000 }, () => {
    const random = new Random(seed * 2_654_435_761 + 1);
    let incremental = 0;
    let done = 0;
    while (done < edits) {
      const source = random.of(sources);
      const model = new ProgramModel(source.name, source.options, source.reader);
      const history = [source.text];
      const texts = [source.text];
      check(model, source, source.text);
      for (let i = 0; i < 12 && done < edits; i++, done++) {
        // As often as not the last edit is taken back, or one on top of it made.
        const back = history.length > 1 && random.next(3) === 0;
        if (back) history.pop();
        else history.push(edited(history[history.length - 1]!, random));
        const text = history[history.length - 1]!;
        texts.push(text);
        try {
          if (check(model, source, text)) incremental++;
        } catch (error) {
          (error as Error).message += `\nsource ${source.name}, edit ${done}\n${shown(texts)}`;
          if (process.env.MODEL_DUMP) writeFileSync(process.env.MODEL_DUMP, JSON.stringify(texts));
          throw error;
        }
      }
    }
    // Else nothing was tried.
    expect(incremental).toBeGreaterThan(edits / 8);
  });
});

describe('a model', () => {
  const reader = readerOf('/none');
  const lines = ['bits 16', 'nop', 'bits 64', '', 'mov rax, 1', '%if 0', 'bits 32', '%endif', 'ret'];

  it('knows the mode at each line, also behind an edit', () => {
    const model = new ProgramModel('a.asm', { format: 'elf32' }, reader);
    model.update(lines.join('\n'));
    expect(lines.map((_, i) => model.bitsAt(i))).toEqual([32, 16, 16, 64, 64, 64, 64, 64, 64]);
    model.update(['nop', ...lines].join('\n'));
    expect(model.incremental).toBe(true);
    expect([0, 1, 2, 3, 4, 9, 50].map((i) => model.bitsAt(i))).toEqual([32, 32, 16, 16, 64, 64, 64]);
  });

  it('reads only what changed, for the edits that people make most', () => {
    const source = [
      '%macro twice 1',
      ' inc %1',
      '%%on: inc %1',
      '%endmacro',
      'a: nop',
      '.x: jmp .x',
      ' twice eax',
      'b:',
      '.x:',
    ];
    const model = new ProgramModel('a.asm', { format: 'bin' }, reader);
    const incremental = (change: (lines: string[]) => void): boolean => {
      model.update(source.join('\n'));
      const changed = [...source];
      change(changed);
      model.update(changed.join('\n'));
      return model.incremental;
    };
    expect(incremental((l) => l.splice(5, 0, ' mov eax, 5'))).toBe(true);
    expect(incremental((l) => l.splice(5, 1))).toBe(true);
    expect(incremental((l) => l.splice(5, 0, 'fresh:'))).toBe(true);
    expect(incremental((l) => l.splice(6, 0, ' twice ebx'))).toBe(true);
    expect(incremental((l) => l.push(' ret'))).toBe(true);
    expect(incremental((l) => l.splice(5, 0, ' mov eax, ('))).toBe(true);
    // Lines that say what others mean.
    expect(incremental((l) => l.splice(1, 0, ' dec %1'))).toBe(false);
    expect(incremental((l) => l.splice(5, 0, '%define eax ebx'))).toBe(false);
    expect(incremental((l) => l.splice(5, 0, 'bits 32'))).toBe(false);
  });

  it('reads a file that it includes again when that has changed', () => {
    let included = 'db 1';
    const model = new ProgramModel(
      'a.asm',
      { format: 'bin' },
      { resolve: (name) => name, readText: () => included, readBytes: () => undefined },
    );
    const source = '%include "b.inc"\ndb 2';
    expect([...model.update(source).output!]).toEqual([1, 2]);
    included = 'db 3';
    expect([...model.update(source).output!]).toEqual([3, 2]);
  });
});

/** What the last edits changed. */
function shown(history: readonly string[]): string {
  const out: string[] = [];
  for (let i = Math.max(1, history.length - 4); i < history.length; i++) {
    const change = difference(history[i - 1]!, history[i]!);
    out.push(change ? `line ${change.from + 1}: -${change.removed} +${JSON.stringify(change.texts)}` : 'other');
  }
  return out.join('\n');
}
