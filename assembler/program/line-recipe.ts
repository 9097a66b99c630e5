import type { ParsedOperand } from '../encoder/instruction';
import { Expression, Op } from '../expression/expression';
import type { NameResolver } from '../expression/parse';
import type { SourceLine } from '../source/source-line';
import { type Identifier, Token } from '../source/token';
import type { ValueSlot } from './item';
import { OperandValue } from './value';

/** An operand with symbols in it, as the parser read it where it first stood. */
export class SymbolicOperand {
  constructor(
    /** Nothing that passes find is filled in. */
    readonly parsed: ParsedOperand,
    readonly expression: Expression,
    /** The column of its first character there. */
    readonly column: number,
  ) {}
}

/** A line of a label, an instruction or both that is no mere code: what to make a statement of, wherever the line stands. */
export class LineRecipe {
  constructor(
    /** Undefined without; with its column. */
    readonly label: Identifier | undefined,
    readonly labelColumn: number,
    /** Undefined where only a label stands there. */
    readonly mnemonic: Identifier | undefined,
    readonly column: number,
    readonly end: number,
    readonly operands: readonly (ParsedOperand | SymbolicOperand)[],
    readonly columns: readonly number[],
  ) {}
}

/** The operands of a recipe's line; those with symbols are added to `slots`. */
export function operandsOf(
  { operands, columns }: LineRecipe,
  line: SourceLine,
  names: NameResolver,
  slots: ValueSlot[],
): ParsedOperand[] {
  const made: ParsedOperand[] = [];
  for (let i = 0; i < operands.length; i++) {
    const operand = operands[i]!;
    if (!(operand instanceof SymbolicOperand)) {
      made.push(operand);
      continue;
    }
    const expression = moved(operand.expression, line, columns[i]! - operand.column, names);
    const value = new OperandValue();
    if (operand.parsed.kind === 'memory') {
      const memory = { ...operand.parsed, displacement: value };
      slots.push({ expression, value, memory });
      made.push(memory);
    } else {
      slots.push({ expression, value, memory: undefined });
      made.push({ ...operand.parsed, value } as ParsedOperand);
    }
  }
  return made;
}

/** The same expression `shift` columns further on, in another line; its names are those that are in force there. */
function moved(e: Expression, line: SourceLine, shift: number, names: NameResolver): Expression {
  const { type, text, space, column, end, identifier, value } = e.token;
  const token = new Token(type, text, space, line, column + shift, end + shift, identifier, undefined, value);
  const symbol = e.op === Op.Symbol ? names.reference(token) : undefined;
  const a = e.a && moved(e.a, line, shift, names);
  const b = e.b && moved(e.b, line, shift, names);
  const c = e.c && moved(e.c, line, shift, names);
  return new Expression(e.op, token, a, b, c, e.value, symbol, e.keyword, e.fixed);
}
