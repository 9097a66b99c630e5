import type { SourceLine } from '../source/source-line';
import type { Mode } from './item';
import type { Section } from './section';

/** What stood ready when a line of the main file was read, and what came of it. */
export interface LineRecord {
  line: SourceLine;
  /** Index of the first item that the line, or one after it, made. */
  firstItem: number;
  mode: Mode;
  section: Section;
  /** The label that local names belong to. */
  scope: string;
  /** In a branch of %if that is not taken. */
  skipped: boolean;
  /** In the body of a macro or %rep that is being collected. */
  defining: boolean;
  /** Changed nothing for later lines but, perhaps, a label: no directive, no macro, not in a macro's body. */
  inert: boolean;
}

/** The lines of the main file by number; a line that is the continuation of another has none. */
export class LineRecords {
  readonly list: (LineRecord | undefined)[] = [];
  private current: LineRecord | undefined;
  /** Lines have the numbers that they have in the file. */
  usable = true;

  clear(): void {
    this.usable = true;
    this.list.length = 0;
    this.current = undefined;
  }

  begin(record: LineRecord): void {
    this.list[record.line.number] = record;
    this.current = record;
  }

  /** The line in hand is no plain statement. */
  notInert(): void {
    if (this.current) this.current.inert = false;
  }
}
