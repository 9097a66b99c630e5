import { describe, expect, it } from 'vitest';
import { assemble } from '../assemble';

const noFiles = { resolve: () => undefined, readText: () => undefined, readBytes: () => undefined };

describe('bin', () => {
  it('says that [map], which nasm writes a file for, does nothing', () => {
    const { diagnostics, output } = assemble('a.asm', '[map all a.map]\nnop\n', { format: 'bin' }, noFiles);
    expect(output).toEqual(Uint8Array.of(0x90));
    expect(diagnostics).toMatchObject([
      { severity: 'warning', message: 'map files are not supported: none is written', range: { line: 0, column: 1 } },
    ]);
  });
});
