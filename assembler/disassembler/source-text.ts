/**
 * Machine code to a NASM source that assembles to the very same bytes: labels where branches and RIP-relative operands lead,
 * `db` for bytes that are no instruction and for encodings that no source gives back (`8B C3` is another `mov ax,bx`).
 */
import type { Decoded } from '../../isa/decoded';
import { decode, isDecoded } from '../../isa/decoder';
import { assemble } from '../assemble';
import { branchTarget, disassemble } from './disassemble';
import { hex } from './number-text';

export interface SourceTextOptions {
  /** Code size in bits: CS.D or CS.L. */
  bits: 16 | 32 | 64;
  /** Address of the first byte. */
  org: bigint;
}

/** Bytes in a row that are no instruction share a `db` of so many. */
const BYTES_A_LINE = 8;
/** Where comments stand. */
const COMMENT_COLUMN = 48;
/** Length errors are found in the first round, others in the second; a third finds none. */
const MOST_ROUNDS = 10;

/** Bytes that stand together: an instruction, or bytes that are none. */
interface Piece {
  offset: number;
  length: number;
  decoded: Decoded | undefined;
  /** Written as `db` though it is an instruction. */
  asBytes: boolean;
  /** Its line in the source, from 0. */
  line: number;
}

function split(bytes: Uint8Array, bits: 16 | 32 | 64): Piece[] {
  const pieces: Piece[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const result = decode(bytes, offset, bits);
    const decoded = isDecoded(result) ? result : undefined;
    const length = decoded?.length ?? 1;
    pieces.push({ offset, length, decoded, asBytes: false, line: 0 });
    offset += length;
  }
  return pieces;
}

/** Where the instruction leads in the code itself. */
function targetOf(decoded: Decoded, address: bigint): bigint | undefined {
  for (const operand of decoded.operands) {
    if (operand.kind === 'relative') return branchTarget(decoded, operand.displacement, address);
    if (operand.kind === 'memory' && operand.base === 16)
      return BigInt.asUintN(64, address + BigInt(decoded.length + operand.displacement));
  }
  return undefined;
}

class SourceWriter {
  private readonly pieces: Piece[];
  /** Addresses that have a label. */
  private readonly labels = new Set<bigint>();

  constructor(
    private readonly bytes: Uint8Array,
    private readonly options: SourceTextOptions,
  ) {
    this.pieces = split(bytes, options.bits);
    const starts = new Set(this.pieces.map((piece) => this.addressOf(piece)));
    for (const piece of this.pieces) {
      const target = piece.decoded && targetOf(piece.decoded, this.addressOf(piece));
      if (target !== undefined && starts.has(target)) this.labels.add(target);
    }
  }

  /** The source, which has been assembled and compared. */
  write(): string {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const text = this.text();
      if (this.checks(text)) return text;
    }
    // Nothing but bytes is right whatever happens.
    for (const piece of this.pieces) piece.asBytes = true;
    return this.text();
  }

  private addressOf({ offset }: Piece): bigint {
    return BigInt.asUintN(64, this.options.org + BigInt(offset));
  }

  private text(): string {
    const { bits, org } = this.options;
    const lines = [`bits ${bits}`, `org ${hex(org)}`, ''];
    let bad: Piece[] = [];
    const flush = (): void => {
      if (bad.length > 0)
        lines.push(this.commented(`db ${bad.map(({ offset }) => this.byteText(offset)).join(',')}`, bad));
      bad = [];
    };
    for (const piece of this.pieces) {
      const labelled = this.labels.has(this.addressOf(piece));
      if (piece.decoded || labelled || bad.length === BYTES_A_LINE) flush();
      if (labelled) lines.push(`${this.label(this.addressOf(piece))}:`);
      if (piece.decoded === undefined) {
        bad.push(piece);
        continue;
      }
      piece.line = lines.length;
      lines.push(this.commented(this.instructionText(piece, piece.decoded), [piece]));
    }
    flush();
    return `${lines.join('\n')}\n`;
  }

  private byteText(offset: number): string {
    return `0x${this.bytes[offset].toString(16).padStart(2, '0')}`;
  }

  private instructionText(piece: Piece, decoded: Decoded): string {
    if (!piece.asBytes) return this.plainText(piece, decoded);
    const list = Array.from({ length: piece.length }, (_, i) => this.byteText(piece.offset + i));
    return `db ${list.join(',')} ; ${this.plainText(piece, decoded)}`;
  }

  private plainText(piece: Piece, decoded: Decoded): string {
    const branches = decoded.operands.some((operand) => operand.kind === 'relative');
    return disassemble(decoded, this.addressOf(piece), {
      bits: this.options.bits,
      relativeToHere: true,
      symbol: (target) => (this.labels.has(target) ? this.label(target) : branches ? hex(target) : undefined),
    });
  }

  private label(address: bigint): string {
    return `L_${address.toString(16).toUpperCase()}`;
  }

  /** With address and bytes in a comment. */
  private commented(text: string, pieces: readonly Piece[]): string {
    const address = this.addressOf(pieces[0]).toString(16).toUpperCase().padStart(8, '0');
    const start = pieces[0].offset;
    const end = pieces[pieces.length - 1].offset + pieces[pieces.length - 1].length;
    const digits = [...this.bytes.subarray(start, end)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    return `${`        ${text}`.padEnd(COMMENT_COLUMN - 1)} ; ${address} ${digits.toUpperCase()}`;
  }

  /** Assembles the text; what did not come out right is marked to be written as bytes. True if all did. */
  private checks(text: string): boolean {
    const reader = { resolve: () => undefined, readText: () => undefined, readBytes: () => undefined };
    const result = assemble('', text, { format: 'bin' }, reader);
    const byLine = new Map(
      this.pieces.filter(({ decoded }) => decoded !== undefined).map((piece) => [piece.line, piece]),
    );
    let right = true;
    const wrong = (piece: Piece | undefined): void => {
      if (piece) piece.asBytes = true;
      right = false;
    };
    for (const { severity, range } of result.diagnostics) if (severity === 'error') wrong(byLine.get(range.line));
    if (!right) return false;
    for (const { line, length } of result.lines) {
      const piece = byLine.get(line);
      if (piece && piece.length !== length) wrong(piece);
    }
    // Where lengths differ, addresses do, and so most bytes.
    if (!right || result.output === undefined) return false;
    for (const { line, fileOffset, length } of result.lines) {
      const piece = byLine.get(line);
      for (let i = 0; piece && i < length; i++) {
        if (result.output[fileOffset + i] !== this.bytes[piece.offset + i]) wrong(piece);
      }
    }
    return right;
  }
}

/** NASM source of the code, which assembles to the same bytes. */
export function sourceText(bytes: Uint8Array, options: SourceTextOptions): string {
  return new SourceWriter(bytes, options).write();
}
