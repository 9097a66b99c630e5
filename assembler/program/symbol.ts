import type { Integer } from '../expression/integer';
import type { Token } from '../source/token';
import type { Section } from './section';

/** A name for an address or a number. */
export class ProgramSymbol {
  /** Seen in this pass or an earlier one; before that a reference is a forward reference. */
  defined = false;
  /** Number of the pass in which it was last defined. */
  pass = 0;
  kind: 'label' | 'constant' | 'extern' | 'common' = 'label';
  scope: 'local' | 'global' | 'extern' | 'common' | 'static' | 'special' = 'local';
  /** What its value is relative to; undefined for a plain number. */
  section: Section | undefined = undefined;
  /** Value, where {@link anchor} is negative. */
  offset: Integer = 0;
  /**
   * During the fast passes a label moves with the last item before it that may change its size: its offset is that
   * item's end plus {@link distance}. -1: the value stands in {@link offset}.
   */
  anchor = -1;
  distance = 0;
  /** Where it is defined. */
  definition: Token | undefined = undefined;
  readonly references: Token[] = [];
  /** Stands in an expression. */
  used = false;
  /** Declared with REQUIRED: in the symbol table even if nothing uses it. */
  required = false;
  /** What stood behind the colon of `global`, `extern` or `common`. */
  attributes: Token[] | undefined = undefined;
  /** Bytes of a `common` symbol. */
  commonSize: Integer = 0;
  /** The macro whose expansion defined it. */
  definedInMacro: string | undefined = undefined;

  constructor(readonly name: string) {}
}
