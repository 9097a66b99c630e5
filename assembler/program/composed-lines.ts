import type { MemoryOperand, ParsedInstruction, ParsedOperand } from '../encoder/instruction';
import type { PlainEncoder, PlainOperand } from '../encoder/plain';
import type { Identifiers } from '../source/identifiers';
import type { SourceLine } from '../source/source-line';
import { type Identifier, T, type Token } from '../source/token';
import type { CodeBuffer } from './code-buffer';
import type { PureCode, ValueSlot } from './item';
import { LineRecipe, SymbolicOperand } from './line-recipe';
import { registerAddress } from './register-address';
import { OperandValue } from './value';

/**
 * `        mov     rax, [rbx + 8] ; comment`, with up to two operands in which nothing needs a closer look: indentation, the
 * instruction, its name and its operands.
 */
const instructionLine =
  /^([ \t]*)(([A-Za-z][A-Za-z0-9]*)(?:[ \t]+([^,;"'`%{}\\ \t][^,;"'`%{}\\]*?)(?:[ \t]*,[ \t]*([^,;"'`%{}\\]+?))?)?)[ \t]*(?:;.*)?$/;

/** `name: ...`: indentation, the label and what stands behind its colon. */
const labelledLine = /^([ \t]*)([A-Za-z_.@][A-Za-z0-9_.@$#~?]*)[ \t]*:[ \t]*(.*)$/;

/** Longer operands with symbols do not come again. */
const longestOperand = 100;

/** A name that may be a label, a target of a branch. */
const labelName = /^[A-Za-z_.@][A-Za-z0-9_.@$#~?]*$/;

/** `dword [rbx + rcx*4 + 128]`: what stands before the last number, and the number. */
const addressWithNumber = /^([A-Za-z0-9 \t]*\[[A-Za-z0-9+* \t-]*[A-Za-z0-9][+-])(0[xX][0-9A-Fa-f]{1,8}|[0-9]{1,9})\]$/;

const plainNumber = /^(?:0[xX][0-9A-Fa-f]{1,8}|[0-9]{1,10})$/;

/** Shared by all instructions without any: nobody adds to it. */
export const noPrefixes: string[] = [];
const nowhere = { file: '', line: 0, column: 0, endLine: 0, endColumn: 0 };

/** What the lines' instructions are encoded by. */
export interface InstructionEncoder {
  readonly code: CodeBuffer;
  /** The place of an instruction's bytes in {@link code}, -1 where they depend on more; their number in {@link size}. */
  encode(instruction: ParsedInstruction): number;
  readonly size: number;
  /** The short cut for plain instructions in the mode that is in force. */
  plainEncoder(): PlainEncoder;
}

/** An operand, and what makes its encoding short where it is plain. */
interface KnownOperand {
  readonly parsed: ParsedOperand;
  readonly plain: PlainOperand | undefined;
}

/** Longer than any instruction without prefixes. */
const longestCode = 16;

/** A branch to a label: its names and where they stand. */
export class BranchLine {
  constructor(
    readonly mnemonic: Identifier,
    readonly target: Identifier,
    /** Columns of the line. */
    readonly column: number,
    readonly targetColumn: number,
  ) {}
}

/** The same out of a macro. */
export class BranchTokens {
  constructor(
    readonly mnemonic: Token,
    readonly target: Token,
  ) {}
}

/** A memory operand that others follow with another number at its end, and what else there is to the displacement. */
interface AddressPattern {
  operand: MemoryOperand;
  rest: bigint;
}

/**
 * Programs are made of the same few names and operands in ever new combinations. A line whose parts have all been read before,
 * as parts of lines that mean the same anywhere, needs no lexer and no parser.
 */
export class ComposedLines {
  private readonly mnemonics = new Map<string, string>();
  private readonly operands = new Map<string, KnownOperand>();
  private readonly symbolic = new Map<string, SymbolicOperand>();
  private plain: PlainEncoder | undefined;
  private readonly addresses = new Map<string, AddressPattern>();

  constructor(
    private readonly identifiers: Identifiers,
    private readonly encoder: InstructionEncoder,
  ) {}

  /** What a line of known parts is; undefined where it takes the lexer and the parser to tell. */
  compose(text: string): PureCode | BranchLine | LineRecipe | undefined {
    const match = instructionLine.exec(text);
    if (match === null) return this.labelled(text);
    const mnemonic = this.mnemonics.get(match[3]!);
    if (mnemonic === undefined) return this.branch(match);
    let first: KnownOperand | undefined;
    let second: KnownOperand | undefined;
    if (match[4] !== undefined) {
      first = this.operand(match[4]);
      if (first === undefined) return this.recipe(text, match, undefined, 0);
      if (match[5] !== undefined) {
        second = this.operand(match[5]);
        if (second === undefined) return this.recipe(text, match, undefined, 0);
      }
    }
    const column = match[1]!.length;
    return this.code(mnemonic, first, second, column, column + match[2]!.length);
  }

  /** A label, and an instruction behind it or none. */
  private labelled(text: string): LineRecipe | undefined {
    const match = labelledLine.exec(text);
    if (match === null) return undefined;
    const label = this.identifiers.get(match[2]!);
    if (label.keyword !== undefined || !isPlain(label)) return undefined;
    const rest = match[3]!;
    let recipe: LineRecipe | undefined;
    if (rest === '' || rest.charCodeAt(0) === 59 /* ; */)
      recipe = new LineRecipe(label, match[1]!.length, undefined, 0, 0, [], []);
    else {
      const instruction = instructionLine.exec(rest);
      if (instruction === null || !this.isInstruction(instruction[3]!)) return undefined;
      recipe = this.recipe(text, instruction, label, match[1]!.length);
    }
    if (recipe !== undefined) label.folded.inKnownLine = true;
    return recipe;
  }

  /** The name of an instruction that is no branch, and of no macro. */
  private isInstruction(name: string): boolean {
    const identifier = this.identifiers.get(name);
    const { keyword, folded } = identifier;
    if (keyword?.group !== 'instruction' || isBranchName(keyword.name) || !isPlain(identifier)) return false;
    folded.inKnownLine = true;
    return true;
  }

  /**
   * The line of a known instruction that has operands with symbols, or a label.
   * @param match of the instruction, which ends the line
   */
  private recipe(
    text: string,
    match: RegExpExecArray,
    label: Identifier | undefined,
    labelColumn: number,
  ): LineRecipe | undefined {
    const column = text.length - match[0].length + match[1]!.length;
    const operands: (ParsedOperand | SymbolicOperand)[] = [];
    const columns: number[] = [];
    let from = column + match[3]!.length;
    for (let i = 4; i <= 5 && match[i] !== undefined; i++) {
      const operand = this.symbolic.get(match[i]!) ?? this.operand(match[i]!)?.parsed;
      if (operand === undefined) return undefined;
      operands.push(operand);
      from = text.indexOf(match[i]!, from);
      columns.push(from);
      from += match[i]!.length;
    }
    const mnemonic = this.identifiers.get(match[3]!);
    return new LineRecipe(label, labelColumn, mnemonic, column, column + match[2]!.length, operands, columns);
  }

  private code(
    mnemonic: string,
    first: KnownOperand | undefined,
    second: KnownOperand | undefined,
    column: number,
    end: number,
  ): PureCode | undefined {
    const { code } = this.encoder;
    // Undefined where one of them is not plain.
    const plain = first === undefined ? noOperands : second === undefined ? single(first) : pair(first, second);
    if (plain !== undefined) {
      this.plain ??= this.encoder.plainEncoder();
      const at = code.room(longestCode);
      const size = this.plain.encode(mnemonic, plain, code.bytes, at);
      if (size > 0) {
        code.advance(size);
        return { at, size, column, end };
      }
    }
    const operands = first === undefined ? [] : second === undefined ? [first.parsed] : [first.parsed, second.parsed];
    const instruction: ParsedInstruction = {
      mnemonic,
      operands,
      prefixes: noPrefixes,
      encodingHint: '',
      range: nowhere,
    };
    const at = this.encoder.encode(instruction);
    return at < 0 ? undefined : { at, size: this.encoder.size, column, end };
  }

  /** The same of the tokens that a macro made of a line: a name and operands of one token each. */
  composeTokens(tokens: readonly Token[], line: SourceLine): PureCode | BranchTokens | Token | undefined {
    const { length } = tokens;
    const first = tokens[0]!;
    if (length === 3 || length > 4 || !isName(first)) return undefined;
    if (length === 2 && tokens[1]!.type === 58 /* : */)
      return first.identifier!.keyword === undefined ? first : undefined;
    if (length > 1 && tokens[1]!.type === T.Identifier && !isName(tokens[1]!)) return undefined;
    const mnemonic = this.mnemonics.get(first.text);
    if (mnemonic === undefined) {
      const target = tokens[1];
      if (length !== 2 || target!.type !== T.Identifier || !isBranch(first.identifier!)) return undefined;
      const { keyword, folded } = target!.identifier!;
      return keyword === undefined && folded.text !== 'ptr' ? new BranchTokens(first, target!) : undefined;
    }
    if (length === 4 && (tokens[2]!.type !== 44 /* , */ || (tokens[3]!.type === T.Identifier && !isName(tokens[3]!))))
      return undefined;
    let operand: KnownOperand | undefined;
    let second: KnownOperand | undefined;
    if (length > 1) {
      operand = this.operand(tokens[1]!.text);
      if (operand === undefined) return undefined;
      if (length === 4) {
        second = this.operand(tokens[3]!.text);
        if (second === undefined) return undefined;
      }
    }
    const last = tokens[length - 1]!;
    const onLine = first.line === line && last.line === line;
    return this.code(mnemonic, operand, second, onLine ? first.column : 0, onLine ? last.end : line.text.length);
  }

  /** `jz .loop`, where no macro has such a name. */
  private branch(match: RegExpExecArray): BranchLine | undefined {
    const name = match[3]!;
    const first = name.charCodeAt(0) | 32;
    const target = match[4];
    if ((first !== 106 /* j */ && first !== 99) /* c */ || match[5] !== undefined || target === undefined)
      return undefined;
    const mnemonic = this.identifiers.get(name);
    const { keyword } = mnemonic;
    if (keyword?.group !== 'instruction' || (first === 99 && keyword.name !== 'call') || !isPlain(mnemonic))
      return undefined;
    if (!labelName.test(target)) return undefined;
    const label = this.identifiers.get(target);
    if (label.keyword !== undefined || !isPlain(label) || label.folded.text === 'ptr') return undefined;
    mnemonic.folded.inKnownLine = true;
    label.folded.inKnownLine = true;
    const column = match[1]!.length;
    return new BranchLine(mnemonic, label, column, column + match[2]!.length - target.length);
  }

  private known(parsed: ParsedOperand): KnownOperand {
    this.plain ??= this.encoder.plainEncoder();
    return { parsed, plain: this.plain.operand(parsed) };
  }

  private operand(text: string): KnownOperand | undefined {
    const known = this.operands.get(text);
    if (known !== undefined) return known;
    if (plainNumber.test(text)) {
      const value = numberValue(BigInt(text));
      return this.known({ kind: 'immediate', value, size: 0, strict: false, range: nowhere });
    }
    const address = registerAddress(text, this.identifiers);
    if (address !== undefined) return this.keep(text, address);
    const match = addressWithNumber.exec(text);
    if (match === null) return undefined;
    const pattern = this.addresses.get(match[1]!);
    if (pattern === undefined) return undefined;
    return this.known({ ...pattern.operand, displacement: numberValue(pattern.rest + lastNumber(match)) });
  }

  private keep(text: string, parsed: ParsedOperand): KnownOperand {
    const operand = this.known(parsed);
    this.operands.set(text, operand);
    return operand;
  }

  /** The same of a macro's line with arguments put in; only operands of one token are looked for again. */
  learnTokens(tokens: readonly Token[], { mnemonic, operands, prefixes, encodingHint }: ParsedInstruction): void {
    if (prefixes.length > 0 || encodingHint !== '' || operands.length > 2 || isBranchName(mnemonic)) return;
    if (tokens.length !== Math.max(2 * operands.length, 1) || tokens[0]!.text.toLowerCase() !== mnemonic) return;
    for (const token of tokens) if (token.type === T.Identifier && !isName(token)) return;
    this.mnemonics.set(tokens[0]!.text, mnemonic);
    operands.forEach((operand, i) => {
      if (isContextFree(operand)) this.operands.set(tokens[2 * i + 1]!.text, this.known(operand));
    });
  }

  /** Takes a line apart of which an instruction was made that means the same anywhere; its tokens are as they stand there. */
  learn(
    text: string,
    tokens: readonly Token[],
    { mnemonic, operands, prefixes, encodingHint }: ParsedInstruction,
  ): void {
    if (prefixes.length > 0 || encodingHint !== '' || operands.length > 2) return;
    if (isBranchName(mnemonic)) return;
    const match = instructionLine.exec(text);
    if (match === null) return;
    const written = match[5] !== undefined ? 2 : match[4] !== undefined ? 1 : 0;
    if (written !== operands.length || match[3]!.toLowerCase() !== mnemonic) return;
    // A macro of such a name could be called by a line that looks the same in parts.
    for (const { identifier } of tokens) if (identifier !== undefined && !isPlain(identifier)) return;
    this.mnemonics.set(match[3]!, mnemonic);
    for (let i = 0; i < written; i++) {
      const operand = operands[i]!;
      const text = match[4 + i]!;
      if (!isContextFree(operand)) continue;
      const address = operand.kind === 'memory' ? addressWithNumber.exec(text) : null;
      if (address === null) this.operands.set(text, this.known(operand));
      else {
        const memory = operand as MemoryOperand;
        this.addresses.set(address[1]!, {
          operand: memory,
          rest: memory.displacement.offset - lastNumber(address),
        });
      }
    }
  }

  /** Takes a line apart in which symbols stand: they may come again in the same operands. */
  learnSymbolic(
    text: string,
    tokens: readonly Token[],
    { mnemonic, operands, prefixes, encodingHint }: ParsedInstruction,
    slots: readonly ValueSlot[],
  ): void {
    if (prefixes.length > 0 || encodingHint !== '' || operands.length > 2 || isBranchName(mnemonic)) return;
    const match = instructionLine.exec(text);
    if (match === null) return;
    const written = match[5] !== undefined ? 2 : match[4] !== undefined ? 1 : 0;
    if (written !== operands.length || match[3]!.toLowerCase() !== mnemonic) return;
    for (const { identifier } of tokens) if (identifier !== undefined && !isPlain(identifier)) return;
    this.mnemonics.set(match[3]!, mnemonic);
    let from = match[1]!.length + match[3]!.length;
    for (let i = 0; i < written; i++) {
      const operand = operands[i]!;
      const written = match[4 + i]!;
      const column = text.indexOf(written, from);
      from = column + written.length;
      if (!isContextFree(operand) || written.length > longestOperand) continue;
      const slot = slots.find(
        ({ value, memory }) => memory === operand || (operand.kind === 'immediate' && operand.value === value),
      );
      // The passes will fill in the one that the parser made.
      if (slot !== undefined) this.symbolic.set(written, new SymbolicOperand({ ...operand }, slot.expression, column));
    }
  }

  /** Names may mean something else from now on. */
  forget(): void {
    this.mnemonics.clear();
    this.operands.clear();
    this.symbolic.clear();
    this.addresses.clear();
    this.plain = undefined;
  }
}

// Arrays that are made with their elements in them: one that grows gets room for many more than there ever are.
const noOperands: readonly PlainOperand[] = [];
function single({ plain }: KnownOperand): readonly PlainOperand[] | undefined {
  return plain && [plain];
}
function pair({ plain }: KnownOperand, { plain: second }: KnownOperand): readonly PlainOperand[] | undefined {
  return plain && second && [plain, second];
}

function isBranch({ keyword }: Identifier): boolean {
  return keyword?.group === 'instruction' && isBranchName(keyword.name);
}

/** Branches read their operands in a way of their own. */
function isBranchName(mnemonic: string): boolean {
  return mnemonic.charCodeAt(0) === 106 /* j */ || mnemonic === 'call';
}

/** An identifier as it is, and no macro. */
function isName({ type, value, identifier }: Token): boolean {
  return type === T.Identifier && value === 0 && isPlain(identifier!);
}

/** The number at the end of an address, its sign counted. */
function lastNumber(match: RegExpExecArray): bigint {
  const number = BigInt(match[2]!);
  return match[1]!.endsWith('-') ? -number : number;
}

function numberValue(offset: bigint): OperandValue {
  const value = new OperandValue();
  value.offset = offset;
  return value;
}

/** No macro has the name. */
function isPlain({ folded }: Identifier): boolean {
  return folded.macro === undefined && folded.multiLine === undefined;
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
