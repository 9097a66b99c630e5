/** The bytes of one instruction, and the fixups of what cannot be known yet. */
import type { Fixup, Value } from './instruction';
import { writeNumber } from './numbers';

/** Shared by all instructions, because encoding is not reentrant; 15 bytes and NASM's liberties fit. */
const buffer = new Uint8Array(32);

export class ByteWriter {
  length = 0;
  fixups: Fixup[] | undefined;

  /** @param address of the instruction's first byte */
  constructor(private readonly address: Value) {}

  put(byte: number): void {
    buffer[this.length++] = byte;
  }

  bytes(): Uint8Array {
    return buffer.slice(0, this.length);
  }

  /** A number or address in `bytes` bytes. */
  putValue(value: Value, bytes: number, signed: boolean): void {
    const known = absoluteOf(value);
    writeNumber(buffer, this.length, value.forward || known === undefined ? 0n : known, bytes);
    if (value.base !== undefined || value.segment)
      this.addFixup({ offset: this.length, size: bytes, value, relative: false, signed });
    this.length += bytes;
  }

  /** A field that counts from the end of the instruction, which is `end` bytes from its beginning. */
  putRelative(value: Value, bytes: number, end: number): void {
    const { address } = this;
    let distance = 0n;
    if (value.base === address.base && !value.segment) {
      if (!value.forward) distance = value.offset - address.offset - BigInt(end);
    } else {
      const target = absoluteOf(value);
      const own = absoluteOf(address);
      if (target !== undefined && own !== undefined && !value.forward) distance = target - own - BigInt(end);
      this.addFixup({ offset: this.length, size: bytes, value, relative: true, signed: true });
    }
    writeNumber(buffer, this.length, distance, bytes);
    this.length += bytes;
  }

  private addFixup(fixup: Fixup): void {
    this.fixups ??= [];
    this.fixups.push(fixup);
  }
}

/** The number that a value is, where that is known before linking. */
function absoluteOf(value: Value): bigint | undefined {
  if (value.segment) return undefined;
  if (value.base === undefined) return value.offset;
  return value.base.address === undefined ? undefined : value.base.address + value.offset;
}
