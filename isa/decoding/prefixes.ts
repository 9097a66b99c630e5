/** What stands before ModRM: prefixes, REX or VEX, escapes and the opcode byte (SDM 2A 2.1.1, 2.2.1, 2.3). */
import type { Encoding } from './encoding';

/** Reads prefixes; returns the byte after them, -1 if there are 15 or more. */
export function readPrefixes(encoding: Encoding): number {
  for (let count = 0; count < 15; count++) {
    const byte = encoding.next();
    switch (byte) {
      case 0x26:
      case 0x2e:
      case 0x36:
      case 0x3e: {
        // 64-bit mode ignores these four, so that an FS or GS before them holds (SDM 2A 2.1.1).
        const segment = ((byte >> 3) & 3) as 0 | 1 | 2 | 3;
        if (encoding.bits !== 64 || encoding.segment < 4) encoding.segment = segment;
        encoding.rex = 0;
        break;
      }
      case 0x64:
      case 0x65:
        encoding.segment = byte === 0x64 ? 4 : 5;
        encoding.rex = 0;
        break;
      case 0x66:
        encoding.has66 = true;
        encoding.rex = 0;
        break;
      case 0x67:
        encoding.has67 = true;
        encoding.rex = 0;
        break;
      case 0xf0:
        encoding.lock = true;
        encoding.rex = 0;
        break;
      case 0xf2:
      case 0xf3:
        encoding.repeat = byte;
        encoding.rex = 0;
        break;
      default:
        if (encoding.bits === 64 && (byte & 0xf0) === 0x40) {
          // Only a REX directly before the opcode counts.
          encoding.rex = byte;
          break;
        }
        if (encoding.rex !== 0) {
          encoding.w = (encoding.rex >> 3) & 1;
          encoding.r = (encoding.rex & 4) << 1;
          encoding.x = (encoding.rex & 2) << 2;
          encoding.b = (encoding.rex & 1) << 3;
        }
        return byte;
    }
  }
  return -1;
}

/** Reads escapes, VEX and the opcode byte: the key of the dispatch, -1 for #UD. */
export function readOpcode(encoding: Encoding, first: number): number {
  if (first === 0x0f) {
    const second = encoding.next();
    if (second === 0x38) return 0x200 | encoding.next();
    if (second === 0x3a) return 0x300 | encoding.next();
    return 0x100 | second;
  }
  if (first === 0xc4 || first === 0xc5) {
    if (encoding.bits === 64 || encoding.peek() >= 0xc0) return readVex(encoding, first);
  }
  return first;
}

function readVex(encoding: Encoding, first: number): number {
  if (encoding.lock || encoding.repeat !== 0 || encoding.has66 || encoding.rex !== 0) return -1;
  encoding.vex = first === 0xc4 ? 3 : 2;
  let payload = encoding.next();
  let map = 1;
  encoding.r = payload & 0x80 ? 0 : 8;
  if (first === 0xc4) {
    encoding.x = payload & 0x40 ? 0 : 8;
    encoding.b = payload & 0x20 ? 0 : 8;
    map = payload & 0x1f;
    if (map < 1 || map > 3) return -1;
    payload = encoding.next();
    encoding.w = payload >> 7;
  }
  encoding.vvvv = ~(payload >> 3) & 15;
  encoding.vectorLength = (payload >> 2) & 1;
  switch (payload & 3) {
    case 1:
      encoding.has66 = true;
      break;
    case 2:
      encoding.repeat = 0xf3;
      break;
    case 3:
      encoding.repeat = 0xf2;
      break;
  }
  if (encoding.bits !== 64) encoding.b = 0;
  return 1024 | (map << 8) | encoding.next();
}
