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

  /** True once in `n` times. */
  once(n: number): boolean {
    return this.u32() % n === 0;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.u32() % list.length];
  }

  /** 64 bits as two words, half of the time from the values at which things happen. */
  interesting(): [low: number, high: number] {
    const shift = this.below(64);
    const low = shift < 32 ? (1 << shift) >>> 0 : 0;
    const high = shift < 32 ? 0 : (1 << (shift - 32)) >>> 0;
    switch (this.below(8)) {
      case 0:
        return [0, 0];
      case 1:
        return [low, high];
      case 2:
        // one less
        return [(low - 1) >>> 0, low === 0 ? (high - 1) >>> 0 : high];
      case 3:
        // negated
        return [-low >>> 0, low === 0 ? -high >>> 0 : 0xffffffff];
      case 4:
        return [this.below(256), 0];
      default:
        return [this.u32(), this.u32()];
    }
  }

  interesting64(): bigint {
    const [low, high] = this.interesting();
    return (BigInt(high) << 32n) | BigInt(low);
  }
}
