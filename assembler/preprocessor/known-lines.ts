import type { ParsedInstruction } from '../encoder/instruction';
import type { ValueSlot } from '../program/item';
import type { SourceLine } from '../source/source-line';
import type { Token } from '../source/token';
import type { BodyLine } from './multi-line-macro';

/** What a macro's line became, and when: it counts no more after {@link KnownLines.forget}. */
export interface KnownLine {
  readonly statement: object;
  readonly epoch: number;
}

/** Makes statements of new lines out of the parts of lines known. */
export interface LineComposer<Statement> {
  compose(text: string): Statement | undefined;
  composeTokens(tokens: readonly Token[], line: SourceLine): Statement | undefined;
  learn(text: string, tokens: readonly Token[], instruction: ParsedInstruction): void;
  learnSymbolic(
    text: string,
    tokens: readonly Token[],
    instruction: ParsedInstruction,
    slots: readonly ValueSlot[],
  ): void;
  learnTokens(tokens: readonly Token[], instruction: ParsedInstruction): void;
  forget(): void;
}

/**
 * Lines that became one statement which means the same wherever it stands. Programs repeat themselves: the next line of
 * the same text needs no lexer and no parser, until a name in such a line becomes a macro.
 */
export class KnownLines<Statement extends object> {
  constructor(private readonly composer?: LineComposer<Statement>) {}

  private readonly byText = new Map<string, Statement>();
  private epoch = 0;
  /** The line on offer: its text or the macro's line (undefined where it holds for this call only), and its tokens. */
  private key: string | BodyLine | undefined;
  private tokens: readonly Token[] = [];
  private offered = false;

  /** What the line became before; undefined where it is new or may mean something else now. */
  find(key: string | BodyLine): Statement | undefined {
    if (typeof key === 'string') return this.byText.get(key) ?? this.compose(key);
    const { known } = key;
    return known !== undefined && known.epoch === this.epoch ? (known.statement as Statement) : undefined;
  }

  private compose(text: string): Statement | undefined {
    const made = this.composer?.compose(text);
    if (made !== undefined) this.byText.set(text, made);
    return made;
  }

  /** What a line with arguments put in is, if its parts are known. */
  ofTokens(tokens: readonly Token[], line: SourceLine): Statement | undefined {
    return this.composer?.composeTokens(tokens, line);
  }

  /** A line without anything for the preprocessor in it is on its way to the parser. */
  offer(key: string | BodyLine | undefined, tokens: readonly Token[]): void {
    this.key = key;
    this.tokens = tokens;
    this.offered = true;
  }

  withdraw(): void {
    this.offered = false;
  }

  /** The parser made one statement of the line on offer, whose meaning does not depend on its place. */
  remember(statement: Statement, instruction: ParsedInstruction): void {
    const { key, tokens } = this;
    if (!this.offered) return;
    this.mark(tokens);
    if (typeof key === 'string') {
      this.byText.set(key, statement);
      this.composer?.learn(key, tokens, instruction);
    } else if (key === undefined) this.composer?.learnTokens(tokens, instruction);
    else key.known = { statement, epoch: this.epoch };
  }

  /** The parser made an instruction with symbols of the line on offer: its parts may come again. */
  rememberParts(instruction: ParsedInstruction, slots: readonly ValueSlot[]): void {
    const { key, tokens } = this;
    if (!this.offered || typeof key !== 'string') return;
    this.mark(tokens);
    this.composer?.learnSymbolic(key, tokens, instruction, slots);
  }

  /** Should one of the names become a macro, what is known is to be forgotten. */
  private mark(tokens: readonly Token[]): void {
    for (let i = 0; i < tokens.length; i++) {
      const { identifier } = tokens[i]!;
      if (identifier !== undefined) identifier.folded.inKnownLine = true;
    }
  }

  /** Lines may mean something else from now on. */
  forget(): void {
    this.byText.clear();
    this.composer?.forget();
    this.epoch++;
    this.offered = false;
  }
}
