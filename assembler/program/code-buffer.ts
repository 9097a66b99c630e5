/** The bytes of instructions that mean the same anywhere, one behind the other. */
export class CodeBuffer {
  bytes = new Uint8Array(4096);
  private length = 0;

  /** Appends bytes; gives where they begin. */
  add(bytes: Uint8Array): number {
    const at = this.length;
    const { length } = bytes;
    if (at + length > this.bytes.length) {
      const larger = new Uint8Array(this.bytes.length * 2);
      larger.set(this.bytes);
      this.bytes = larger;
    }
    const { bytes: own } = this;
    for (let i = 0; i < length; i++) own[at + i] = bytes[i]!;
    this.length = at + length;
    return at;
  }
}
