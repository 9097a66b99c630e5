import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { SourceReader } from '../../../assembler/api';
import { assemble } from '../../../assembler/assemble';
import { decodeBase64 } from '../base64';
import { biosImage } from './bios-image';

describe('base64', () => {
  it.each(['', 'f', 'fo', 'foo', 'foob', 'fooba', 'foobar'])('decodes what Buffer encodes of "%s"', (text) => {
    expect(Buffer.from(decodeBase64(Buffer.from(text).toString('base64'))).toString()).toBe(text);
  });
});

describe('BIOS image', () => {
  it('has the reset vector of an AT', () => {
    const rom = biosImage();
    expect(rom.length).toBe(65536);
    expect([rom[0xfff0], rom[0xfff3], rom[0xfff4], rom[0xfffe]]).toEqual([0xea, 0x00, 0xf0, 0xfc]);
  });

  it.skipIf(spawnSync('nasm', ['-v']).status !== 0)('is what nasm makes from the sources', async () => {
    const script = '../../../scripts/build-bios.mjs';
    const { assembleBios } = (await import(/* @vite-ignore */ script)) as { assembleBios: () => Uint8Array };
    expect(Buffer.compare(Buffer.from(biosImage()), Buffer.from(assembleBios()))).toBe(0);
  });

  it('is what our own assembler makes from the sources', () => {
    const text = (name: string) => readFileSync(new URL(name, import.meta.url), 'latin1');
    const reader: SourceReader = { resolve: (name) => name, readText: text, readBytes: () => undefined };
    const { output, diagnostics } = assemble('bios.asm', text('bios.asm'), { format: 'bin' }, reader);
    expect(diagnostics).toEqual([]);
    expect(Buffer.compare(Buffer.from(output ?? []), Buffer.from(biosImage()))).toBe(0);
  });
});
