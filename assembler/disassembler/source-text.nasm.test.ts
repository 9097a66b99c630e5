/** Sources made from bytes, given back to Debian's nasm. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { randomCode } from '../../test/campaigns/decode/bytes';
import { hasNasm } from '../../test/campaigns/instructions/oracle';
import { Random } from '../../test/host/random';
import { sourceText } from './source-text';

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g)!, (byte) => Number.parseInt(byte, 16));
}

/** What nasm makes of a source. */
function assembled(source: string): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'ringside-source-text-'));
  try {
    const [input, output] = [join(folder, 'a.asm'), join(folder, 'a.bin')];
    writeFileSync(input, source);
    execFileSync('nasm', ['-f', 'bin', '-w-all', '-o', output, input]);
    return new Uint8Array(readFileSync(output));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Instructions without comments and empty lines. */
const lines = (source: string): string[] =>
  source
    .split('\n')
    .map((line) => line.replace(/ *;.*/, '').trim())
    .filter(Boolean);

describe('a source made from bytes', () => {
  it('has labels where branches lead, absolute addresses where they leave', () => {
    // By hand after SDM 2A: 49 is DEC CX, 75 JNE, E8 CALL, EB JMP, displacements from the next instruction.
    const source = sourceText(bytesOf('4975fde80a00ebf8'), { bits: 16, org: 0x7c00n });
    expect(lines(source)).toEqual([
      'bits 16',
      'org 0x7c00',
      'L_7C00:',
      'dec cx',
      'jne short L_7C00',
      'call 0x7c10',
      'jmp short L_7C00',
    ]);
  });

  it('names data that is addressed relative to RIP', () => {
    const source = sourceText(bytesOf('488d0501000000c341424344'), { bits: 64, org: 0x1000n });
    expect(lines(source)).toContain('lea rax,[rel L_1008]');
    expect(lines(source)).toContain('L_1008:');
  });

  it('writes as bytes what is no instruction, and encodings that a source does not give', () => {
    const source = sourceText(bytesOf('8bc3ffff'), { bits: 16, org: 0n });
    expect(source).toMatch(/ db 0x8b,0xc3 ; mov ax,bx +; 00000000 8BC3\n/);
    expect(source).toMatch(/ db 0xff,0xff +; 00000002 FFFF\n/);
  });

  it.skipIf(!hasNasm()).each([
    [16, 0x7c00n],
    [32, 0x10_0000n],
    [64, 0xffff_ffff_8100_0000n],
  ] as const)('assembles with nasm to the same random bytes, in %i-bit mode at %i', (bits, org) => {
    const bytes = randomCode(6000, bits, new Random(bits));
    const source = sourceText(bytes, { bits, org });
    expect(Buffer.compare(assembled(source), bytes)).toBe(0);
    // Most of it is text.
    expect((source.match(/^ +db /gm) ?? []).length).toBeLessThan(0.4 * source.split('\n').length);
  });
});
