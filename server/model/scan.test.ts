import { describe, expect, it } from 'vitest';
import { numberValue, scanLine, tokenAt } from './scan';

const kinds = (line: string) => scanLine(line).map(({ kind, text }) => `${kind}:${text}`);

describe('scanning a line', () => {
  it('divides label, mnemonic, operands and comment', () => {
    expect(kinds('start: mov ax, 0x10 ; hello')).toEqual([
      'word:start',
      'punctuation::',
      'word:mov',
      'word:ax',
      'punctuation:,',
      'number:0x10',
      'comment:; hello',
    ]);
  });

  it('takes a semicolon in quotes for text', () => {
    expect(kinds(`db 'a;b', "c;d", \`e;\\\`f\` ; g`)).toEqual([
      'word:db',
      "string:'a;b'",
      'punctuation:,',
      'string:"c;d"',
      'punctuation:,',
      'string:`e;\\`f`',
      'comment:; g',
    ]);
  });

  it('ends a string that is not closed at the end of the line', () => {
    expect(kinds(`db "open`)).toEqual(['word:db', 'string:"open']);
  });

  it('tells the preprocessor words apart', () => {
    expect(kinds('%macro foo 2')).toEqual(['directive:%macro', 'word:foo', 'number:2']);
    expect(kinds('%%loop: mov %1, %{2} ')).toEqual([
      'macroLocal:%%loop',
      'punctuation::',
      'word:mov',
      'parameter:%1',
      'punctuation:,',
      'parameter:%{2}',
    ]);
    expect(kinds('%$here')).toEqual(['contextLocal:%$here']);
    expect(kinds('a equ 7 % 4')).toEqual(['word:a', 'word:equ', 'number:7', 'punctuation:%', 'number:4']);
  });

  it('reads $ as the address, as a hexadecimal prefix, and as protection of a name', () => {
    expect(kinds('dw $ - $$, $0F, $mov')).toEqual([
      'word:dw',
      'punctuation:$',
      'punctuation:-',
      'punctuation:$$',
      'punctuation:,',
      'number:$0F',
      'punctuation:,',
      'word:$mov',
    ]);
  });

  it('covers every character that is not blank, whatever it is', () => {
    for (const line of ['\u0000\u0001 ¤ €', '"', '%', '%{', '[[[', '\\', '日本 db 1', '%%', '%$', '{evex} x']) {
      const tokens = scanLine(line);
      const covered = tokens.map(({ start, end }) => line.slice(start, end)).join('');
      expect(covered).toBe(line.replace(/[ \t]/g, '').length === covered.length ? covered : line.trim());
      for (let i = 1; i < tokens.length; i++) expect(tokens[i].start).toBeGreaterThanOrEqual(tokens[i - 1].end);
    }
  });
});

describe('number literals', () => {
  // NASM manual 3.4.1 lists these spellings of 200 and of C8h.
  it.each([
    ['200', 200n],
    ['0200', 200n],
    ['0200d', 200n],
    ['0d200', 200n],
    ['0c8h', 200n],
    ['$0c8', 200n],
    ['0xc8', 200n],
    ['0hc8', 200n],
    ['310q', 200n],
    ['310o', 200n],
    ['0o310', 200n],
    ['0q310', 200n],
    ['11001000b', 200n],
    ['1100_1000b', 200n],
    ['1100_1000y', 200n],
    ['0b1100_1000', 200n],
    ['0y1100_1000', 200n],
    ['0xFFFF_FFFF_FFFF_FFFF', 0xffffffffffffffffn],
    ['1.5', undefined],
    ['12ab', undefined],
  ])('%s is %s', (text, value) => {
    expect(numberValue(text)).toBe(value);
  });
});

describe('the token at a column', () => {
  it('prefers the word to the punctuation that it touches', () => {
    const tokens = scanLine('mov [foo], ax');
    expect(tokenAt(tokens, 5)?.text).toBe('foo');
    expect(tokenAt(tokens, 8)?.text).toBe('foo');
    expect(tokenAt(tokens, 3)?.text).toBe('mov');
    expect(tokenAt(tokens, 13)?.text).toBe('ax');
  });
});
