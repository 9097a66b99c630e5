import { TokenRange } from '../diagnostics';
import type { MemoryOperand, ParsedOperand } from '../encoder/instruction';
import type { Evaluator } from '../expression/evaluate';
import { binary, type Expression } from '../expression/expression';
import { isRegister, isScalar, Linear, type Result } from '../expression/linear';
import type { ExpressionParser } from '../expression/parse';
import type { ValueSlot } from '../program/item';
import type { Section } from '../program/section';
import { fillValue, OperandValue } from '../program/value';
import { type Keyword, KeywordKind } from '../source/keywords';
import { T, type Token } from '../source/token';

/** What stands before an operand: `strict dword`, `short`, `far word`. */
interface Qualifiers {
  size: number;
  strict: boolean;
  far: boolean;
  near: boolean;
  short: boolean;
  to: boolean;
}

/** Prefixes that an operand may add to its instruction: a segment override, an address size. */
export interface PrefixSink {
  /** False where another one is there already. */
  addSegment(name: string): boolean;
  addAddressSize(name: string): boolean;
}

const distances = ['far', 'near', 'short'] as const;

/** Reads the operands of an instruction. */
export class OperandParser {
  slots: ValueSlot[] = [];
  private tokens: readonly Token[] = [];
  private prefixes!: PrefixSink;
  private farAllowed = false;

  constructor(
    private readonly parser: ExpressionParser,
    private readonly evaluator: Evaluator,
    private readonly section: () => Section,
  ) {}

  /** Operands from the parser's position to the end of the line; undefined where one makes no sense. */
  operands(farAllowed: boolean, prefixes: PrefixSink): ParsedOperand[] | undefined {
    const { parser } = this;
    this.tokens = parser.tokens;
    this.prefixes = prefixes;
    this.farAllowed = farAllowed;
    this.slots = [];
    const operands: ParsedOperand[] = [];
    if (parser.position >= this.tokens.length) return operands;
    for (;;) {
      const operand = this.operand();
      if (!operand) return undefined;
      operands.push(operand);
      const next = parser.peek();
      if (next === T.End) return operands;
      if (next !== 44 /* , */) {
        parser.error(
          operand.kind === 'memory'
            ? 'comma, decorator or end of line expected'
            : 'comma, colon, decorator or end of line expected after operand',
        );
        return undefined;
      }
      parser.position++;
      if (parser.position >= this.tokens.length) return operands;
    }
  }

  private operand(): ParsedOperand | undefined {
    const { parser } = this;
    const start = parser.position;
    const first = this.tokens[start]!;
    // The most frequent operand: a register and nothing else.
    const keyword = first.identifier?.keyword;
    if (keyword?.kind === KeywordKind.Register && first.value === 0) {
      const after = start + 1 < this.tokens.length ? this.tokens[start + 1]!.type : T.End;
      if (after === 44 || after === T.End) {
        parser.position++;
        return this.register(first, undefined);
      }
    }
    const qualifiers = this.qualifiers();
    if (!qualifiers) return undefined;
    const next = parser.peek();
    if (next === 123 /* { */) return this.decorator();
    if (next === 91 /* [ */ || next === 38 /* & */ || parser.peekKeyword() === KeywordKind.Pointer) {
      return this.memory(start, qualifiers, undefined);
    }
    const expression = parser.parse();
    if (!expression) return undefined;
    const after = parser.peek();
    if (after === 91 /* [ */) return this.memory(start, qualifiers, expression);
    if (after === 58 /* : */) {
      if (this.farAllowed) return this.farPointer(start, qualifiers, expression);
      if (!this.override(expression)) return undefined;
      return this.memory(start, qualifiers, undefined);
    }
    if (after === 123 && !this.decorators()) return undefined;
    return this.plain(expression, start, qualifiers);
  }

  private range(start: number): TokenRange {
    const last = this.tokens[Math.max(start, this.parser.position - 1)]!;
    return new TokenRange(this.tokens[start]!, last);
  }

  private qualifiers(): Qualifiers | undefined {
    const { parser } = this;
    const q: Qualifiers = { size: 0, strict: false, far: false, near: false, short: false, to: false };
    for (;;) {
      const token = this.tokens[parser.position];
      const keyword = token?.value === 0 ? token.identifier?.keyword : undefined;
      if (keyword?.kind === KeywordKind.Size) {
        if (!q.size) q.size = keyword.value;
      } else if (keyword?.kind === KeywordKind.Special) {
        if (keyword.name === 'strict') q.strict = true;
        else if (keyword.name === 'to') q.to = true;
        else if ((distances as readonly string[]).includes(keyword.name)) q[keyword.name as 'far'] = true;
        else {
          parser.error('invalid operand size specification');
          return undefined;
        }
      } else return q;
      parser.position++;
    }
  }

  private register(token: Token, q: Qualifiers | undefined): ParsedOperand | undefined {
    const keyword = token.identifier!.keyword!;
    if (keyword.group === 'unsupported')
      return this.parser.error(`register \`${keyword.name}' is not supported yet`, this.tokens.indexOf(token));
    const range = new TokenRange(token, token);
    if (q?.far && !this.farAllowed)
      return this.parser.error('invalid use of FAR operand specifier', this.tokens.indexOf(token));
    const otherSize = q?.size && q.size !== keyword.value && keyword.group !== 'control' && keyword.group !== 'debug';
    if (otherSize || q?.near || q?.short || q?.far)
      this.parser.names.diagnostics.warning('regsize', 'invalid register size specification ignored', range);
    return { kind: 'register', name: keyword.name, size: keyword.value, range, ...(q?.to ? { to: true } : undefined) };
  }

  /** An expression that is an operand by itself: a register or a number. */
  private plain(expression: Expression, start: number, q: Qualifiers): ParsedOperand | undefined {
    if (expression.keyword?.kind === KeywordKind.Register && !expression.a) return this.register(expression.token, q);
    const range = this.range(start);
    if (q.to) return this.parser.error(invalidCombination, start);
    if (q.far && !this.farAllowed) return this.parser.error('invalid use of FAR operand specifier', start);
    const value = new OperandValue();
    if (expression.fixed) {
      this.evaluator.critical = false;
      const result = this.evaluator.evaluate(expression);
      if (result === undefined) return undefined;
      const register = singleRegister(result);
      if (register) return { kind: 'register', name: register.name, size: register.value, range };
      if (!fillValue(value, result, undefined)) return this.parser.error(typeProblem(result), start);
    } else this.slots.push({ expression, value, memory: undefined });
    const operand: ParsedOperand = { kind: 'immediate', value, size: q.size, strict: q.strict, range };
    if (q.short) operand.distance = 'short';
    else if (q.near) operand.distance = 'near';
    else if (q.far) operand.distance = 'far';
    return operand;
  }

  private farPointer(start: number, q: Qualifiers, segment: Expression): ParsedOperand | undefined {
    const { parser } = this;
    parser.position++;
    const inner = this.qualifiers();
    if (!inner) return undefined;
    if (q.far || inner.far) return parser.error('mismatch in operand sizes', start);
    const offset = parser.parse();
    if (!offset) return undefined;
    const segmentValue = new OperandValue();
    const offsetValue = new OperandValue();
    this.slots.push({ expression: segment, value: segmentValue, memory: undefined });
    this.slots.push({ expression: offset, value: offsetValue, memory: undefined });
    return {
      kind: 'far',
      segment: segmentValue,
      offset: offsetValue,
      size: inner.size || q.size,
      range: this.range(start),
    };
  }

  /** `es:`, the colon in front of the parser; skips it. */
  private override(expression: Expression): boolean {
    const { parser } = this;
    const keyword = expression.a ? undefined : expression.keyword;
    if (keyword?.group !== 'segment') {
      parser.error('invalid segment override', parser.position - 1);
      return false;
    }
    if (!this.prefixes.addSegment(keyword.name)) {
      parser.error('instruction has conflicting segment overrides', parser.position - 1);
      return false;
    }
    parser.position++;
    this.segment = keyword.name;
    return true;
  }

  private segment: string | undefined;

  /** `[...]`, `ptr [...]`, `es:[...]`, `disp[...]` (the displacement in `before`). */
  private memory(start: number, q: Qualifiers, displacement: Expression | undefined): MemoryOperand | undefined {
    let before = displacement;
    const { parser } = this;
    if (q.to || q.short) return parser.error(q.to ? invalidCombination : 'mismatch in operand sizes', start);
    const operand: MemoryOperand = {
      kind: 'memory',
      size: q.size,
      scale: 1,
      displacement: new OperandValue(),
      absolute: true,
      displacementSize: 0,
      addressSize: 0,
      nosplit: false,
      strict: q.strict,
      far: q.far,
      near: q.near,
      range: this.range(start),
    };
    if (this.segment !== undefined) {
      operand.segment = this.segment;
      this.segment = undefined;
    }
    if (parser.peekKeyword() === KeywordKind.Pointer || parser.peek() === 38) parser.position++;
    let brackets = 0;
    let expression: Expression | undefined;
    for (;;) {
      brackets += this.insideQualifiers(operand);
      if (brackets < 0) return undefined;
      if (parser.peekKeyword() === KeywordKind.Flat) {
        parser.position++;
        if (parser.peek() !== 58) return parser.error('unknown use of FLAT in MASM emulation');
        parser.position++;
        continue;
      }
      expression = parser.parse();
      if (!expression) return undefined;
      if (parser.peek() === 91 && brackets === 0 && !before) {
        // `ptr disp[regs]`.
        before = expression;
        continue;
      }
      if (parser.peek() !== 58 /* : */) break;
      if (!this.override(expression)) return undefined;
      operand.segment = this.segment!;
      this.segment = undefined;
    }
    let index: Expression | undefined;
    if (brackets > 0 && parser.peek() === 44 /* , */) {
      parser.position++;
      index = parser.parse();
      if (!index) return undefined;
    }
    if (brackets > 0) {
      if (brackets > 1) return parser.error('excess brackets in memory operand');
      if (parser.peek() !== 93 /* ] */) return parser.error('expecting ] at end of memory operand');
      parser.position++;
    }
    if (parser.peek() === 123 && !this.decorators()) return undefined;
    operand.range = this.range(start);
    const slot: ValueSlot = {
      expression: before ? binary(43, before.token, before, expression) : expression,
      value: operand.displacement as OperandValue,
      memory: operand,
    };
    if (index) return this.splitIndex(operand, slot, index);
    return this.place(slot) ? operand : undefined;
  }

  /** Sizes and the like inside the brackets; returns the number of brackets opened, negative after an error. */
  private insideQualifiers(operand: MemoryOperand): number {
    const { parser } = this;
    let brackets = 0;
    for (;;) {
      if (parser.peek() === 91) brackets++;
      else {
        const token = this.tokens[parser.position];
        const keyword = token?.value === 0 ? token.identifier?.keyword : undefined;
        switch (keyword?.kind) {
          case KeywordKind.Size:
            if (keyword.value > 64) {
              parser.error('invalid size specification in effective address');
              return -1;
            }
            operand.displacementSize = keyword.value as 8;
            break;
          case KeywordKind.Special:
            if (keyword.name === 'rel') operand.relative = true;
            else if (keyword.name === 'abs') operand.relative = false;
            else if (keyword.name === 'nosplit') operand.nosplit = true;
            else {
              parser.error('invalid size specification in effective address');
              return -1;
            }
            break;
          case KeywordKind.Prefix: {
            const size = { a16: 16, a32: 32, a64: 64 }[keyword.name];
            if (!size) {
              parser.error('invalid size specification in effective address');
              return -1;
            }
            if (!this.prefixes.addAddressSize(keyword.name)) {
              parser.error('conflicting address size specifications');
              return -1;
            }
            operand.addressSize = size as 16;
            break;
          }
          default:
            return brackets;
        }
      }
      parser.position++;
    }
  }

  /** Finds the registers of a memory operand; its displacement stays a slot where symbols are in it. */
  private place(slot: ValueSlot): boolean {
    const { evaluator } = this;
    if (!slot.expression.fixed) {
      this.slots.push(slot);
      return true;
    }
    evaluator.critical = false;
    const problem = fillMemory(slot, evaluator, this.section());
    if (problem === undefined) return true;
    if (problem) this.parser.names.diagnostics.error(problem, slot.memory!.range);
    return false;
  }

  /** `[base+offset,index*scale]`, as the MPX instructions write it. */
  private splitIndex(operand: MemoryOperand, slot: ValueSlot, index: Expression): MemoryOperand | undefined {
    if (!this.place(slot)) return undefined;
    const result = this.evaluator.evaluate(index);
    const term =
      typeof result === 'object' && result.terms.length === 1 && result.number === 0 ? result.terms[0] : undefined;
    if (operand.index !== undefined || !term || !isRegister(term.base))
      return this.parser.error('invalid mib expression');
    operand.index = term.base.name;
    operand.scale = term.coefficient;
    operand.absolute = false;
    return operand;
  }

  /** `{k1}{z}`, `{1to8}`, `{rn-sae}`: of AVX-512, which is read over with one message. */
  private decorators(): boolean {
    this.parser.error('AVX-512 operands and decorators are not supported yet');
    return false;
  }

  private decorator(): undefined {
    this.decorators();
    return undefined;
  }
}

function singleRegister(result: Result) {
  if (isScalar(result) || result.number !== 0 || result.terms.length !== 1) return undefined;
  const { base, coefficient } = result.terms[0]!;
  return coefficient === 1 && isRegister(base) ? base : undefined;
}

const invalidCombination = 'invalid combination of opcode and operands';

/** What is said of a value that no operand can have. */
export function typeProblem(result: Result): string {
  const term = isScalar(result) || result.terms.length !== 1 ? undefined : result.terms[0]!;
  return term?.coefficient === 1 && isRegister(term.base)
    ? 'register set not valid for operand'
    : 'invalid operand type';
}

function hasRegister({ terms }: Linear): boolean {
  for (let i = 0; i < terms.length; i++) if (isRegister(terms[i]!.base)) return true;
  return false;
}

/**
 * Computes a memory operand's registers and displacement. Gives undefined where all is well, the message where not
 * (empty where it has been said already).
 */
export function fillMemory(slot: ValueSlot, evaluator: Evaluator, here: Section): string | undefined {
  const operand = slot.memory!;
  evaluator.resetHint();
  const result = evaluator.evaluate(slot.expression);
  if (result === undefined) return '';
  if (isScalar(result)) {
    fillValue(slot.value, result, here);
    return undefined;
  }
  let base: string | undefined;
  let index: string | undefined;
  let scale = 1;
  let rest: Result = result;
  if (hasRegister(result)) {
    // In NASM's order, which is that of the alphabet: it decides where there is no hint.
    const registers = result.terms.filter((term) => isRegister(term.base));
    registers.sort((a, b) => ((a.base as Keyword).name < (b.base as Keyword).name ? -1 : 1));
    rest = new Linear(
      result.number,
      result.terms.filter((term) => !isRegister(term.base)),
      result.unknowns,
      result.wrt,
    );
    for (const term of registers) {
      const register = term.base as Keyword;
      if (register.group === 'unsupported') return `register \`${register.name}' is not supported yet`;
      const general = register.group.startsWith('gpr');
      if (general && term.coefficient === 1 && base === undefined) base = register.name;
      else if (index === undefined) {
        index = register.name;
        scale = term.coefficient;
      } else if (base === undefined) return 'invalid effective address: two index registers';
      else if (!general) return 'invalid effective address: impossible register';
      else return 'invalid effective address: too many registers';
    }
  }
  const { hint } = evaluator;
  const first = hint.register?.name;
  let operandHint: MemoryOperand['hint'];
  if (base !== undefined && index !== undefined) {
    const swap =
      scale === 1 && ((hint.kind === 'notBase' && first === base) || (hint.kind === 'base' && first === index));
    if (swap) [base, index] = [index, base];
  } else if (base !== undefined && hint.kind === 'notBase') {
    index = base;
    base = undefined;
    operandHint = 'index';
  } else if (hint.kind === 'summed') operandHint = 'summed';
  // To delete what is not there takes V8 as long as all of the above.
  if (base !== undefined) operand.base = base;
  else if (operand.base !== undefined) delete operand.base;
  if (index !== undefined) operand.index = index;
  else if (operand.index !== undefined) delete operand.index;
  if (operandHint !== undefined) operand.hint = operandHint;
  else if (operand.hint !== undefined) delete operand.hint;
  operand.scale = scale;
  operand.absolute = base === undefined && index === undefined;
  if (!fillValue(slot.value, rest, here)) {
    return 'invalid effective address: impossible segment base multiplier';
  }
  return undefined;
}
