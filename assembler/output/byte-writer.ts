import { type Integer, writeInteger } from '../expression/integer';
import { encodeUtf8 } from '../source/utf8';

/** Appends numbers, least significant byte first. */
export class ByteWriter {
  private buffer = new Uint8Array(1024);
  length = 0;

  bytes(data: ArrayLike<number>): void {
    this.room(data.length);
    this.buffer.set(data, this.length);
    this.length += data.length;
  }

  number(value: Integer, size: number): void {
    this.room(size);
    writeInteger(this.buffer, this.length, value, size);
    this.length += size;
  }

  /** Writes over what is there. */
  patch(offset: number, value: Integer, size: number): void {
    writeInteger(this.buffer, offset, value, size);
  }

  /** UTF-8 with a zero byte behind it. */
  text(text: string): void {
    this.bytes(encodeUtf8(text));
    this.number(0, 1);
  }

  /** Unsigned LEB128: seven bits a byte, the least significant first. */
  unsigned(value: number): void {
    let rest = value;
    while (rest > 127) {
      this.number((rest % 128) | 128, 1);
      rest = Math.floor(rest / 128);
    }
    this.number(rest, 1);
  }

  /** Signed LEB128. */
  signed(value: number): void {
    let rest = value;
    while (rest < -64 || rest > 63) {
      this.number((rest & 127) | 128, 1);
      rest = Math.floor(rest / 128);
    }
    this.number(rest & 127, 1);
  }

  /** Zeros up to a multiple of `alignment`. */
  align(alignment: number): void {
    const target = Math.ceil(this.length / alignment) * alignment;
    this.room(target - this.length);
    this.length = target;
  }

  taken(): Uint8Array {
    return this.buffer.slice(0, this.length);
  }

  private room(count: number): void {
    if (this.length + count <= this.buffer.length) return;
    const larger = new Uint8Array(Math.max(this.buffer.length * 2, this.length + count));
    larger.set(this.buffer.subarray(0, this.length));
    this.buffer = larger;
  }
}
