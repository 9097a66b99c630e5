import type { SymbolInfo } from '../../assembler/api';

/** The program's symbols as a debugger asks for them: by name, and by address for display. */
export class Symbols {
  readonly #byName = new Map<string, SymbolInfo>();
  readonly #labels: SymbolInfo[];

  constructor(symbols: readonly SymbolInfo[]) {
    for (const symbol of symbols) {
      if (symbol.kind === 'label' || symbol.kind === 'constant') this.#byName.set(symbol.name, symbol);
    }
    // `..@12.name` is a label inside a macro: no name that a reader has seen.
    this.#labels = [...this.#byName.values()]
      .filter((s) => s.kind === 'label' && !s.name.startsWith('..@'))
      .sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0));
  }

  /** By its full name, `func.loop` for a local label; `.loop` is looked up in the label before `near`. */
  find(name: string, near?: bigint): SymbolInfo | undefined {
    if (!name.startsWith('.') || near === undefined) return this.#byName.get(name);
    const owner = this.#before(near, (s) => !s.name.includes('.'));
    return owner && this.#byName.get(owner.name + name);
  }

  /** Names that begin with `prefix`, for completion. */
  namesWith(prefix: string): string[] {
    return [...this.#byName.keys()].filter((name) => name.startsWith(prefix) && !name.startsWith('..@')).sort();
  }

  /** The label at `address`, or the nearest below within `reach` bytes: `name` or `name+0x12`. */
  describe(address: bigint, reach = 0x1000n): string | undefined {
    const label = this.#before(address, () => true);
    if (!label || address - label.value > reach) return undefined;
    return address === label.value ? label.name : `${label.name}+0x${(address - label.value).toString(16)}`;
  }

  /** The label exactly at `address`. */
  at(address: bigint): string | undefined {
    const label = this.#before(address, () => true);
    return label?.value === address ? label.name : undefined;
  }

  /** The procedure that an address is in: the nearest label below that is not a local one. */
  procedureAt(address: bigint, reach = 0x10000n): SymbolInfo | undefined {
    const label = this.#before(address, (s) => !s.name.includes('.'));
    return label && address - label.value <= reach ? label : undefined;
  }

  #before(address: bigint, wanted: (symbol: SymbolInfo) => boolean): SymbolInfo | undefined {
    let low = 0;
    let high = this.#labels.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#labels[middle]!.value <= address) low = middle + 1;
      else high = middle;
    }
    for (let i = low - 1; i >= 0; i--) {
      if (!wanted(this.#labels[i]!)) continue;
      // Of several names for one address the first one defined is shown.
      let first = i;
      while (first > 0 && this.#labels[first - 1]!.value === this.#labels[i]!.value) first--;
      return this.#labels.slice(first, i + 1).find(wanted);
    }
    return undefined;
  }
}
