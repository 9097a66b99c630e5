import type { ParsedInstruction, ParsedOperand } from '../encoder/instruction';
import type { Token } from '../source/token';
import type { PureCode } from './item';
import { OperandValue } from './value';

/**
 * `        mov     rax, [rbx + 8] ; comment`, with up to two operands in which nothing needs a closer look: indentation, the
 * instruction, its name and its operands.
 */
const instructionLine =
  /^([ \t]*)(([A-Za-z][A-Za-z0-9]*)(?:[ \t]+([^,;"'`%{}\\ \t][^,;"'`%{}\\]*?)(?:[ \t]*,[ \t]*([^,;"'`%{}\\]+?))?)?)[ \t]*(?:;.*)?$/;

const plainNumber = /^(?:0[xX][0-9A-Fa-f]{1,8}|[0-9]{1,10})$/;

const noPrefixes: string[] = [];
const nowhere = { file: '', line: 0, column: 0, endLine: 0, endColumn: 0 };

/**
 * Programs are made of the same few names and operands in ever new combinations. A line whose parts have all been read before,
 * as parts of lines that mean the same anywhere, needs no lexer and no parser.
 */
export class ComposedLines {
  private readonly mnemonics = new Map<string, string>();
  private readonly operands = new Map<string, ParsedOperand>();

  /** @param encode the place of an instruction's bytes, -1 where they depend on more, and their number */
  constructor(private readonly encode: (instruction: ParsedInstruction) => { at: number; size: number }) {}

  /** Code of a line of known parts; undefined where it takes the lexer and the parser to tell. */
  compose(text: string): PureCode | undefined {
    const match = instructionLine.exec(text);
    if (match === null) return undefined;
    const mnemonic = this.mnemonics.get(match[3]!);
    if (mnemonic === undefined) return undefined;
    const operands: ParsedOperand[] = [];
    const first = match[4];
    if (first !== undefined) {
      const operand = this.operand(first);
      if (operand === undefined) return undefined;
      operands.push(operand);
      const second = match[5];
      if (second !== undefined) {
        const other = this.operand(second);
        if (other === undefined) return undefined;
        operands.push(other);
      }
    }
    const { at, size } = this.encode({ mnemonic, operands, prefixes: noPrefixes, encodingHint: '', range: nowhere });
    if (at < 0) return undefined;
    const column = match[1]!.length;
    return { at, size, column, end: column + match[2]!.length };
  }

  private operand(text: string): ParsedOperand | undefined {
    const known = this.operands.get(text);
    if (known !== undefined || !plainNumber.test(text)) return known;
    const value = new OperandValue();
    value.offset = BigInt(text);
    return { kind: 'immediate', value, size: 0, strict: false, range: nowhere };
  }

  /** Takes a line apart of which an instruction was made that means the same anywhere; its tokens are as they stand there. */
  learn(
    text: string,
    tokens: readonly Token[],
    { mnemonic, operands, prefixes, encodingHint }: ParsedInstruction,
  ): void {
    if (prefixes.length > 0 || encodingHint !== '' || operands.length > 2) return;
    // Branches read their operands in a way of their own.
    if (mnemonic.charCodeAt(0) === 106 /* j */ || mnemonic === 'call') return;
    const match = instructionLine.exec(text);
    if (match === null) return;
    const written = match[5] !== undefined ? 2 : match[4] !== undefined ? 1 : 0;
    if (written !== operands.length || match[3]!.toLowerCase() !== mnemonic) return;
    // A macro of such a name could be called by a line that looks the same in parts.
    for (const { identifier } of tokens)
      if (identifier?.folded.macro !== undefined || identifier?.folded.multiLine !== undefined) return;
    this.mnemonics.set(match[3]!, mnemonic);
    for (let i = 0; i < written; i++) {
      const operand = operands[i]!;
      if (isContextFree(operand)) this.operands.set(match[4 + i]!, operand);
    }
  }

  /** Names may mean something else from now on. */
  forget(): void {
    this.mnemonics.clear();
    this.operands.clear();
  }
}

/** Changes nothing about its instruction but by what it is: an override would be a prefix, too. */
function isContextFree(operand: ParsedOperand): boolean {
  switch (operand.kind) {
    case 'register':
      return operand.to !== true;
    case 'memory':
      return operand.segment === undefined && operand.addressSize === 0 && !operand.far && !operand.near;
    case 'immediate':
      return operand.distance === undefined;
    default:
      return false;
  }
}
