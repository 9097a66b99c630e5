/** How images are spoilt: as transmission, truncation and malice do it. */
import type { Random } from '../../host/random';
import { wide } from './device-operations';
import type { Image } from './images';

const NUMBERS = [
  0, 1, 2, 0x7f, 0xff, 0x100, 0x1ff, 0xfff, 0x1000, 0x7fff, 0xffff, 0x10000, 0xa0000, 0xf0000, 0x100000, 0x3fffff,
  0x400000, 0x7fffffff, 0x80000000, 0xfee00000, 0xfffff000, 0xffffffff,
];

/** Where CDs have their descriptors and boot catalog. */
const CD_STRUCTURES = [0x8000, 0x8800, 0x8847, 0x9000, 0x9800, 0x9820, 0xa000];

function place(random: Random, image: Image, length: number): number {
  if (image.name.startsWith('CD') && random.below(4) !== 0)
    return (CD_STRUCTURES[random.below(CD_STRUCTURES.length)] as number) + random.below(64);
  return random.below(3) === 0 ? random.below(length) : random.below(Math.min(image.head, length));
}

/** A spoilt copy. */
export function mutate(random: Random, image: Image): Uint8Array {
  let bytes = image.bytes.slice();
  const times = 1 + random.below(random.below(4) === 0 ? 12 : 3);
  for (let i = 0; i < times && bytes.length > 0; i++) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const at = place(random, image, bytes.length);
    const number =
      (NUMBERS[random.below(NUMBERS.length)] as number) + (random.below(4) === 0 ? random.below(17) - 8 : 0);
    switch (random.below(9)) {
      case 0:
      case 1:
        if (at < bytes.length) bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
        break;
      case 2:
        if (at < bytes.length) bytes[at] = random.below(256);
        break;
      case 3: {
        const aligned = at - (at % 2);
        if (aligned + 2 <= bytes.length) view.setUint16(aligned, number & 0xffff, true);
        break;
      }
      case 4:
      case 5: {
        const aligned = at - (at % 4);
        if (aligned + 4 <= bytes.length) view.setUint32(aligned, number >>> 0, true);
        break;
      }
      case 6: {
        const aligned = at - (at % 8);
        if (aligned + 8 <= bytes.length) view.setBigUint64(aligned, wide(random), true);
        break;
      }
      case 7: {
        const length = 1 + random.below(64);
        bytes.copyWithin(place(random, image, bytes.length), at, Math.min(at + length, bytes.length));
        break;
      }
      default:
        if (random.below(3) === 0) {
          const longer = new Uint8Array(bytes.length + random.below(0x2000));
          longer.set(bytes);
          bytes = longer;
        } else bytes = bytes.slice(0, random.below(2) ? at : random.below(bytes.length + 1));
    }
  }
  return bytes;
}
