/** Random bytes that reach every map of opcodes: prefixes, escapes and VEX in front of random opcodes. */
import type { Random } from '../../host/random';

export type Bits = 16 | 32 | 64;

export const legacyPrefixes: readonly number[] = [0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65];

function opcodeMap(random: Random): number[] {
  switch (random.below(6)) {
    case 0:
      return [0x0f];
    case 1:
      return [0x0f, 0x38];
    case 2:
      return [0x0f, 0x3a];
    case 3:
      return [0xc4, (random.below(8) << 5) | (1 + random.below(3)), random.below(256)];
    case 4:
      return [0xc5, random.below(256)];
    default:
      return [];
  }
}

/** At least so many bytes, one instruction-like group after the other, three tenths of it without any shape. */
export function randomCode(size: number, bits: Bits, random: Random): Uint8Array {
  const result: number[] = [];
  while (result.length < size) {
    if (random.below(10) < 3) {
      for (let i = 0; i < 12; i++) result.push(random.below(256));
      continue;
    }
    for (let count = random.below(3); count > 0; count--)
      result.push(legacyPrefixes[random.below(legacyPrefixes.length)]);
    if (bits === 64 && random.below(2) === 0) result.push(0x40 + random.below(16));
    result.push(...opcodeMap(random));
    for (let i = 0; i < 8; i++) result.push(random.below(256));
  }
  return Uint8Array.from(result);
}
