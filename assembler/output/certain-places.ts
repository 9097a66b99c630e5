import type { SourceRange } from '../api';
import type { Assembly } from '../program/assembly';
import { type Item, isStatement } from '../program/item';
import type { Section } from '../program/section';
import type { ProgramSymbol } from '../program/symbol';
import { callLine } from './program-info';

/**
 * What is known of a program in which something is wrong: what stands before the first mistake of its section has its place
 * already, and it will be there when the mistake is mended.
 */
export class CertainPlaces {
  /** The first mistake of a section; sections that are not in it are certain to their end. */
  private readonly limits = new Map<Section, { offset: number; file: string; line: number }>();
  private readonly known: boolean;

  /** @param placed sections have their addresses */
  constructor(
    private readonly assembly: Assembly,
    placed: boolean,
  ) {
    this.known = assembly.complete && placed;
    if (!this.known || assembly.diagnostics.errors === 0) return;
    for (const item of assembly.items)
      if (isStatement(item) && item.failed) this.limit(item, callLine(item).file, callLine(item).number);
    const errors = assembly.diagnostics.list.filter(({ severity }) => severity === 'error');
    for (const { range } of errors) {
      const next = this.itemAt(range);
      if (next) this.limit(next, range.file, range.line);
    }
  }

  /** The value is what it will be whatever becomes of the errors. */
  has({ section, offset, definition }: ProgramSymbol): boolean {
    if (!this.assembly.complete) return false;
    if (section === undefined || section.kind === 'external') return true;
    if (section.kind !== 'section') return this.limits.size === 0;
    if (!this.known) return false;
    const limit = this.limits.get(section);
    if (limit && offset >= limit.offset) {
      // What is wrong may have no bytes yet: its own label and those before it.
      const before = definition && definition.line.file === limit.file && definition.line.number <= limit.line;
      if (offset > limit.offset || !before) return false;
    }
    // What is wrong in a section moves those behind it.
    const { format } = this.assembly;
    const address = format.addressOf(section);
    for (const wrong of this.limits.keys())
      if (wrong !== section && wrong.kind === 'section' && format.addressOf(wrong) < address) return false;
    return true;
  }

  private limit({ section, offset }: Item, file: string, line: number): void {
    const known = this.limits.get(section);
    const earlier =
      !known ||
      offset < known.offset ||
      (offset === known.offset && (file === known.file ? line < known.line : file < known.file));
    if (earlier) this.limits.set(section, { offset, file, line });
  }

  /** The first item of the line or of one after it. */
  private itemAt({ file, line }: SourceRange): Item | undefined {
    return this.assembly.items.find((item) => {
      const brought = callLine(item);
      return brought.file === file && brought.number >= line;
    });
  }
}
