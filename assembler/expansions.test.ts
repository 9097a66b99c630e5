import { describe, expect, it } from 'vitest';
import { type ExpandedLine, expandedLines } from './expansions';

const files: Record<string, string> = { 'twice.inc': '%macro twice 1\n  once %1\n  once %1+1\n%endmacro\n' };
const reader = {
  resolve: (name: string) => (name in files ? name : undefined),
  readText: (path: string) => files[path],
  readBytes: () => undefined,
};
const expand = (source: string): ExpandedLine[] => expandedLines('main.asm', source, { format: 'bin' }, reader);
const shown = ({ text, origin, calls }: ExpandedLine): string =>
  [
    text,
    `${origin.file}:${origin.line + 1}`,
    ...calls.map(({ macro, call }) => `${macro} ${call.file}:${call.line + 1}`),
  ].join(' | ');

describe('expanded lines', () => {
  it('say where they come from and which calls led there', () => {
    const source = [
      '%include "twice.inc"',
      '%define VALUE 5',
      '%macro once 1',
      '  mov al, %1',
      '%endmacro',
      'start: nop',
      '  twice VALUE',
      '%rep 2',
      '  inc al',
      '%endrep',
      '%if 0',
      '  dec al',
      '%endif',
    ].join('\n');
    expect(expand(source).map(shown)).toEqual([
      'start: nop | main.asm:6',
      'mov al, 5 | main.asm:4 | once twice.inc:2 | twice main.asm:7',
      'mov al, 5+1 | main.asm:4 | once twice.inc:3 | twice main.asm:7',
      'inc al | main.asm:9',
      'inc al | main.asm:9',
    ]);
  });

  it('of standard macros are those of the line that calls them', () => {
    expect(expand('nop\nalign 4\n').map(shown)).toEqual([
      'nop | main.asm:1',
      '[sectalign 4] | main.asm:2 | align main.asm:2',
      'times (((4) - (($-$$) % (4))) % (4)) nop | main.asm:2 | align main.asm:2',
    ]);
  });

  it('are there as far as a broken source goes', () => {
    expect(expand('nop\n%macro m 1\nnop %1').map(shown)).toEqual(['nop | main.asm:1']);
  });

  it('have the columns of the call', () => {
    const [line] = expand('%macro m 1\n db %1\n%endmacro\n    m 5 ; five');
    expect(line?.calls[0]?.call).toEqual({ file: 'main.asm', line: 3, column: 4, endLine: 3, endColumn: 7 });
  });
});
