import type { SourceRange } from '../api';
import { columnRange, type Frame, TokenRange } from '../diagnostics';
import type { Encoded, MemoryOperand, ParsedInstruction } from '../encoder/instruction';
import type { Expression } from '../expression/expression';
import type { SourceLine } from '../source/source-line';
import type { Token } from '../source/token';
import type { FillMode } from './fill';
import type { Section } from './section';
import type { ProgramSymbol } from './symbol';
import type { OperandValue } from './value';

export const ItemKind = {
  /** A label on a line without an instruction. */
  Label: 0,
  Instruction: 1,
  /** DB and its relatives. */
  Data: 2,
  /** RESB and its relatives. */
  Reserve: 3,
  Equ: 4,
  Incbin: 5,
  /** ABSOLUTE: its section begins at an address to be computed. */
  Absolute: 6,
  Org: 7,
  /** A prefix without instruction. */
  Prefixes: 8,
  /** ALIGN of `%use smartalign`: as many bytes of no-operation as {@link Item.expression} says. */
  Fill: 9,
  /** EXTERN or COMMON: a symbol gets its place in the order of definitions. */
  Declaration: 10,
  /** An instruction that has its bytes for good: a {@link Code}. */
  Code: 11,
  /** Several of them: a {@link CodeRun}. */
  Run: 12,
} as const;

/** What instructions are encoded under; one object until a directive changes it. */
export interface Mode {
  readonly bits: 16 | 32 | 64;
  readonly defaultRel: boolean;
  readonly defaultBnd: boolean;
  readonly cpu: number | undefined;
  /** States of the warning classes. */
  readonly warnings: ReadonlyMap<string, 'on' | 'off' | 'error'>;
}

/** A value in an instruction that must be computed from an expression, in each pass if a symbol is in it. */
export interface ValueSlot {
  readonly expression: Expression;
  readonly value: OperandValue;
  /** The memory operand whose registers and displacement the expression gives. */
  readonly memory: MemoryOperand | undefined;
}

/** One element of a DB line. */
export interface DataElement {
  kind: 'number' | 'bytes' | 'reserve' | 'group';
  /** Bytes of a number; strings are padded to a multiple of it. */
  size: number;
  /** DUP: how often. */
  count: number;
  countExpression: Expression | undefined;
  expression: Expression | undefined;
  bytes: ArrayLike<number> | undefined;
  elements: DataElement[] | undefined;
  first: Token;
}

/** A part of the program that has a place: what the parser makes of a line, and what the passes go over. */
export abstract class Item {
  /** Found by the passes: offset in the section. */
  offset = 0;

  constructor(
    readonly kind: number,
    readonly line: SourceLine,
    readonly frame: Frame | undefined,
    readonly mode: Mode,
    readonly section: Section,
    /** Line of the listing that its bytes belong to; -1 none. */
    readonly listingLine: number,
    /** Bytes, of one turn where there are several. */
    public size: number,
  ) {}

  /** Bytes of all turns. */
  abstract get length(): number;

  /** What it is in the source, without label and TIMES: for messages. */
  abstract get range(): SourceRange;
}

/** What lines become that mean the same bytes anywhere; shared by all lines of the same text. */
export interface PureCode {
  /** Where the bytes stand in the {@link CodeBuffer}, and how many there are. */
  readonly at: number;
  readonly size: number;
  /** Columns of the line. */
  readonly column: number;
  readonly end: number;
}

/** An instruction that means the same bytes anywhere: no symbol and no place in it. Most lines are; so it is small. */
export class Code extends Item {
  constructor(
    line: SourceLine,
    frame: Frame | undefined,
    mode: Mode,
    section: Section,
    listingLine: number,
    private readonly pure: PureCode,
  ) {
    super(ItemKind.Code, line, frame, mode, section, listingLine, pure.size);
  }

  get at(): number {
    return this.pure.at;
  }

  get length(): number {
    return this.size;
  }

  get range(): SourceRange {
    const { column, end } = this.pure;
    return columnRange(this.line, column, end);
  }
}

/** Everything else: it has expressions that the passes compute, or needs more than bytes. */
export class Statement extends Item {
  /** The label in front of it, and its token. */
  symbol: ProgramSymbol | undefined = undefined;
  label: Token | undefined = undefined;
  times: Expression | undefined = undefined;
  instruction: ParsedInstruction | undefined = undefined;
  slots: readonly ValueSlot[] = noSlots;
  elements: readonly DataElement[] = noElements;
  /** Of EQU, RESB (count), ABSOLUTE, ORG, SECTALIGN. */
  expression: Expression | undefined = undefined;
  /** Bytes of one element of RESB. */
  unit = 0;
  /** Of Declaration. */
  declared: ProgramSymbol | undefined = undefined;
  /** Of Fill. */
  fill: FillMode | undefined = undefined;
  jumpThreshold = -1;
  /** INCBIN: the whole file, and how much of it is left out at its beginning. */
  bytes: Uint8Array | undefined = undefined;
  skip = 0;
  encoded: Encoded | undefined = undefined;
  /** A branch that may be short or near, see relax.ts; 0 it is none, else 1 + index of its shape. */
  branch = 0;
  /** TIMES of a branch, whose turns may differ: bytes of all of them; else 0. */
  total = 0;
  /** DB with a DUP whose count has a symbol in it. */
  variableData = false;
  /** Number of turns (TIMES). */
  repeat = 1;
  /** Something in it could not be read or encoded: it has been said, and it has no bytes. */
  failed = false;
  /** All that it asks for is known and stays: the last pass need not look at it again. */
  settled = false;

  constructor(
    kind: number,
    line: SourceLine,
    frame: Frame | undefined,
    mode: Mode,
    section: Section,
    listingLine: number,
    /** First and last token behind label and TIMES. */
    readonly first: Token,
    readonly last: Token,
  ) {
    super(kind, line, frame, mode, section, listingLine, 0);
  }

  get length(): number {
    return this.total || this.size * this.repeat;
  }

  /** Forgets what passes found. */
  reset(): void {
    this.offset = this.size = this.total = this.skip = 0;
    this.repeat = 1;
    this.encoded = undefined;
    this.failed = this.settled = this.variableData = false;
  }

  get range(): SourceRange {
    return new TokenRange(this.first, this.last);
  }
}

/** Code on end in one section: to the passes it is a number of bytes. */
export interface CodeRun {
  readonly kind: typeof ItemKind.Run;
  readonly section: Section;
  size: number;
}

/** The program as passes after the first need it. */
export function condense(items: readonly Item[]): (Statement | CodeRun)[] {
  const parts: (Statement | CodeRun)[] = [];
  let run: CodeRun | undefined;
  for (let i = 0; i < items.length; i++) {
    const item = items[i]!;
    if (isStatement(item)) {
      parts.push(item);
      run = undefined;
    } else if (run !== undefined && run.section === item.section) run.size += item.size;
    else {
      run = { kind: ItemKind.Run, section: item.section, size: item.size };
      parts.push(run);
    }
  }
  return parts;
}

/** Code is small, so that long programs are; the kind tells it from everything else. */
export function isStatement(item: Item): item is Statement {
  return item.kind !== ItemKind.Code;
}

const noSlots: readonly ValueSlot[] = [];
const noElements: readonly DataElement[] = [];
