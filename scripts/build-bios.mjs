// Assembles the BIOS (machine/boot/bios/bios.asm) with nasm into machine/boot/bios/bios-image.ts, which is checked in, so
// that building Ringside needs no assembler. Run after a change to the sources: node scripts/build-bios.mjs
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../machine/boot/bios');

/** The 64 KiB ROM as nasm makes it from the sources. */
export function assembleBios() {
  const temporary = mkdtempSync(join(tmpdir(), 'bios-'));
  try {
    const output = join(temporary, 'bios.bin');
    execFileSync('nasm', ['-f', 'bin', '-w+all', '-w+error', 'bios.asm', '-o', output], { cwd: folder });
    return new Uint8Array(readFileSync(output));
  } finally {
    rmSync(temporary, { recursive: true });
  }
}

/**
 * The module's text: the ROM is code, zeros, and the 16 bytes of the reset vector.
 * @param {Uint8Array} rom
 */
export function biosModule(rom) {
  let used = rom.length - 16;
  while (used > 0 && rom[used - 1] === 0) used--;
  const lines = (/** @type {Uint8Array} */ bytes) =>
    Buffer.from(bytes)
      .toString('base64')
      .replace(/.{1,110}/g, "  '$&' +\n")
      .replace(/ \+\n$/, ';\n');
  return `// Made by scripts/build-bios.mjs from the .asm files beside it. Do not edit.
import { decodeBase64 } from '../base64';

const CODE =
${lines(rom.subarray(0, used))}
const RESET_VECTOR = '${Buffer.from(rom.subarray(rom.length - 16)).toString('base64')}';

/** Where the ROM stands in physical memory, and its size in bytes. */
export const BIOS_BASE = 0xf0000;
export const BIOS_SIZE = 0x10000;

/** The BIOS ROM's 65,536 bytes. */
export function biosImage(): Uint8Array {
  const rom = new Uint8Array(BIOS_SIZE);
  rom.set(decodeBase64(CODE));
  rom.set(decodeBase64(RESET_VECTOR), BIOS_SIZE - 16);
  return rom;
}
`;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const rom = assembleBios();
  writeFileSync(join(folder, 'bios-image.ts'), biosModule(rom));
  console.log(`machine/boot/bios/bios-image.ts: ${rom.length} bytes of ROM`);
}
