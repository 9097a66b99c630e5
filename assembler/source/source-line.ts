/**
 * One logical line of a source: what the lexer reads and every token points back to.
 * A logical line is several physical ones where a line ends in a backslash.
 */
export class SourceLine {
  constructor(
    /** The file as messages name it (a %line directive may have set it). */
    readonly file: string,
    /** From 0; of the first physical line. Moves with edits before it (see edit.ts). */
    public number: number,
    /** Without line ends and continuation backslashes. */
    readonly text: string,
    /** Offsets in {@link text} at which the second and later physical lines begin. */
    readonly breaks?: readonly number[],
    /** The macro package this line belongs to: not the user's text, so never where a message points. */
    readonly builtin = false,
  ) {}

  /** Physical line and column of a column of the logical line. */
  locate(column: number): { line: number; column: number } {
    const breaks = this.breaks;
    if (!breaks) return { line: this.number, column };
    let k = breaks.length;
    while (k > 0 && breaks[k - 1]! > column) k--;
    return { line: this.number + k, column: k ? column - breaks[k - 1]! : column };
  }
}

/** NASM ends a line at these too: what no text has, and the end of file of MS-DOS. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are meant
const otherLineEnds = /[\0\x1a]/g;

/** Hands out the logical lines of one file; %line changes what the next is called. */
export interface LineSource {
  file: string;
  number: number;
  increment: number;
  next(): SourceLine | undefined;
}

/** Reads them from text. */
export class LineReader implements LineSource {
  private position = 0;
  /** Where the next carriage return stands; Infinity where none is left. */
  private carriageReturn = -1;
  /** Number of the line read last, from 0; -1 before the first. */
  number = -1;
  /** What the number grows by per physical line (`%line n+m`). */
  increment = 1;
  private readonly text: string;

  constructor(
    public file: string,
    text: string,
  ) {
    this.text = text.replace(otherLineEnds, '\n');
  }

  next(): SourceLine | undefined {
    let text = this.physical();
    if (text === undefined) return undefined;
    if (text.charCodeAt(text.length - 1) !== 92 /* \ */) return new SourceLine(this.file, this.number, text);
    const breaks: number[] = [];
    const { number } = this;
    let joined = '';
    do {
      joined += text.slice(0, -1);
      breaks.push(joined.length);
      text = this.physical() ?? '';
    } while (text.charCodeAt(text.length - 1) === 92);
    return new SourceLine(this.file, number, joined + text, breaks);
  }

  private physical(): string | undefined {
    const text = this.text;
    const start = this.position;
    if (start >= text.length) return undefined;
    this.number += this.increment;
    let end = text.indexOf('\n', start);
    if (end < 0) end = text.length;
    this.position = end + 1;
    if (this.carriageReturn < start) {
      const found = text.indexOf('\r', start);
      this.carriageReturn = found < 0 ? Infinity : found;
    }
    if (this.carriageReturn < end) {
      // CR LF and a CR alone both end a line.
      end = this.carriageReturn;
      if (text.charCodeAt(end + 1) !== 10) this.position = end + 1;
    }
    return text.slice(start, end);
  }
}

/** Hands out lines that are there already. */
export class GivenLines implements LineSource {
  number = 0;
  increment = 1;
  private position = 0;

  constructor(
    public file: string,
    private readonly lines: readonly SourceLine[],
  ) {}

  next(): SourceLine | undefined {
    return this.lines[this.position++];
  }
}
