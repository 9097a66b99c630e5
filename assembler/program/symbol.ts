import type { Integer } from '../expression/integer';
import type { Token } from '../source/token';
import type { Section } from './section';

/** What declarations in the source make of a symbol before any pass. */
export interface SymbolState {
  readonly symbol: ProgramSymbol;
  readonly defined: boolean;
  readonly kind: ProgramSymbol['kind'];
  readonly scope: ProgramSymbol['scope'];
  readonly section: Section | undefined;
}

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
  /** Times that it stands in an expression. */
  uses = 0;
  /** Declared with REQUIRED: in the symbol table even if nothing uses it. */
  required = false;
  /** What stood behind the colon of `global`, `extern` or `common`. */
  attributes: Token[] | undefined = undefined;
  /** Bytes of a `common` symbol. */
  commonSize: Integer = 0;
  /** The macro whose expansion defined it. */
  definedInMacro: string | undefined = undefined;

  constructor(public name: string) {}

  get state(): SymbolState {
    const { defined, kind, scope, section } = this;
    return { symbol: this, defined, kind, scope, section };
  }

  /** Forgets what passes found. */
  reset(): void {
    this.defined = false;
    this.pass = 0;
    this.kind = 'label';
    this.scope = 'local';
    this.section = undefined;
    this.offset = 0;
    this.anchor = -1;
  }

  restore({ defined, kind, scope, section }: SymbolState): void {
    this.defined = defined;
    this.kind = kind;
    this.scope = scope;
    this.section = section;
  }
}
