import type { SegmentBase } from '../encoder/instruction';
import type { Expression } from '../expression/expression';
import type { Integer } from '../expression/integer';

/** A section of the program, an ABSOLUTE stretch, an external symbol, or a special symbol of the output format. */
export class Section implements SegmentBase {
  readonly kind: 'section' | 'absolute' | 'external' | 'special' | 'segment';
  readonly external: boolean;
  /** Offset of the next byte in the pass that runs, in bytes from the section's start. */
  offset = 0;
  /** Bytes in the section after the last pass. */
  size = 0;
  /** Holds no bytes in the file. */
  nobits = false;
  /** For {@link kind} `absolute`: where it begins, and in which section (undefined: a plain number). */
  absoluteStart: Integer = 0;
  absoluteBase: Section | undefined;
  absoluteExpression: Expression | undefined;
  private segment: Section | undefined;
  /** The section that a special base belongs to. */
  of: Section | undefined;
  /** ABSOLUTE: items in it may still change size. */
  moving = false;
  /** Attributes as the output format keeps them. */
  attributes: Record<string, unknown> = {};

  constructor(
    readonly name: string,
    kind: Section['kind'],
    /** Position among the sections of the program, -1 for others. */
    readonly index: number,
  ) {
    this.kind = kind;
    this.external = kind === 'external';
  }

  /** What `seg` gives for an address in this section. */
  get segmentBase(): Section {
    this.segment ??= new Section(this.name, 'segment', this.index);
    return this.segment;
  }
}
