/** A small deterministic generator (xorshift128), so that a failing case can be made again from its seed. */
export class Random {
  #a: number;
  #b = 0x9e3779b9;
  #c = 0x243f6a88;
  #d = 0xb7e15162;

  constructor(seed: number) {
    this.#a = seed | 1;
    for (let i = 0; i < 20; i++) this.u32();
  }

  u32(): number {
    const t = this.#a ^ (this.#a << 11);
    this.#a = this.#b;
    this.#b = this.#c;
    this.#c = this.#d;
    this.#d = this.#d ^ (this.#d >>> 19) ^ t ^ (t >>> 8);
    return this.#d >>> 0;
  }

  below(n: number): number {
    return this.u32() % n;
  }

  /** 64 bits, half of the time from the values at which things happen. */
  interesting(): bigint {
    const shift = BigInt(this.below(64));
    switch (this.below(8)) {
      case 0:
        return 0n;
      case 1:
        return (1n << shift) & 0xffffffffffffffffn;
      case 2:
        return ((1n << shift) - 1n) & 0xffffffffffffffffn;
      case 3:
        return BigInt.asUintN(64, -(1n << shift));
      case 4:
        return BigInt(this.below(256));
      default:
        return (BigInt(this.u32()) << 32n) | BigInt(this.u32());
    }
  }
}
