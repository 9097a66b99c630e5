import type { SourceRange } from '../api';
import { type Diagnostics, TokenRange } from '../diagnostics';
import type {
  Encode,
  EncodeContext,
  Encoded,
  EncodeError,
  ParsedInstruction,
  SegmentBase,
} from '../encoder/instruction';
import { repeatByte, segmentByte, sortPrefixes } from '../encoder/prefix-slots';
import type { Evaluator } from '../expression/evaluate';
import type { Expression } from '../expression/expression';
import type { Integer } from '../expression/integer';
import { isRegister, isScalar, type Result } from '../expression/linear';
import { Limits } from '../limits';
import { elementRange } from '../parser/data';
import { fillMemory, typeProblem } from '../parser/operand';
import { CodeBuffer } from './code-buffer';
import { type DataElement, type Item, ItemKind, isStatement, type Mode, type Statement, type ValueSlot } from './item';
import type { Section } from './section';
import type { ProgramSymbol } from './symbol';
import { fillValue, OperandValue, placed } from './value';

/** The two encodings of a branch whose length depends on its distance. */
export interface BranchShape {
  short: Encoded;
  near: Encoded;
}

/** Finds sizes and addresses: visits items in order, as one of NASM's passes does. */
export class Layout {
  pass = 0;
  /** Symbols and sizes that were not as in the pass before. */
  changes = 0;
  /** The items have not been visited before: the first pass, or items made anew in each. */
  fresh = true;
  /** Labels and ABSOLUTE stretches among {@link changes}: what counts where items are made anew in each pass. */
  moves = 0;
  /** No later pass: what is unknown now is an error. */
  final = false;
  readonly shapes: BranchShape[] = [];
  private readonly shapeOfKey = new Map<string, number>();
  private readonly context: EncodeContext & { address: OperandValue };
  /** Where ORG put the program. */
  origin: Integer | undefined;
  originItem: Statement | undefined;

  constructor(
    private readonly evaluator: Evaluator,
    private readonly diagnostics: Diagnostics,
    private readonly encode: Encode,
    private readonly optimization: number,
    private readonly sections: readonly Section[],
  ) {
    this.context = {
      bits: 16,
      address: new OperandValue(),
      defaultRel: false,
      defaultBnd: false,
      optimization,
    };
  }

  /** Back to the state before the first pass. */
  restart(): void {
    this.pass = 0;
    this.fresh = true;
    this.final = this.evaluator.critical = false;
    this.evaluator.firstPass = true;
    this.origin = undefined;
    this.originItem = undefined;
  }

  /** Before the first item of a pass. */
  begin(final: boolean): void {
    this.pass++;
    this.changes = 0;
    this.moves = 0;
    this.final = final;
    this.definitionOrder.length = 0;
    for (const section of this.sections) section.offset = 0;
    this.evaluator.firstPass = this.pass === 1;
    this.evaluator.critical = final;
  }

  /** Places one item and finds its size. */
  visit(item: Item): void {
    const { section } = item;
    const here = section.offset;
    item.offset = here;
    // Most items: they have their bytes, so that nothing can be said about them but that it is too many.
    if (!isStatement(item)) {
      section.offset = here + item.size;
      if (section.offset > Limits.outputBytes) this.refuseCode(item);
      return;
    }
    const { evaluator } = this;
    evaluator.section = section;
    evaluator.offset = here;
    evaluator.critical = this.final;
    this.diagnostics.frame = item.frame;
    this.diagnostics.line = item.line;
    this.diagnostics.warnings = item.mode.warnings;
    if (item.symbol !== undefined && item.kind !== ItemKind.Equ) this.define(item, item.symbol, section, here);
    if (!item.settled) this.resize(item);
    section.offset = here + item.length;
  }

  private refuseCode(item: Item): void {
    const { diagnostics } = this;
    diagnostics.frame = item.frame;
    diagnostics.line = item.line;
    diagnostics.warnings = item.mode.warnings;
    this.tooLong(item);
  }

  /** Finds the size of an item at the evaluator's place. */
  resize(item: Statement): void {
    if (item.failed) return;
    if (item.times !== undefined && !(item.times.fixed && !this.fresh)) this.repeat(item, item.times);
    switch (item.kind) {
      case ItemKind.Instruction:
        this.instruction(item);
        break;
      case ItemKind.Data:
        item.size = this.dataSize(item, item.elements);
        break;
      case ItemKind.Reserve:
        this.reserve(item);
        break;
      case ItemKind.Declaration:
        // What was declared EXTERN and defined later takes its place from the definition.
        if (this.final && item.declared!.section?.kind === 'external') this.definitionOrder.push(item.declared!);
        break;
      case ItemKind.Equ:
        this.equ(item);
        break;
      case ItemKind.Incbin:
        if (this.fresh) this.incbin(item);
        break;
      case ItemKind.Absolute:
        this.absolute(item);
        break;
      case ItemKind.Org:
        this.org(item);
        break;
      case ItemKind.Fill:
        this.fillSize(item);
        break;
      case ItemKind.Prefixes:
        this.prefixes(item);
        break;
    }
    if (item.length > Limits.outputBytes - item.offset) {
      this.tooLong(item);
      item.failed = true;
      item.encoded = undefined;
    }
  }

  private tooLong(item: Item): void {
    this.diagnostics.error(`more than ${Limits.outputBytes} bytes of output`, item.range);
    item.size = 0;
  }

  private fail(item: Statement, message: string, range: SourceRange = item.range): void {
    this.diagnostics.error(message, range);
    item.failed = true;
    item.size = 0;
    item.encoded = undefined;
  }

  /** Symbols in the order in which the last pass met their definitions. */
  readonly definitionOrder: ProgramSymbol[] = [];

  /** A label gets its place. */
  define(item: Statement, symbol: ProgramSymbol, section: Section | undefined, offset: Integer): void {
    const { diagnostics } = this;
    const same = symbol.defined && symbol.section === section && symbol.offset === offset && symbol.anchor < 0;
    if (symbol.scope === 'extern' && symbol.section?.kind === 'external') {
      symbol.scope = 'global';
    } else if (symbol.pass === this.pass && symbol.pass > 0) {
      const range = item.label && new TokenRange(item.label, item.label);
      if (same) {
        diagnostics.lateWarning('label-redef', `label \`${symbol.name}' redefined to an identical value`, range);
        return;
      }
      diagnostics.error(`label \`${symbol.name}' inconsistently redefined`, range);
      const first = symbol.definition;
      if (first && first !== item.label) {
        const { frame, line } = diagnostics;
        diagnostics.frame = undefined;
        diagnostics.note(`label \`${symbol.name}' originally defined here`, new TokenRange(first, first));
        diagnostics.frame = frame;
        diagnostics.line = line;
      }
      return;
    }
    if (!same) {
      this.changes++;
      this.moves++;
    }
    if (this.final) this.definitionOrder.push(symbol);
    symbol.defined = true;
    symbol.pass = this.pass;
    symbol.section = section;
    symbol.offset = offset;
    symbol.anchor = -1;
  }

  private repeat(item: Statement, times: Expression): void {
    const { evaluator, diagnostics } = this;
    const range = new TokenRange(times.token, item.last);
    const value = evaluator.evaluate(times);
    if (value === undefined) {
      item.failed = true;
      item.size = 0;
      return;
    }
    if (!isScalar(value)) {
      this.fail(item, 'non-constant argument supplied to TIMES', range);
      item.repeat = 1;
      return;
    }
    if (value < 0) {
      if (this.final || times.fixed) diagnostics.error(`TIMES value ${value} is negative`, range);
      item.repeat = 0;
      return;
    }
    // NASM keeps the low 32 bits: x86inc.asm counts on 0x200000000 being 0.
    const count = Number(BigInt.asIntN(32, BigInt(value)));
    if (count < 0 || count > Limits.outputBytes) {
      this.fail(item, `TIMES value ${value} gives more than ${Limits.outputBytes} bytes of output`, range);
      item.repeat = 0;
      return;
    }
    item.repeat = count;
  }

  private instruction(item: Statement): void {
    const { evaluator, diagnostics } = this;
    const instruction = item.instruction!;
    if (item.encoded !== undefined && item.slots.length === 0) return;
    if (item.encoded === undefined && item.branch === 0) item.branch = this.branchOf(item, instruction) + 1;
    if (item.branch > 0) {
      this.branch(item);
      return;
    }
    let again = item.encoded === undefined;
    const { slots } = item;
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i]!;
      const { value } = slot;
      const { offset, base, forward } = value;
      const problem = this.fill(slot, item);
      if (problem !== undefined) {
        if (problem) diagnostics.error(problem, new TokenRange(item.first, item.last));
        item.failed = true;
        item.size = 0;
        return;
      }
      if (value.forward !== forward || value.base !== base || (base === undefined && value.offset !== offset))
        again = true;
    }
    const atPlace = dependsOnPlace(instruction);
    if (!again && !atPlace) return;
    const context = this.contextOf(item.mode);
    context.address.offset = BigInt(evaluator.offset);
    context.address.base = atPlace ? item.section : elsewhere;
    const encoded = this.encode(instruction, context);
    if (isError(encoded)) {
      diagnostics.error(encoded.message, encoded.range, encoded.suggestion, encoded.hint);
      item.failed = true;
      item.size = 0;
      return;
    }
    if (item.size !== encoded.bytes.length) this.changes++;
    item.encoded = encoded;
    item.size = encoded.bytes.length;
  }

  private contextOf(mode: Mode): Layout['context'] {
    const { context } = this;
    context.bits = mode.bits;
    context.defaultRel = mode.defaultRel;
    context.defaultBnd = mode.defaultBnd;
    if (mode.cpu !== context.cpu) {
      if (mode.cpu) context.cpu = mode.cpu;
      else delete context.cpu;
    }
    return context;
  }

  /**
   * Encodes an instruction without symbols: -1 where it cannot be done once for all, or where there is something to say;
   * else the place of its bytes in {@link code}.
   */
  encodePure(instruction: ParsedInstruction, mode: Mode): number {
    if (dependsOnPlace(instruction)) return -1;
    const context = this.contextOf(mode);
    context.address.offset = 0n;
    context.address.base = elsewhere;
    const encoded = this.encode(instruction, context);
    if (isError(encoded) || encoded.warnings.length || encoded.fixups.length) return -1;
    this.pureSize = encoded.bytes.length;
    return this.code.add(encoded.bytes);
  }

  /** A context that stays as it is, for instructions of one mode. */
  contextFor(mode: Mode): EncodeContext {
    return { ...this.contextOf(mode) };
  }

  /** Bytes of the instruction that {@link encodePure} was given last. */
  pureSize = 0;
  readonly code = new CodeBuffer();

  /** A line of prefixes without an instruction: their bytes. */
  private prefixes(item: Statement): void {
    if (item.encoded) return;
    const { slots } = sortPrefixes(item.instruction!.prefixes);
    const { bits } = item.mode;
    const bytes: number[] = [];
    if (slots.wait) bytes.push(0x9b);
    if (slots.repeat !== '') bytes.push(repeatByte(slots.repeat));
    if (slots.lock) bytes.push(0xf0);
    if (slots.segment !== '') bytes.push(segmentByte(slots.segment));
    const sized = (prefix: string, small: string, large: string): boolean =>
      prefix.endsWith('sp') || (bits === 16 ? prefix === large : prefix === small);
    if (sized(slots.operandSize, 'o16', 'o32')) bytes.push(0x66);
    if (sized(slots.addressSize, bits === 64 ? 'a32' : 'a16', 'a32')) bytes.push(0x67);
    item.encoded = { bytes: Uint8Array.from(bytes), fixups: [], warnings: [] };
    if (slots.lock)
      item.encoded.warnings.push({
        code: 'prefix-lock',
        message: 'instruction is not lockable',
        range: item.instruction!.range,
      });
    item.size = bytes.length;
  }

  /** Computes a value of an instruction; gives a message where it makes no sense, empty where that was said. */
  private fill(slot: ValueSlot, item: Statement): string | undefined {
    if (slot.memory) return fillMemory(slot, this.evaluator, item.section);
    const result = this.evaluator.evaluate(slot.expression);
    if (result === undefined) return '';
    return fillValue(slot.value, result, item.section) ? undefined : typeProblem(result);
  }

  /** Index of the shape of a branch that may be short or near, -1 for every other instruction. */
  private branchOf(item: Statement, instruction: ParsedInstruction): number {
    const { mnemonic, operands, prefixes } = instruction;
    if (mnemonic.charCodeAt(0) !== 106 /* j */ || operands.length !== 1 || prefixes.length) return -1;
    const operand = operands[0]!;
    if (operand.kind !== 'immediate' || operand.size || operand.strict || operand.distance) return -1;
    if (item.slots.length !== 1 || mnemonic.endsWith('cxz') || this.optimization < 2) return -1;
    const { bits, cpu, defaultBnd } = item.mode;
    const key = cpu === undefined && !defaultBnd ? `${mnemonic} ${bits}` : `${mnemonic} ${bits} ${cpu} ${defaultBnd}`;
    const known = this.shapeOfKey.get(key);
    if (known !== undefined) return known;
    const shape = this.makeShape(item, instruction);
    if (shape) this.shapes.push(shape);
    const index = shape ? this.shapes.length - 1 : -1;
    this.shapeOfKey.set(key, index);
    return index;
  }

  private makeShape(item: Statement, instruction: ParsedInstruction): BranchShape | undefined {
    const value = new OperandValue();
    value.base = item.section;
    const address = new OperandValue();
    address.base = elsewhere;
    const context: EncodeContext = { ...this.contextOf(item.mode), address };
    const as = (distance: 'short' | 'near'): Encoded | EncodeError =>
      this.encode(
        {
          ...instruction,
          operands: [{ kind: 'immediate', value, size: 0, strict: false, distance, range: instruction.range }],
        },
        context,
      );
    const short = as('short');
    const near = as('near');
    if (isError(short) || isError(near) || short.fixups.length !== 1 || near.fixups.length !== 1) return undefined;
    return { short, near };
  }

  private branch(item: Statement): void {
    const slot = item.slots[0]!;
    const shape = this.shapes[item.branch - 1]!;
    const { evaluator } = this;
    let chosen = item.repeat === 1 ? this.branchToLabel(item, slot, shape) : undefined;
    if (chosen === undefined) {
      const result = evaluator.evaluate(slot.expression);
      if (result === undefined || !fillValue(slot.value, result, item.section)) {
        if (result !== undefined) this.fail(item, typeProblem(result));
        item.failed = true;
        item.size = 0;
        return;
      }
      chosen = chooseBranch(shape, result, item.section, evaluator.offset);
      if (item.repeat > 1) this.repeatedBranch(item, shape, result);
    }
    if (item.encoded !== chosen) this.changes++;
    item.encoded = chosen;
    item.size = chosen.bytes.length;
  }

  /** The usual branch, to a label of its own section that has a place: the same as below without making a value of it. */
  private branchToLabel(item: Statement, slot: ValueSlot, { short, near }: BranchShape): Encoded | undefined {
    const { symbol } = slot.expression;
    if (symbol === undefined || !symbol.defined || symbol.section !== item.section) return undefined;
    const { section } = item;
    const { offset } = symbol;
    if (section.kind !== 'section' || typeof offset !== 'number') return undefined;
    const { evaluator } = this;
    evaluator.layoutUsed = true;
    const target = symbol.anchor < 0 ? offset : evaluator.ends[symbol.anchor]! + symbol.distance;
    // What the output is made from.
    if (this.final) slot.value.place(target, section);
    const distance = target - evaluator.offset - short.bytes.length;
    return distance >= -128 && distance <= 127 ? short : near;
  }

  /** TIMES 5 JMP X: each turn is decided by its own distance. */
  private repeatedBranch(item: Statement, shape: BranchShape, result: Result): void {
    let at = this.evaluator.offset;
    const start = at;
    for (let i = 0; i < item.repeat; i++) at += chooseBranch(shape, result, item.section, at).bytes.length;
    item.total = at - start;
  }

  /** What a turn of TIMES is at its place: jumps depend on it. */
  turnAt(item: Statement, offset: number): Encoded {
    const { instruction } = item;
    const { evaluator } = this;
    evaluator.section = item.section;
    evaluator.offset = item.offset;
    if (item.branch > 0) {
      const result = evaluator.evaluate(item.slots[0]!.expression);
      if (result !== undefined) return chooseBranch(this.shapes[item.branch - 1]!, result, item.section, offset);
    } else if (item.slots.length && dependsOnPlace(instruction!)) {
      const context = this.contextOf(item.mode);
      context.address.offset = BigInt(offset);
      context.address.base = item.section;
      const encoded = this.encode(instruction!, context);
      if (!isError(encoded)) return encoded;
      this.diagnostics.error(encoded.message, encoded.range);
    }
    return item.encoded!;
  }

  private dataSize(item: Statement, elements: readonly DataElement[]): number {
    if (!this.fresh && item.size > 0 && !item.variableData) return item.size;
    let size = 0;
    for (const element of elements) size += this.elementSize(item, element) * element.count;
    return size;
  }

  private elementSize(item: Statement, element: DataElement): number {
    const { countExpression } = element;
    if (countExpression) {
      item.variableData = true;
      const count = this.evaluator.evaluate(countExpression);
      if (count === undefined) {
        item.failed = true;
        return 0;
      }
      const range = elementRange(element);
      if (!isScalar(count)) {
        this.fail(item, 'non-constant argument supplied to DUP', range);
        return 0;
      }
      if (count < 0) {
        this.fail(item, 'negative argument supplied to DUP', range);
        return 0;
      }
      element.count = Number(count);
    }
    switch (element.kind) {
      case 'bytes': {
        const { length } = element.bytes!;
        return Math.ceil(length / element.size) * element.size;
      }
      case 'group':
        return this.dataSize(item, element.elements!);
      default:
        return element.size;
    }
  }

  private reserve(item: Statement): void {
    const e = item.expression!;
    if (e.fixed && !this.fresh) return;
    const range = new TokenRange(e.token, item.last);
    const count = this.evaluator.evaluate(e);
    if (count === undefined) {
      item.failed = true;
      item.size = 0;
    } else if (typeof count === 'object' && count.terms.some(({ base }) => isRegister(base))) {
      this.fail(item, 'invalid combination of opcode and operands', range);
    } else if (!isScalar(count)) {
      this.fail(item, 'attempt to reserve non-constant quantity of BSS space', range);
    } else if (count < 0) {
      if (this.final) this.fail(item, 'attempt to reserve negative quantity of BSS space', range);
      item.size = 0;
    } else item.size = Number(count) * item.unit;
  }

  private fillSize(item: Statement): void {
    const size = this.evaluator.evaluate(item.expression!);
    if (size === undefined) item.failed = true;
    else if (!isScalar(size)) this.fail(item, 'non-constant argument supplied to TIMES');
    else item.size = Math.max(Number(size), 0);
  }

  private equ(item: Statement): void {
    const { symbol } = item;
    const range = new TokenRange(item.first, item.last);
    if (!symbol) {
      this.fail(item, 'EQU not preceded by label', range);
      return;
    }
    const result = this.evaluator.evaluate(item.expression!);
    if (result === undefined) {
      // Defined all the same: one message for it is enough.
      if (!symbol.defined) this.define(item, symbol, undefined, 0);
      return;
    }
    const place = placed(result, undefined);
    if (
      !place ||
      place.wrt !== undefined ||
      (typeof result === 'object' && result.terms.some((t) => isRegister(t.base)))
    ) {
      this.fail(item, 'bad syntax for EQU', range);
      return;
    }
    symbol.kind = 'constant';
    this.define(item, symbol, place.unknown ? undefined : place.section, place.unknown ? 0 : place.number);
  }

  private incbin(item: Statement): void {
    const { length } = item.bytes!;
    const numbers: number[] = [];
    for (const element of item.elements.slice(1)) {
      this.evaluator.critical = true;
      const value = this.evaluator.evaluate(element.expression!);
      this.evaluator.critical = this.final;
      if (value === undefined) {
        item.failed = true;
        return;
      }
      numbers.push(isScalar(value) ? Number(value) : 0);
    }
    const skip = Math.max(numbers[0] ?? 0, 0);
    const size = Math.max(Math.min(length - skip, numbers[1] ?? Infinity), 0);
    item.skip = skip;
    item.size = size;
  }

  private absolute(item: Statement): void {
    const { section } = item;
    this.evaluator.critical = true;
    const result = this.evaluator.evaluate(item.expression!);
    this.evaluator.critical = this.final;
    if (result === undefined) return;
    const place = placed(result, undefined);
    if (!place || place.wrt !== undefined) {
      this.diagnostics.error(
        'cannot use non-relocatable expression as ABSOLUTE address',
        new TokenRange(item.first, item.last),
      );
      return;
    }
    if (section.absoluteStart !== place.number || section.absoluteBase !== place.section) {
      this.changes++;
      this.moves++;
    }
    section.absoluteStart = place.number;
    section.absoluteBase = place.section;
  }

  private org(item: Statement): void {
    this.evaluator.critical = true;
    const result = this.evaluator.evaluate(item.expression!);
    this.evaluator.critical = this.final;
    const range = new TokenRange(item.first, item.last);
    if (result === undefined) return;
    if (!isScalar(result)) this.diagnostics.error('org value must be a simple expression', range);
    else if (this.originItem && this.originItem !== item && this.origin !== result)
      this.diagnostics.error('program origin redefined', range);
    else {
      this.origin = result;
      this.originItem = item;
    }
  }
}

/**
 * Given to the encoder as the section of the instruction, so that it never takes a target for one of the same section:
 * distances then stay fixups, and the bytes hold wherever the instruction comes to stand.
 */
const elsewhere: SegmentBase = { name: '', external: false };

/** A jump whose form the encoder must choose by its distance (one that is no plain branch, see branchOf). */
export function dependsOnPlace({ mnemonic, operands }: ParsedInstruction): boolean {
  return mnemonic.charCodeAt(0) === 106 /* j */ && operands.length === 1 && operands[0]!.kind === 'immediate';
}

export function isError(encoded: Encoded | EncodeError): encoded is EncodeError {
  return 'message' in encoded;
}

/** NASM's rule: short where the target is in this section within a byte's reach, or not known yet. */
function chooseBranch({ short, near }: BranchShape, result: Result, section: Section, here: number): Encoded {
  if (typeof result !== 'object') return near;
  if (result.unknown) return short;
  const term = result.terms[0];
  if (result.terms.length !== 1 || term!.base !== section || term!.coefficient !== 1 || result.wrt !== undefined)
    return near;
  const distance = Number(result.number) - here - short.bytes.length;
  return distance >= -128 && distance <= 127 ? short : near;
}
