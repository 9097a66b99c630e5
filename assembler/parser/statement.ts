import { type Frame, TokenRange } from '../diagnostics';
import type { ParsedInstruction } from '../encoder/instruction';
import type { Evaluator } from '../expression/evaluate';
import { ExpressionParser, type NameResolver } from '../expression/parse';
import { suggestDirective } from '../preprocessor/directives';
import type { LineObserver } from '../preprocessor/preprocessor';
import { type Item, ItemKind, type Mode, Statement, type ValueSlot } from '../program/item';
import type { Section } from '../program/section';
import type { ProgramSymbol } from '../program/symbol';
import type { Symbols } from '../program/symbols';
import { type Keyword, KeywordKind } from '../source/keywords';
import type { SourceLine } from '../source/source-line';
import { T, type Token } from '../source/token';
import { decodeSource } from '../source/utf8';
import { DataParser } from './data';
import { DirectiveParser } from './directive';
import { OperandParser, type PrefixSink } from './operand';

/** What the parser works on: the program so far, and the state that directives change. */
export interface ParserContext {
  readonly names: NameResolver;
  readonly evaluator: Evaluator;
  readonly symbols: Symbols;
  readonly items: Item[];
  mode: Mode;
  section: Section;
  /** Makes code of an instruction without symbols at once; false where that takes the passes. */
  addCode(instruction: ParsedInstruction, line: SourceLine, frame: Frame | undefined): boolean;
  /** An instruction with symbols and nothing else was read from the line in hand. */
  readInstruction(instruction: ParsedInstruction, slots: readonly ValueSlot[]): void;
  /** Bytes of a file for INCBIN; undefined where there is none. */
  readBytes(name: string, from: string): Uint8Array | undefined;
  /** A word that stands where an instruction should; gives what may have been meant. */
  suggestInstruction(word: string): string | undefined;
  readonly listingLine: number;
  readonly lineObserver: LineObserver | undefined;
}

const prefixSlots: Readonly<Record<string, string>> = {
  lock: 'lock',
  rep: 'rep',
  repe: 'rep',
  repz: 'rep',
  repne: 'rep',
  repnz: 'rep',
  xacquire: 'rep',
  xrelease: 'rep',
  bnd: 'rep',
  nobnd: 'rep',
  o16: 'osize',
  o32: 'osize',
  o64: 'osize',
  osp: 'osize',
  a16: 'asize',
  a32: 'asize',
  a64: 'asize',
  asp: 'asize',
  wait: 'wait',
};

const hints = ['rex', 'vex', 'vex2', 'vex3', 'evex'] as const;

/** Turns lines of tokens into items. Never fails: what makes no sense is said, and gives an item without bytes or none. */
export class StatementParser implements PrefixSink {
  private readonly parser: ExpressionParser;
  private readonly data: DataParser;
  private readonly operandParser: OperandParser;
  readonly directives: DirectiveParser;
  private line!: SourceLine;
  private frame: Frame | undefined;
  private prefixes: string[] = [];
  private prefixTokens: Token[] = [];
  private slots = new Map<string, string>();
  /** The statement in hand has neither label nor TIMES. */
  private plain = true;
  private encodingHint: ParsedInstruction['encodingHint'] = '';

  constructor(private readonly context: ParserContext) {
    this.parser = new ExpressionParser(context.names);
    this.data = new DataParser(this.parser, context.evaluator);
    this.operandParser = new OperandParser(this.parser, context.evaluator, () => context.section);
    this.directives = new DirectiveParser(this.parser, (kind, first, last) => this.item(kind, first, last));
  }

  parse(tokens: readonly Token[], line: SourceLine, frame: Frame | undefined): void {
    this.line = line;
    this.frame = frame;
    const { parser } = this;
    parser.start(tokens, 0);
    const first = tokens[0]!;
    if (first.type === 91 /* [ */) {
      this.context.lineObserver?.hasEffect(tokens[1]?.text.toLowerCase() === 'sectalign');
      this.directives.parse(tokens);
      return;
    }
    const keyword = first.identifier?.keyword;
    const braces = first.type === 123;
    if (!braces && (first.type !== T.Identifier || (first.value === 0 && keyword && !this.mayBegin(keyword)))) {
      const directive = first.type === T.Preprocessor ? suggestDirective(first.text) : undefined;
      parser.error('label or instruction expected at start of line', 0, directive);
      return;
    }
    const free = !braces && (!keyword || first.value === 1);
    // `mov:` is a label; so is `db:`.
    const isLabel = free || (keyword?.kind === KeywordKind.Instruction && tokens[1]?.type === 58);
    if (isLabel) this.labelled(tokens, first);
    else this.statement(tokens, undefined, undefined);
  }

  private mayBegin(keyword: Keyword): boolean {
    return (
      keyword.kind === KeywordKind.Instruction ||
      keyword.kind === KeywordKind.Prefix ||
      (keyword.kind === KeywordKind.Register && keyword.group === 'segment')
    );
  }

  private labelled(tokens: readonly Token[], label: Token): void {
    const { parser, context } = this;
    parser.position = 1;
    const { names } = context;
    if (parser.peek() === 58) parser.position++;
    else if (tokens.length === 1) {
      names.diagnostics.warning(
        'label-orphan',
        'label alone on a line without a colon might be in error',
        new TokenRange(label, label),
      );
    }
    const next = tokens[parser.position]?.identifier?.keyword;
    const symbol = context.symbols.define(label, this.frame, next?.group !== 'equ');
    if (parser.position >= tokens.length) {
      const item = this.item(ItemKind.Label, label, label);
      item.symbol = symbol;
      item.label = label;
      return;
    }
    this.statement(tokens, symbol, label);
  }

  private item(kind: number, first: Token, last: Token): Statement {
    const { context } = this;
    const { mode, section, listingLine } = context;
    const item = new Statement(kind, this.line, this.frame, mode, section, listingLine, first, last);
    context.items.push(item);
    return item;
  }

  /** What follows a label: TIMES and prefixes, then an instruction. */
  private statement(tokens: readonly Token[], symbol: ProgramSymbol | undefined, label: Token | undefined): void {
    const { parser } = this;
    const { items } = this.context;
    const before = items.length;
    const times = this.prefixesAndTimes(tokens);
    const start = parser.position;
    this.plain = !symbol && times === undefined;
    let item: Statement | undefined;
    if (times !== false) {
      const token = tokens[start];
      const keyword = token?.value === 0 ? token.identifier?.keyword : undefined;
      if (keyword?.kind === KeywordKind.Instruction) {
        parser.position++;
        item = this.instruction(tokens, token!, keyword);
      } else if (!token && this.prefixes.length) item = this.barePrefixes(tokens);
      else this.instructionExpected(tokens, start, label);
      if (item && times) item.times = times;
    }
    if (!symbol) return;
    // Even where the rest of the line is wrong the label stands.
    const target = item ?? (items[before] as Statement | undefined) ?? this.item(ItemKind.Label, label!, label!);
    target.symbol = symbol;
    target.label = label;
  }

  private instructionExpected(tokens: readonly Token[], at: number, label: Token | undefined): void {
    const token = tokens[Math.min(at, tokens.length - 1)]!;
    const { names, suggestInstruction } = this.context;
    // `movv eax, 1`: the word taken for a label is a mistyped instruction, most likely.
    const mistyped = label && at === 1 ? suggestInstruction(label.text) : undefined;
    const own =
      !mistyped && token.type === T.Identifier && at < tokens.length ? suggestInstruction(token.text) : undefined;
    const where = mistyped ? label! : token;
    names.diagnostics.error('parser: instruction expected', new TokenRange(where, where), mistyped ?? own);
    const word = label && at === 1 ? label : token;
    if (word.type === T.Identifier) names.diagnostics.couldBeMacro(word);
  }

  /** The TIMES expression, undefined without, false where something was wrong. */
  private prefixesAndTimes(tokens: readonly Token[]): Statement['times'] | false {
    const { parser } = this;
    this.prefixes = [];
    this.prefixTokens = [];
    this.slots.clear();
    this.encodingHint = '';
    let times: Statement['times'];
    for (;;) {
      const token = tokens[parser.position];
      const keyword = token?.value === 0 ? token.identifier?.keyword : undefined;
      if (token?.type === 123 /* { */) {
        if (!this.braces(tokens)) return false;
        continue;
      }
      if (keyword?.kind === KeywordKind.Prefix) {
        parser.position++;
        if (keyword.name === 'times') {
          const expression = parser.parse();
          if (!expression) return false;
          times = expression;
          continue;
        }
        this.addPrefix(prefixSlots[keyword.name]!, keyword.name, token!);
      } else if (keyword?.kind === KeywordKind.Register && keyword.group === 'segment') {
        parser.position++;
        this.addPrefix('segment', keyword.name, token!);
      } else return times;
    }
  }

  private addPrefix(slot: string, name: string, token: Token): void {
    const known = this.slots.get(slot);
    const { diagnostics } = this.context.names;
    const range = new TokenRange(token, token);
    if (known === name) diagnostics.warning('other', 'instruction has redundant prefixes', range);
    else if (known !== undefined) diagnostics.error('instruction has conflicting prefixes', range);
    if (known !== name) {
      this.prefixes.push(name);
      this.prefixTokens.push(token);
    }
    this.slots.set(slot, name);
  }

  addSegment(name: string): boolean {
    if (this.slots.has('segment')) return false;
    this.slots.set('segment', name);
    return true;
  }

  addAddressSize(name: string): boolean {
    const known = this.slots.get('asize');
    if (known !== undefined && known !== name) return false;
    this.slots.set('asize', name);
    return true;
  }

  /** `{vex3}` and its like. */
  private braces(tokens: readonly Token[]): boolean {
    const { parser } = this;
    const word = tokens[parser.position + 1];
    const hint = hints.find((one) => one === word?.text.toLowerCase());
    if (!hint || tokens[parser.position + 2]?.type !== 125) {
      parser.error(`unrecognized special symbol \`${word?.text ?? ''}'`);
      return false;
    }
    this.encodingHint = hint;
    parser.position += 3;
    return true;
  }

  private instruction(tokens: readonly Token[], token: Token, keyword: Keyword): Statement | undefined {
    const { parser } = this;
    const last = tokens[tokens.length - 1]!;
    switch (keyword.group) {
      case 'data': {
        const { errors } = this.context.names.diagnostics;
        const elements = this.data.elements(keyword.value);
        if (!elements) return undefined;
        if (elements.length === 0 && this.context.names.diagnostics.errors === errors)
          this.context.names.diagnostics.warning(
            'db-empty',
            'no operand for data declaration',
            new TokenRange(token, token),
          );
        const item = this.item(ItemKind.Data, token, last);
        item.elements = elements;
        return item;
      }
      case 'reserve':
      case 'equ': {
        if (parser.position >= tokens.length) {
          const message = keyword.group === 'equ' ? 'bad syntax for EQU' : 'invalid combination of opcode and operands';
          parser.error(message, parser.position - 1);
          return undefined;
        }
        const memory = keyword.group === 'reserve' && parser.peek() === 91; /* [ */
        const expression = memory ? undefined : parser.parse();
        if (!expression && !memory) return undefined;
        const after = memory ? 44 : parser.peek();
        if (after !== T.End || !expression) {
          parser.error(
            keyword.group === 'equ'
              ? 'bad syntax for EQU'
              : after === 44 /* , */
                ? 'invalid combination of opcode and operands'
                : 'comma, colon, decorator or end of line expected after operand',
          );
          return undefined;
        }
        const item = this.item(keyword.group === 'equ' ? ItemKind.Equ : ItemKind.Reserve, token, last);
        item.expression = expression;
        item.unit = keyword.value;
        return item;
      }
      case 'incbin':
        return this.incbin(token, last);
    }
    const far = keyword.name === 'jmp' || keyword.name === 'call';
    const operands = this.operandParser.operands(far, this);
    if (!operands) return undefined;
    const instruction: ParsedInstruction = {
      mnemonic: keyword.name,
      operands,
      prefixes: this.prefixes,
      encodingHint: this.encodingHint,
      range: new TokenRange(token, last),
    };
    const { slots } = this.operandParser;
    if (this.plain && slots.length === 0 && this.context.addCode(instruction, this.line, this.frame)) return undefined;
    const item = this.item(ItemKind.Instruction, token, last);
    item.slots = slots;
    item.instruction = instruction;
    if (this.plain && slots.length > 0) this.context.readInstruction(instruction, slots);
    return item;
  }

  private barePrefixes(tokens: readonly Token[]): Statement {
    const item = this.item(ItemKind.Prefixes, this.prefixTokens[0]!, tokens[tokens.length - 1]!);
    item.instruction = {
      mnemonic: '',
      operands: [],
      prefixes: this.prefixes,
      encodingHint: '',
      range: new TokenRange(item.first, item.last),
    };
    return item;
  }

  private incbin(token: Token, last: Token): Statement | undefined {
    const { parser, context } = this;
    const elements = this.data.elements(1);
    if (!elements) return undefined;
    const complain = (message: string): undefined => parser.error(message, parser.tokens.indexOf(token));
    const [name, skip, length, more] = elements;
    if (name?.kind !== 'bytes') return complain("`incbin' expects a file name");
    if (skip && skip.kind !== 'number') return complain("`incbin': second parameter is non-numeric");
    if (length && length.kind !== 'number') return complain("`incbin': third parameter is non-numeric");
    if (more) return complain("`incbin': more than three parameters");
    const file = decodeSource(Uint8Array.from(name.bytes!));
    const content = context.readBytes(file, this.line.file);
    if (!content) {
      const range = new TokenRange(name.first, name.first);
      context.names.diagnostics.error(`\`incbin': unable to get length of file \`${file}'`, range);
      return undefined;
    }
    const item = this.item(ItemKind.Incbin, token, last);
    item.bytes = content;
    item.elements = elements;
    return item;
  }
}
