/** Every opcode of every map under every kind of prefix, with ModRM bytes of each register field in memory and register form. */
import type { Bits } from './bytes';

/** What follows the opcode bytes: small displacements and immediates. */
const FILLER = 0x11;

const isPrefix = (byte: number, bits: Bits): boolean =>
  (byte & 0xe7) === 0x26 ||
  (byte >= 0x64 && byte <= 0x67) ||
  byte === 0xf0 ||
  byte === 0xf2 ||
  byte === 0xf3 ||
  (bits === 64 && (byte & 0xf0) === 0x40);

/** Opcodes in which each ModRM byte is an instruction of its own; those of the one-byte map, and those after 0F. */
const fine: ReadonlySet<number> = new Set([0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xc6, 0xc7]);
const fineOf0f: ReadonlySet<number> = new Set([0x01, 0x0d, 0x18, 0x1c, 0x1e, 0xae, 0xc7]);

const all = Array.from({ length: 256 }, (_, byte) => byte);
const coarse = all.filter((byte) => (byte & 7) === 1 && (byte >> 6 === 0 || byte >> 6 === 3));
const registers = all.filter((byte) => byte >= 0xc0);

function* legacy(bits: Bits): Generator<number[]> {
  for (const prefixes of [[], [0x66], [0xf2], [0xf3], [0x66, 0xf2], [0xf0]]) {
    for (const rex of bits === 64 ? [[], [0x41], [0x48]] : [[]]) {
      const head = [...prefixes, ...rex];
      for (const opcode of all) {
        const begins =
          opcode === 0x0f || opcode === 0x62 || opcode === 0xc4 || opcode === 0xc5 || isPrefix(opcode, bits);
        const modrms = fine.has(opcode) ? [...coarse, ...registers] : coarse;
        if (!begins) for (const modrm of modrms) yield [...head, opcode, modrm];
        const modrmsOf0f = fineOf0f.has(opcode) ? [...coarse, ...registers] : coarse;
        if (opcode !== 0x38 && opcode !== 0x3a) for (const modrm of modrmsOf0f) yield [...head, 0x0f, opcode, modrm];
        for (const map of [0x38, 0x3a]) for (const modrm of coarse) yield [...head, 0x0f, map, opcode, modrm];
      }
    }
  }
}

function* vex(): Generator<number[]> {
  const modrms = [0x01, 0x0c, 0x51, 0xc1, 0xd1, 0xe1, 0xe9, 0xf1];
  for (const pp of [0, 1, 2, 3]) {
    for (const l of [0, 4]) {
      // vvvv = 1111b is "none"; 0111b has the bit that 8-register modes ignore.
      for (const vvvv of [0x78, 0x38]) {
        for (const opcode of all) {
          for (const modrm of modrms) {
            for (const w of [0, 0x80])
              for (const map of [1, 2, 3]) yield [0xc4, 0xe0 | map, w | vvvv | l | pp, opcode, modrm];
            if (vvvv === 0x78) yield [0xc5, 0x80 | vvvv | l | pp, opcode, modrm];
          }
        }
      }
    }
  }
}

/** All of them, each 16 bytes. */
export function sweep(bits: Bits): Uint8Array[] {
  const result: Uint8Array[] = [];
  const add = (bytes: readonly number[]): void => {
    const piece = new Uint8Array(16).fill(FILLER);
    piece.set(bytes);
    result.push(piece);
  };
  for (const bytes of legacy(bits)) add(bytes);
  for (const bytes of vex()) add(bytes);
  return result;
}
