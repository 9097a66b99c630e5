import type { Decoded } from '../../isa/decoded';
import type { InstructionReader } from '../run-control/control-flow';

/** One line of a disassembly. */
export interface DisassembledLine {
  readonly address: bigint;
  /** Empty where nothing is mapped. */
  readonly bytes: Uint8Array;
  /** Absent where the bytes are no instruction. */
  readonly decoded?: Decoded;
}

interface Candidate {
  readonly line: DisassembledLine;
  /** Instructions in the longest row that ends with this one. */
  readonly row: number;
}

/** By the address behind the instruction. */
type Candidates = Map<bigint, Candidate[]>;

export type CodeReader = (address: bigint, length: number) => Uint8Array;

const LONGEST_INSTRUCTION = 15;
/** Bytes looked back over for each instruction wanted. */
const BYTES_BACK = 8n;

/**
 * Disassembles in steps that end where instructions do. Going backwards there may be several instructions that end at one
 * address; one that the program is known to have is preferred, then the one that more others can lead up to.
 */
export class Disassembly {
  /**
   * @param read decodes one instruction
   * @param code reads mapped bytes; fewer than asked for where memory ends
   * @param known whether an instruction of the program is known to begin at an address
   */
  constructor(
    private readonly read: InstructionReader,
    private readonly code: CodeReader,
    private readonly known: (address: bigint) => boolean = () => false,
  ) {}

  /** `count` lines from `address` on; a byte that is no instruction, or not mapped, is a line of its own. */
  forwards(address: bigint, count: number, bits: 16 | 32 | 64): DisassembledLine[] {
    const lines: DisassembledLine[] = [];
    let at = address;
    while (lines.length < count) {
      const line = this.#line(at, bits);
      lines.push(line);
      at = BigInt.asUintN(64, at + BigInt(Math.max(line.bytes.length, 1)));
    }
    return lines;
  }

  /** The `count` lines that end right before `address`. */
  backwards(address: bigint, count: number, bits: 16 | 32 | 64): DisassembledLine[] {
    const wanted = BigInt(count + 1) * BYTES_BACK + BigInt(LONGEST_INSTRUCTION);
    const lowest = address < wanted ? 0n : address - wanted;
    const candidates = this.#candidates(lowest, address, bits);
    const lines: DisassembledLine[] = [];
    let at = address;
    while (lines.length < count) {
      const line = this.#before(candidates, at) ?? this.#byte(BigInt.asUintN(64, at - 1n));
      lines.unshift(line);
      at = line.address;
    }
    return lines;
  }

  /** Every instruction that begins between two addresses, with how many could stand in a row before it. */
  #candidates(lowest: bigint, end: bigint, bits: 16 | 32 | 64): Candidates {
    const byEnd: Candidates = new Map();
    for (let at = lowest; at < end; at++) {
      const line = this.#line(at, bits);
      if (!line.decoded) continue;
      const before = byEnd.get(at) ?? [];
      const row = before.reduce((longest, c) => Math.max(longest, c.row), 0) + 1;
      const next = at + BigInt(line.bytes.length);
      byEnd.set(next, [...(byEnd.get(next) ?? []), { line, row }]);
    }
    return byEnd;
  }

  /** The instruction that ends at `end`: one known to the program, else the one with most before it. */
  #before(candidates: Candidates, end: bigint): DisassembledLine | undefined {
    const ending = candidates.get(end) ?? [];
    const known = ending.find((c) => this.known(c.line.address));
    if (known) return known.line;
    return ending.reduce<Candidate | undefined>((best, c) => (!best || c.row > best.row ? c : best), undefined)?.line;
  }

  #line(address: bigint, bits: 16 | 32 | 64): DisassembledLine {
    const bytes = this.code(address, LONGEST_INSTRUCTION);
    const decoded = this.read(bytes, bits);
    if (!decoded) return { address, bytes: bytes.subarray(0, 1) };
    return { address, bytes: bytes.subarray(0, decoded.length), decoded };
  }

  #byte(address: bigint): DisassembledLine {
    return { address, bytes: this.code(address, 1) };
  }
}
