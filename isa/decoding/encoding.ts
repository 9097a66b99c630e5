/** An instruction while it is decoded: its bytes, read from the front, and what prefixes and ModRM said so far. */

/** Why there is no instruction, where the reason is not the opcode. */
export interface DecodeFailure {
  /** `truncated`: the bytes end before the instruction does. `too-long`: it has more than 15 bytes, which is #GP(0). */
  kind: 'truncated' | 'too-long';
}

const truncated: DecodeFailure = { kind: 'truncated' };
export const tooLong: DecodeFailure = { kind: 'too-long' };

/** Bytes that an instruction has at most (SDM 2A 2.3.11). */
const LONGEST = 15;

/** One class rather than layers of them, and functions beside it: this is what every decoding allocates. */
export class Encoding {
  private position: number;
  lock = false;
  repeat: 0 | 0xf2 | 0xf3 = 0;
  segment: -1 | 0 | 1 | 2 | 3 | 4 | 5 = -1;
  has66 = false;
  has67 = false;
  rex = 0;
  w = 0;
  /** REX or VEX register extensions, each 0 or 8. */
  r = 0;
  x = 0;
  b = 0;
  vex: 2 | 3 | undefined;
  vvvv = 0;
  vectorLength = 0;
  opcode = 0;
  modrm = 0;
  addressSize: 16 | 32 | 64 = 32;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly offset: number,
    readonly bits: 16 | 32 | 64,
  ) {
    this.position = offset;
  }

  /** Bytes read so far. */
  get length(): number {
    return this.position - this.offset;
  }

  /** What a length of too many bytes means, `undefined` where the length is fine. */
  lengthFailure(): DecodeFailure | undefined {
    if (this.length > LONGEST && this.bytes.length - this.offset >= LONGEST) return tooLong;
    return this.position > this.bytes.length ? truncated : undefined;
  }

  /** The byte that would be read next. */
  peek(): number {
    return this.bytes[this.position] ?? 0;
  }

  /** The next byte; those past the end read as zero, and {@link lengthFailure} then finds that they were not there. */
  next(): number {
    const byte = this.bytes[this.position++];
    return byte === undefined ? 0 : byte;
  }

  signed8(): number {
    return (this.next() << 24) >> 24;
  }

  signed16(): number {
    const low = this.next();
    return ((low | (this.next() << 8)) << 16) >> 16;
  }

  signed32(): number {
    const a = this.next();
    const b = this.next();
    const c = this.next();
    return a | (b << 8) | (c << 16) | (this.next() << 24);
  }
}
