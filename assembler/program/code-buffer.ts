/** The bytes of instructions that mean the same anywhere, one behind the other. */
export class CodeBuffer {
  bytes = new Uint8Array(4096);
  private length = 0;

  /** Appends bytes; gives where they begin. */
  add(bytes: Uint8Array): number {
    const { length } = bytes;
    const at = this.room(length);
    const { bytes: own } = this;
    for (let i = 0; i < length; i++) own[at + i] = bytes[i]!;
    this.length = at + length;
    return at;
  }

  /** Where the next bytes come; there is room for so many. */
  room(most: number): number {
    if (this.length + most > this.bytes.length) {
      const larger = new Uint8Array(this.bytes.length * 2);
      larger.set(this.bytes);
      this.bytes = larger;
    }
    return this.length;
  }

  /** So many were put there. */
  advance(bytes: number): void {
    this.length += bytes;
  }
}
