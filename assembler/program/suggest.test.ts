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
  ])('is suggested for %s', (_, source, meant) => {
    expect(suggested(source)).toEqual([meant]);
  });

  it('is not said where nothing is near', () => {
    expect(suggested('[quux 5]\n')).toEqual([undefined]);
  });
});
