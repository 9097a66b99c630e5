import type { Diagnostic, SourceRange } from '../api';
import type { SourceLine } from '../source/source-line';

/**
 * Places in the order in which a person reads a program: an included file stands where it is included first. What was
 * found in passes, or read anew after an edit, is so told in the order of the text.
 */
export class TextOrder {
  private readonly paths = new Map<string, readonly number[]>();

  /**
   * @param main the source
   * @param includedAt the line that included each other file first; undefined where the command line did
   */
  constructor(
    private readonly main: string,
    private readonly includedAt: ReadonlyMap<string, SourceLine | undefined>,
  ) {}

  readonly compare = (a: SourceRange, b: SourceRange): number => {
    if (a.file === b.file) return a.line - b.line || a.column - b.column;
    const left = [...this.pathTo(a.file), a.line];
    const right = [...this.pathTo(b.file), b.line];
    const most = Math.min(left.length, right.length);
    for (let i = 0; i < most; i++) if (left[i] !== right[i]) return left[i]! - right[i]!;
    return left.length - right.length || (a.file < b.file ? -1 : 1);
  };

  /** Lines of the inclusions that lead to a file, the main file's first. */
  private pathTo(file: string): readonly number[] {
    if (file === this.main) return [];
    let path = this.paths.get(file);
    if (!path) {
      const line = this.includedAt.get(file);
      path = line ? [...this.pathTo(line.file), line.number] : [-1];
      this.paths.set(file, path);
    }
    return path;
  }

  /** Messages by the lines that they are about; what notes add stays with its message. */
  sorted(list: readonly Diagnostic[]): Diagnostic[] {
    // %line gives lines names that say nothing of where they stand.
    if (!list.every(({ range }) => range.file === this.main || this.includedAt.has(range.file))) return [...list];
    const groups: Diagnostic[][] = [];
    for (const one of list) {
      if (one.severity === 'note' && groups.length) groups[groups.length - 1]!.push(one);
      else groups.push([one]);
    }
    return groups.sort(([a], [b]) => compareLines(a!, b!, this.compare)).flat();
  }
}

/** Several messages about one line come as they were found, as NASM has them. */
function compareLines(a: Diagnostic, b: Diagnostic, compare: TextOrder['compare']): number {
  return a.range.file === b.range.file ? a.range.line - b.range.line : compare(a.range, b.range);
}
