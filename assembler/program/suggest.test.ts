import { describe, expect, it } from 'vitest';
import { assemble } from '../assemble';

const noFiles = { resolve: () => undefined, readText: () => undefined, readBytes: () => undefined };

function suggested(source: string): (string | undefined)[] {
  return assemble('a.asm', source, { format: 'bin' }, noFiles).diagnostics.map(({ suggestion }) => suggestion);
}

describe('what may have been meant', () => {
  it.each([
    ['an instruction', 'movzxx eax, bl\n', 'movzx'],
    ['a label', 'start: jmp strat\n', 'start'],
    ['a directive', '[sectoin .data]\n', 'section'],
    ['a directive of the format', '[ogr 5]\n', 'org'],
    ['a directive of the preprocessor', '%defin a 1\n', '%define'],
    ['a conditional', '%ifdeff a\n', '%ifdef'],
    ['a register', 'bits 32\nmov eax, ebxx\n', 'ebx'],
    ['a register of two letters', 'mov ax, bxx\n', 'bx'],
    ['a macro', '%macro print 1\n db %1\n%endmacro\n pritn 1\n', 'print'],
    ['a macro that takes a register', '%macro print 1\n%endmacro\n prnt ax\n', 'print'],
  ])('is suggested for %s', (_, source, meant) => {
    expect(suggested(source)).toEqual([meant]);
  });

  it('is not said where nothing is near', () => {
    expect(suggested('[quux 5]\n')).toEqual([undefined]);
  });
});

describe('a hint', () => {
  const hints = (source: string) =>
    assemble('a.asm', source, { format: 'bin' }, noFiles).diagnostics.map((d) => d.hint);
  const inside = (macro: string) => `label \`foo' is defined only inside macro \`${macro}'`;

  it.each([
    ['%macro bar 0\nfoo: nop\n%endmacro\njmp foo\n', inside('bar')],
    ['%macro bar 0\n%%foo: nop\n%endmacro\n bar\njmp foo\n', inside('bar')],
    ['mov cr0, 1\n', 'control registers take a register'],
    ['bits 32\nmov [eax], cr0\n', 'control registers take a register'],
    ['mov ds, 1\n', 'segment registers take a register or memory, not a number'],
    ['bits 32\nadd [eax], [ebx]\n', 'one of the operands has to be a register: no instruction takes two in memory'],
    ['bits 32\nmov eax, bx\n', 'the operands have 32 and 16 bits: did you mean `movzx` or `movsx`?'],
    ['bits 32\nadd eax, bx\n', 'the operands have 32 and 16 bits'],
    ['bits 32\ninc [eax]\n', 'say how much is meant: `byte`, `word`, `dword` or `qword` before the operand'],
    ['bits 32\nshl eax, bl\n', 'a shift counts by a number or by `cl`'],
    ['aaa 1\n', undefined],
  ])('beside the errors of %j: %s', (source, hint) => {
    expect(hints(source)).toEqual([hint]);
  });
});
