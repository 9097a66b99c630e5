/** Lines whose operands stood in earlier ones are made without the parser: what is said of them is at their own places. */
import { describe, expect, it } from 'vitest';
import { assemble } from '../assemble';

const lines = [
  'bits 64',
  '        mov     eax, [rbx + missing]',
  '   mov  ecx, [rbx + missing] ; the operand again, elsewhere',
  'one: mov  edx, [rbx + missing]',
  '        mov     [rbx + missing], edx',
  '.two:  mov [rbx + missing], edx',
];

const reader = { resolve: () => undefined, readText: () => undefined, readBytes: () => undefined };

describe('lines of operands that were read before', () => {
  const columns = lines.map((text) => text.indexOf('missing'));

  it('have errors at the columns of the symbol in each', () => {
    const { diagnostics } = assemble('main.asm', `${lines.join('\n')}\n`, { format: 'bin' }, reader);
    const places = diagnostics.map(({ range: { line, column, endColumn } }) => [line, column, endColumn]);
    const expected = columns.map((column, line) => [line, column, column + 'missing'.length]).slice(1);
    expect(places).toEqual(expected);
  });

  it('are places of their symbols', () => {
    const source = [...lines, 'missing equ 8'].join('\n');
    const { symbols } = assemble('main.asm', source, { format: 'bin' }, reader);
    const local = symbols.find(({ name }) => name === 'one.two');
    expect(local?.definition).toMatchObject({ line: 5, column: 0, endColumn: 4 });
    const missing = symbols.find(({ name }) => name === 'missing');
    expect(missing?.references.map(({ line, column }) => [line, column])).toEqual(
      columns.map((column, line) => [line, column]).slice(1),
    );
  });
});
