import type { Frame } from '../diagnostics';
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
} as const;

/** What instructions are encoded under; one object until a directive changes it. */
export interface Mode {
  readonly bits: 16 | 32 | 64;
  readonly defaultRel: boolean;
  readonly defaultBnd: boolean;
  readonly cpu: ReadonlySet<string> | undefined;
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

/** One statement of the program, as the parser made it and with what the passes find. */
export class Item {
  symbol: ProgramSymbol | undefined = undefined;
  /** The label's token. */
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
  /** INCBIN. */
  bytes: Uint8Array | undefined = undefined;

  /** Found by the passes: offset in the section, bytes of one turn, number of turns (TIMES). */
  offset = 0;
  size = 0;
  repeat = 1;
  encoded: Encoded | undefined = undefined;
  /** A branch that may be short or near, see relax.ts; 0 it is none, else 1 + index of its shape. */
  branch = 0;
  /** TIMES of a branch: {@link size} is the mean of turns that may differ. */
  turns = 0;
  /** DB with a DUP whose count has a symbol in it. */
  variableData = false;
  /** Something in it could not be read or encoded: it has been said, and it has no bytes. */
  failed = false;
  /** Line of the listing that its bytes belong to; -1 none. */
  listingLine = -1;

  constructor(
    readonly kind: number,
    readonly line: SourceLine,
    readonly frame: Frame | undefined,
    readonly mode: Mode,
    readonly section: Section,
    /** First and last token of the statement behind label and TIMES. */
    readonly first: Token,
    readonly last: Token,
    readonly warnings: ReadonlyMap<string, 'on' | 'off' | 'error'>,
  ) {}
}

const noSlots: readonly ValueSlot[] = [];
const noElements: readonly DataElement[] = [];
