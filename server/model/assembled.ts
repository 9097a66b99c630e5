/** What assembling a program told: values, addresses, bytes. */

import type { AssembleResult, LineEntry, SymbolInfo } from '../../assembler/api';

/** Adds to the list of the key. */
export function append<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

export class Assembled {
  private byName?: Map<string, SymbolInfo>;
  private byLine?: Map<string, LineEntry[]>;

  constructor(
    private readonly result: AssembleResult | undefined,
    /** The texts are still those that were assembled, so that lines and columns are theirs. */
    readonly isFresh: boolean,
  ) {}

  /** The program assembled without an error, so that addresses and bytes are final. */
  get isPlaced(): boolean {
    return this.result?.output !== undefined;
  }

  /** All symbols, those among them that macros made. */
  get symbols(): readonly SymbolInfo[] {
    return this.result?.symbols ?? [];
  }

  symbol(name: string): SymbolInfo | undefined {
    this.byName ??= new Map(this.symbols.map((symbol) => [symbol.name, symbol]));
    return this.byName.get(name);
  }

  /** The address of a label or the value of a constant, where it is known: a label has none behind a mistake. */
  valueOf(name: string): bigint | undefined {
    const symbol = this.symbol(name);
    if (symbol === undefined || symbol.kind === 'extern') return undefined;
    const isAddress = symbol.kind === 'label' && symbol.section !== '';
    return isAddress && !symbol.certain ? undefined : symbol.value;
  }

  /**
   * What the line puts into the program by itself or, for a call, through its macros; nothing unless these texts are what
   * was assembled. A line inside a macro has some only if the macro is called once.
   */
  entriesAt(file: string, line: number): LineEntry[] {
    if (!this.isFresh || !this.result) return [];
    this.byLine ??= entriesByLine(this.result.lines);
    const all = this.byLine.get(`${file}:${line}`) ?? [];
    const own = all.filter((entry) => entry.callFile === file && entry.callLine === line);
    if (own.length > 0) return own;
    const calls = new Set(all.map((entry) => `${entry.callFile}:${entry.callLine}`));
    return calls.size === 1 ? all : [];
  }
}

function entriesByLine(entries: readonly LineEntry[]): Map<string, LineEntry[]> {
  const byLine = new Map<string, LineEntry[]>();
  for (const entry of entries) {
    append(byLine, `${entry.callFile}:${entry.callLine}`, entry);
    if (entry.file !== entry.callFile || entry.line !== entry.callLine)
      append(byLine, `${entry.file}:${entry.line}`, entry);
  }
  return byLine;
}
