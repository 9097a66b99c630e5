import type { Integer } from '../expression/integer';
import { writeInteger } from '../expression/integer';
import { hidden, type ListedLines } from '../program/listed-lines';

/** Characters of bytes in one row. */
const rowWidth = 18;

/** Writes a listing as `nasm -l` does: number, offset, bytes, macro level, source. */
export class ListingWriter {
  private readonly out: string[] = [];
  /** Index of the line shown last. */
  private index = -1;
  private row = '';
  private rowOffset = 0;
  /** The line's own text is still to be shown, with the first row of its bytes. */
  private pending = false;
  private notes: string[] = [];
  /** Bytes are not shown: of TIMES from the second turn on, of INCBIN, under [LIST -]. */
  private muted = 0;

  constructor(private readonly lines: ListedLines) {}

  text(): string {
    this.goTo(this.lines.numbers.length);
    return this.out.length ? `${this.out.join('\n')}\n` : '';
  }

  /** Shows the lines up to the one that the next bytes belong to. */
  goTo(index: number): void {
    while (this.index < index) {
      this.flush();
      this.index++;
      if (this.index >= this.lines.numbers.length) return;
      if (this.isHidden()) continue;
      this.pending = true;
      const notes = this.lines.notes.get(this.index);
      if (notes) this.notes.push(...notes);
    }
  }

  private isHidden(): boolean {
    return this.lines.texts[this.index] === hidden;
  }

  private flush(): void {
    const { lines, index } = this;
    const number = String(index < 0 ? 0 : lines.numbers[index]).padStart(6);
    const level = index < 0 ? 0 : lines.levels[index]!;
    const depth = level ? `${level < 10 ? ' ' : ''}<${level}>` : '';
    if (this.pending || this.row) {
      let text = `${number} `;
      text += this.row ? `${hex(this.rowOffset, 8)} ${this.row.padEnd(rowWidth + 1)}` : ' '.repeat(rowWidth + 10);
      if (depth) text += depth;
      else if (this.pending) text += '    ';
      if (this.pending) text += ` ${lines.texts[index]}`;
      this.out.push(text);
      this.pending = false;
      this.row = '';
    }
    for (const note of this.notes) {
      const fill = note.startsWith('note') ? '-' : '*';
      this.out.push(`${number}          ${fill.repeat(rowWidth)}${depth ? ` ${depth}` : '     '}  ${note}`);
    }
    this.notes = [];
  }

  note(text: string): void {
    this.notes.push(text);
  }

  mute(): void {
    this.muted++;
  }

  unmute(): void {
    this.muted--;
  }

  private piece(offset: number, text: string): void {
    if (this.index >= 0 && this.isHidden()) return;
    if (this.row.length + text.length > rowWidth) {
      this.row += '-';
      this.flush();
    }
    if (!this.row) this.rowOffset = offset;
    this.row += text;
  }

  bytes(offset: number, bytes: Uint8Array, from: number, to: number): void {
    if (this.muted) return;
    for (let i = from; i < to; i++) this.piece(offset + i - from, hexByte[bytes[i]!]!);
  }

  zeros(offset: number, count: number): void {
    if (this.muted) return;
    if (count > 16) this.piece(offset, `<zero ${hex(count, 1)}h>`);
    else for (let i = 0; i < count; i++) this.piece(offset + i, '00');
  }

  reserved(offset: number, count: number): void {
    if (this.muted || count === 0) return;
    this.piece(offset, count > 8 ? `<res ${hex(count, 1)}h>` : '?'.repeat(count * 2));
  }

  /** An address that the output format or the linker fills in: in brackets, relative ones in parentheses. */
  address(offset: number, value: Integer, size: number, relative: boolean): void {
    if (this.muted) return;
    const bytes = new Uint8Array(size);
    writeInteger(bytes, 0, value, size);
    let text = '';
    for (const byte of bytes) text += hexByte[byte];
    this.piece(offset, relative ? `(${text})` : `[${text}]`);
  }

  segment(offset: number, size: number): void {
    if (!this.muted) this.piece(offset, `[${'s'.repeat(size * 2)}]`);
  }

  included(offset: number, size: number): void {
    this.piece(offset, `<bin ${hex(size, 1)}h>`);
  }

  repeated(count: number): void {
    this.piece(this.rowOffset, `<rep ${hex(count, 1)}h>`);
  }
}

function hex(value: number, width: number): string {
  // Offsets show their low 32 bits: those of a STRUC may be negative.
  return (width === 8 ? value >>> 0 : value).toString(16).toUpperCase().padStart(width, '0');
}

const hexByte = Array.from({ length: 256 }, (_, i) => hex(i, 2));
