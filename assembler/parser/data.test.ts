import { describe, expect, it } from 'vitest';
import { assemble } from '../assemble';

const noFiles = { resolve: () => undefined, readText: () => undefined, readBytes: () => undefined };

describe('DB without a comma', () => {
  // nasm 2.16 gives these bytes and says nothing.
  it.each([
    ['db 1 2', [1], '2'],
    ['db 1 2, 3', [1, 3], '2'],
    ["db 'a' 'b'", [0x61], "'b'"],
  ])('%s: NASM leaves out what stands behind; so do we, and say so', (source, bytes, extra) => {
    const { output, diagnostics } = assemble('a.asm', source, { format: 'bin' }, noFiles);
    expect([...output!]).toEqual(bytes);
    expect(diagnostics).toMatchObject([
      { severity: 'warning', message: `comma expected after operand: \`${extra}' is ignored, as by nasm` },
    ]);
  });

  it('is an error where NASM refuses it', () => {
    const { diagnostics } = assemble('a.asm', 'db 1 2 3', { format: 'bin' }, noFiles);
    expect(diagnostics).toMatchObject([{ severity: 'error', message: 'comma expected after operand' }]);
  });
});
