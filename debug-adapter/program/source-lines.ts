import type { LineEntry } from '../../assembler/api';
import { normalizePath } from './paths';

/** A place in a source file; the line counts from 0. */
export interface SourceLine {
  readonly file: string;
  readonly line: number;
}

/** Code that one source line made in one place. */
interface Run {
  readonly file: string;
  readonly line: number;
  /** Linear address of its first instruction. */
  readonly address: bigint;
}

/** A stretch of the program that runs at another address than it was assembled for. */
export interface LoadWindow {
  /** Offsets in the output file, end exclusive. */
  readonly from: number;
  readonly to: number;
  /** Linear address of `from`. */
  readonly address: bigint;
}

const RETURN_OPCODES = new Set([0xc2, 0xc3, 0xca, 0xcb, 0xcf]);

/**
 * The assembler's line table as a debugger asks it: from address to source line and back.
 *
 * Code from a macro belongs to the line of the outermost call, as one piece; breakpoints can also be set on the lines of
 * the macro's body. Addresses are those the source was assembled for, which are linear addresses where segments begin at 0;
 * what the boot loader puts elsewhere is found through {@link LoadWindow}s.
 */
export class SourceLines {
  readonly #code: LineEntry[];
  readonly #starts = new Set<bigint>();
  readonly #runsByFile = new Map<string, Run[]>();
  /** Linear addresses of all return instructions. */
  readonly returns: readonly bigint[];

  constructor(
    entries: readonly LineEntry[],
    private readonly output: Uint8Array,
    private readonly windows: readonly LoadWindow[] = [],
  ) {
    const sorted = entries.filter((e) => e.length > 0).sort((a, b) => a.address - b.address);
    this.#code = sorted.filter((e) => e.code);
    for (const run of callRuns(sorted)) {
      this.#starts.add(run.address);
      this.#addRun(run);
    }
    for (const entry of this.#code) {
      if (entry.file === entry.callFile && entry.line === entry.callLine) continue;
      this.#addRun({ file: entry.file, line: entry.line, address: BigInt(entry.address) });
    }
    for (const runs of this.#runsByFile.values()) runs.sort((a, b) => a.line - b.line);
    this.returns = this.#code.filter((e) => this.#isReturn(e)).flatMap((e) => this.#everywhere(BigInt(e.address)));
  }

  /** The entry whose code stands at a linear address; `undefined` where the program has none. */
  entryAt(address: bigint): LineEntry | undefined {
    return this.#find(address) ?? this.#find(this.toAssembled(address) ?? -1n);
  }

  /** The line to show for a linear address: in a macro that of the call. */
  lineAt(address: bigint): SourceLine | undefined {
    const entry = this.entryAt(address);
    return entry && { file: entry.callFile, line: entry.callLine };
  }

  /** The line inside the innermost macro, where a linear address has one. */
  macroLineAt(address: bigint): SourceLine | undefined {
    const entry = this.entryAt(address);
    if (!entry || (entry.file === entry.callFile && entry.line === entry.callLine)) return undefined;
    return { file: entry.file, line: entry.line };
  }

  /** Whether an address is that of the first instruction that its line made there. */
  startsLine(address: bigint): boolean {
    return this.#starts.has(address) || this.#starts.has(this.toAssembled(address) ?? -1n);
  }

  /**
   * Where a breakpoint on a line goes: its own code, else that of the nearest line below which has any.
   * `undefined` where there is none.
   */
  breakpoint(file: string, line: number): { line: number; addresses: bigint[] } | undefined {
    const runs = this.#runsByFile.get(normalizePath(file));
    const first = runs?.find((run) => run.line >= line);
    if (!runs || !first) return undefined;
    const addresses = runs.filter((run) => run.line === first.line).flatMap((run) => this.#everywhere(run.address));
    return { line: first.line, addresses: [...new Set(addresses)] };
  }

  /** Lines of a file that have code, ascending. */
  linesWithCode(file: string): number[] {
    return [...new Set((this.#runsByFile.get(normalizePath(file)) ?? []).map((run) => run.line))];
  }

  /** Paths of all files that have code. */
  get files(): string[] {
    return [...new Set(this.#code.flatMap((e) => [e.callFile, e.file]))];
  }

  /** The address that what runs at `address` was assembled for, where that is another one. */
  toAssembled(address: bigint): bigint | undefined {
    const window = this.windows.find((w) => address >= w.address && address < w.address + BigInt(w.to - w.from));
    if (!window) return undefined;
    const offset = Number(address - window.address) + window.from;
    const entry = this.#code.find(
      (e) => e.fileOffset >= 0 && offset >= e.fileOffset && offset < e.fileOffset + e.length,
    );
    return entry && BigInt(entry.address + offset - entry.fileOffset);
  }

  #addRun(run: Run): void {
    const key = normalizePath(run.file);
    const runs = this.#runsByFile.get(key) ?? [];
    runs.push(run);
    this.#runsByFile.set(key, runs);
  }

  #find(address: bigint): LineEntry | undefined {
    let low = 0;
    let high = this.#code.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (BigInt(this.#code[middle]!.address) <= address) low = middle + 1;
      else high = middle;
    }
    const entry = this.#code[low - 1];
    return entry && address < BigInt(entry.address + entry.length) ? entry : undefined;
  }

  /** An assembled address and the others at which the same code runs. */
  #everywhere(address: bigint): bigint[] {
    const entry = this.#find(address);
    if (!entry || entry.fileOffset < 0) return [address];
    const offset = entry.fileOffset + Number(address) - entry.address;
    const moved = this.windows
      .filter((w) => offset >= w.from && offset < w.to)
      .map((w) => w.address + BigInt(offset - w.from));
    return [...new Set([address, ...moved])];
  }

  #isReturn(entry: LineEntry): boolean {
    if (entry.fileOffset < 0) return false;
    // A return is its opcode behind at most an operand-size prefix or REX.W.
    const first = this.output[entry.fileOffset]!;
    const prefixed = first === 0x66 || first === 0x67 || (entry.bits === 64 && (first & 0xf0) === 0x40);
    return RETURN_OPCODES.has(prefixed ? this.output[entry.fileOffset + 1]! : first);
  }
}

/** Joins neighbouring entries with one call line to a run that begins at its first code. */
function callRuns(sorted: readonly LineEntry[]): Run[] {
  const runs: Run[] = [];
  let open: { file: string; line: number; end: number; started: boolean } | undefined;
  for (const entry of sorted) {
    const continues =
      open && open.end === entry.address && open.file === entry.callFile && open.line === entry.callLine;
    if (!continues) open = { file: entry.callFile, line: entry.callLine, end: entry.address, started: false };
    open!.end = entry.address + entry.length;
    if (entry.code && !open!.started) {
      open!.started = true;
      runs.push({ file: entry.callFile, line: entry.callLine, address: BigInt(entry.address) });
    }
  }
  return runs;
}
