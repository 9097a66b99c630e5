import type { Form } from '../../isa/form';
import { Code, type LocalExpr } from '../wasm/code';
import {
  add,
  and,
  call,
  type Expr,
  eq,
  gtS,
  i32,
  i64,
  leS,
  load,
  loadAt,
  ltU,
  ne,
  or,
  select,
  shl,
  shrU,
  sub,
  wrap,
  zext64,
} from '../wasm/expr';
import { Record as DecodedRecord, PAGE_MASK, State, Tlb } from './layout';
import { type BlockAccess, Emitter, type FlagWords } from './semantics/emitter';
import { UNALIGNED } from './slow-bytes';

/** Functions that the interpreter's code calls, by their index in the module. */
export interface SlowPaths {
  /** (linear low, high, bytes) -> low half; the high half in State.slowHigh; State.fault set on a fault. */
  load: number;
  /** (linear low, high, bytes, value low, high). */
  store: number;
  /** (linear, bytes) -> linear-memory address where a store beside code of its page may go, else 0; see {@link codeStore}. */
  codeStore: number;
  /** (linear low, high, bytes): proves that a load and store will not fault, and loads. */
  loadForModify: number;
  /** (segment slot address, offset low, high, bytes, write): full limit check; State.fault set on a fault. */
  checkSegment: number;
  /** (vector, error code): notes an exception of the instruction itself. */
  raise: number;
}

/** What the end of an instruction looks like: inline in the interpreter's loop, or in a function of its own. */
export interface Endings {
  /** State.fault is set: nothing was written. */
  fault(): void;
  /** Goes on at `offset` (i32) in the same page. */
  near(offset: Expr): void;
  /** State.linearPage and State.offset were stored, State.codeTable cleared. */
  far(): void;
  /** The same instruction again, one retired. */
  again(): void;
  /**
   * A slow path is about to run: State.remaining must be up to date, as devices behind it look at the time, and State.offset, as
   * watchpoints tell whose access they met.
   */
  beforeSlow(): void;
  /** A slow path ran: if it set State.boundary, the slice ends after this instruction. */
  checkBoundary(): void;
}

/** Tier 0: operands come from the decoded record, registers live in memory. */
export class InterpreterEmitter extends Emitter {
  #modifyHost: LocalExpr | undefined;
  #modifyLinear: Expr | undefined;

  constructor(
    code: Code,
    form: Form,
    memory: boolean,
    repeat: 0 | 0xf2 | 0xf3,
    /** Address of the record, i32. */
    readonly record: Expr,
    /** Offset of the instruction in its page, i32. */
    readonly offset: Expr,
    readonly slow: SlowPaths,
    readonly endings: Endings,
  ) {
    super(code, form, memory, repeat);
  }

  // ---------------------------------------------------------------- registers

  gpr(index: number, bits: number): Expr {
    return this.let(loadAt(bits, State.gpr + 8 * index));
  }

  setGpr(index: number, bits: number, value: Expr): void {
    const address = State.gpr + 8 * index;
    if (bits >= 32) this.code.storeAt(64, address, zext64(value));
    else this.code.storeAt(bits, address, value);
  }

  private slot(operand: number): Expr {
    return load(32, this.record, DecodedRecord.operand + 4 * operand);
  }

  protected readRegister(operand: number, bits: number): Expr {
    return this.let(load(bits, this.slot(operand)));
  }

  protected writeRegister(operand: number, bits: number, value: Expr): void {
    if (bits >= 32) this.code.store(64, this.slot(operand), zext64(value));
    else this.code.store(bits, this.slot(operand), value);
  }

  registerAddress(operand: number): Expr {
    return this.let(this.slot(operand));
  }

  immediate(bits: number): Expr {
    return this.let(load(bits, this.record, DecodedRecord.immediate));
  }

  // ---------------------------------------------------------------- addresses

  addressMask(): Expr {
    return this.let(load(64, this.record, DecodedRecord.addressMask));
  }

  stackMask(): Expr {
    return this.let(loadAt(64, State.stackMask));
  }

  effectiveAddress(stackBytes = 0): Expr {
    const baseSlot = this.let(load(32, this.record, DecodedRecord.base));
    let base = load(64, baseSlot);
    if (stackBytes > 0) {
      base = add(base, select(eq(baseSlot, i32(State.gpr + 32)), i64(stackBytes), i64(0)));
    }
    const index = shl(
      load(64, load(32, this.record, DecodedRecord.index)),
      zext64(load(8, this.record, DecodedRecord.scale)),
    );
    const sum = add(add(base, index), load(64, this.record, DecodedRecord.displacement));
    return this.let(and(sum, load(64, this.record, DecodedRecord.addressMask)));
  }

  linear(offset: Expr, bits: number, segment: number | 'operand', write: boolean): Expr {
    const slot = this.segmentSlot(segment);
    const at = this.let(offset);
    const bytes = Math.max(bits / 8, 1);
    this.code.if(gtS(add(at, i64(bytes - 1)), load(64, slot, limitFrom(write))), () => {
      this.code.call(this.slow.checkSegment, slot, wrap(at), wrap(shrU(at, i64(32))), i32(bytes), i32(write ? 1 : 0));
      this.checkFault();
    });
    return this.let(and(add(at, load(64, slot)), linearMask()));
  }

  private checkFault(): void {
    this.code.if(loadAt(32, State.fault), () => this.endings.fault());
  }

  /** The TLB entry (i32 address, relative to Tlb.base) of a linear address, and whether its tag admits the access. */
  private probe(linear: Expr, bytes: number, tag: number): { entry: Expr; hit: Expr } {
    const entry = this.let(tlbEntry(linear));
    return { entry, hit: eq(load(64, entry, Tlb.base + tag), tlbTag(linear, bytes, loadAt(64, State.tlbContext))) };
  }

  load(bits: number, linear: Expr, aligned = true): Expr {
    return this.access(bits, linear, Tlb.readTag, this.slow.load, undefined, aligned);
  }

  loadForModify(bits: number, linear: Expr, aligned = true): Expr {
    this.#modifyHost = this.code.temporary('i32');
    this.#modifyLinear = linear;
    return this.access(bits, linear, Tlb.writeTag, this.slow.loadForModify, this.#modifyHost, aligned);
  }

  private access(
    bits: number,
    linear: Expr,
    tag: number,
    slow: number,
    host: LocalExpr | undefined,
    aligned: boolean,
  ): Expr {
    const { code } = this;
    const value = code.temporary(bits === 64 ? 'i64' : 'i32');
    const at = this.let(linear);
    const { entry, hit } = this.probe(at, bits / 8, tag);
    const slowly = (): void => {
      this.endings.beforeSlow();
      const low = call(slow, 'i32', wrap(at), wrap(shrU(at, i64(32))), i32(slowBytes(bits, aligned)));
      if (bits === 64) {
        const lowLocal = this.let(low);
        code.set(value, or(zext64(lowLocal), shl(zext64(loadAt(32, State.slowHigh)), i64(32))));
      } else code.set(value, low);
      this.checkFault();
      this.endings.checkBoundary();
    };
    code.if(
      hit,
      () => {
        const address = add(load(32, entry, Tlb.base + Tlb.addend), wrap(at));
        if (host) code.set(host, address);
        code.set(value, load(bits, host ?? address));
      },
      () => {
        if (host) {
          code.set(host, call(this.slow.codeStore, 'i32', at, i32(bits / 8)));
          code.if(host, () => code.set(value, load(bits, host)), slowly);
        } else slowly();
      },
    );
    return value;
  }

  store(bits: number, linear: Expr, value: Expr, aligned = true): void {
    const { code } = this;
    const at = this.let(linear);
    const { entry, hit } = this.probe(at, bits / 8, Tlb.writeTag);
    code.if(
      hit,
      () => code.store(bits, add(load(32, entry, Tlb.base + Tlb.addend), wrap(at)), value),
      () => {
        const host = this.let(call(this.slow.codeStore, 'i32', at, i32(bits / 8)));
        code.if(
          host,
          () => code.store(bits, host, value),
          () => {
            this.slowStore(bits, at, value, aligned);
            this.checkFault();
          },
        );
      },
    );
  }

  storeModified(bits: number, value: Expr): void {
    const host = this.#modifyHost!;
    this.code.if(
      host,
      () => this.code.store(bits, host, value),
      () => this.slowStore(bits, this.#modifyLinear!, value),
    );
  }

  private slowStore(bits: number, linear: Expr, value: Expr, aligned = true): void {
    const high = bits === 64 ? wrap(shrU(value, i64(32))) : i32(0);
    this.endings.beforeSlow();
    this.code.call(
      this.slow.store,
      wrap(linear),
      wrap(shrU(linear, i64(32))),
      i32(slowBytes(bits, aligned)),
      wrap(value),
      high,
    );
    this.endings.checkBoundary();
  }

  // ---------------------------------------------------------------- flags

  systemFlags(): Expr {
    return this.let(loadAt(32, State.systemFlags));
  }

  setSystemFlags(value: Expr): void {
    this.code.storeAt(32, State.systemFlags, value);
  }

  protected flagWords(): FlagWords {
    return {
      x: loadAt(64, State.flagX),
      y: loadAt(64, State.flagY),
      s: loadAt(64, State.flagS),
      result: loadAt(64, State.flagResult),
      delta: loadAt(64, State.flagDelta),
    };
  }

  protected setFlagWords(words: FlagWords): void {
    // all are computed before any is stored, as some may still be loads of the others
    const values = [words.x, words.y, words.s, words.result, words.delta].map((value) =>
      value.kind === 'load' ? this.let(value) : value,
    );
    [State.flagX, State.flagY, State.flagS, State.flagResult, State.flagDelta].forEach((address, i) => {
      if (!isLoadAt(words, i, address)) this.code.storeAt(64, address, values[i]);
    });
  }

  // ---------------------------------------------------------------- control flow

  /** RIP of the next instruction. */
  nextIp(): Expr {
    const next = add(this.offset, load(8, this.record, DecodedRecord.length));
    const ip = sub(add(loadAt(64, State.linearPage), zext64(next)), loadAt(64, State.segmentBase + 8));
    return this.let(and(ip, loadAt(64, State.ipMask)));
  }

  jump(ip: Expr): void {
    const { code } = this;
    const linear = this.let(and(add(ip, loadAt(64, State.segmentBase + 8)), linearMask()));
    const page = this.let(and(linear, i64(~PAGE_MASK)));
    const offset = this.let(and(wrap(linear), i32(PAGE_MASK)));
    code.if(
      eq(page, loadAt(64, State.linearPage)),
      () => this.endings.near(offset),
      () => this.leaveFor(page, offset),
    );
  }

  private leaveFor(page: Expr, offset: Expr): void {
    this.code.storeAt(64, State.linearPage, page);
    this.code.storeAt(32, State.offset, offset);
    this.code.storeAt(32, State.codeTable, i32(0));
    this.endings.far();
  }

  jumpRelative(): void {
    const target = this.let(load(32, this.record, DecodedRecord.target));
    // of targets in other pages all 64 bits count
    const fromPage = (): Expr => add(loadAt(64, State.linearPage), load(64, this.record, DecodedRecord.displacement));
    if (this.form.opcode.operandSize === 16) {
      this.jump(this.let(and(sub(fromPage(), loadAt(64, State.segmentBase + 8)), i64(0xffff))));
      return;
    }
    this.code.if(
      ltU(target, i32(4096)),
      () => this.endings.near(target),
      () => {
        const linear = this.let(and(fromPage(), linearMask()));
        this.leaveFor(this.let(and(linear, i64(~PAGE_MASK))), this.let(and(wrap(linear), i32(PAGE_MASK))));
      },
    );
  }

  branch(taken: Expr): void {
    this.code.if(taken, () => this.jumpRelative());
  }

  repeatAgain(): void {
    this.endings.again();
  }

  override blocks(): BlockAccess {
    return {
      room: () => this.let(loadAt(32, State.remaining)),
      retireMore: (count) => this.code.storeAt(32, State.remaining, sub(loadAt(32, State.remaining), count)),
      linear: (at, segment) => this.let(and(add(at, load(64, this.segmentSlot(segment))), linearMask())),
      host: (at, linear, bytes, segment, write) => {
        const limit = load(64, this.segmentSlot(segment), limitFrom(write));
        const { entry, hit } = this.probe(linear, 1, write ? Tlb.writeTag : Tlb.readTag);
        const host = add(load(32, entry, Tlb.base + Tlb.addend), wrap(linear));
        const within = leS(sub(add(at, bytes), i64(1)), limit);
        return this.let(select(and(hit, within), host, i32(0)));
      },
    };
  }

  private segmentSlot(segment: number | 'operand'): Expr {
    return segment === 'operand'
      ? this.let(load(32, this.record, DecodedRecord.segment))
      : i32(State.segmentBase + 8 * segment);
  }

  raise(vector: number, errorCode: number): void {
    this.code.call(this.slow.raise, i32(vector), i32(errorCode));
    this.endings.fault();
  }
}

/** The number of bytes as slow paths take it. */
const slowBytes = (bits: number, aligned: boolean): number => bits / 8 + (aligned ? 0 : UNALIGNED);

/** From a segment's base slot to that of its limit. */
const limitFrom = (write: boolean): number =>
  (write ? State.segmentWriteLimit : State.segmentReadLimit) - State.segmentBase;

function isLoadAt(words: FlagWords, i: number, address: number): boolean {
  const value = [words.x, words.y, words.s, words.result, words.delta][i];
  return value.kind === 'load' && value.offset === address && value.address.kind === 'i32';
}

/** All ones in 64-bit mode, else 32 bits. */
export const linearMask = (): Expr => or(loadAt(64, State.ipMask), i64(0xffffffff));

/**
 * The function (linear i64, bytes i32) -> i32 behind a store whose write tag does not match: where the page is plain RAM that
 * also holds code, and the bytes (at most 8) are none that code was made from, their linear-memory address; else 0.
 */
export function codeStore(): Code {
  const code = new Code(['i64', 'i32']);
  const linear = code.parameter(0);
  const bytes = code.parameter(1);
  const entry = code.let(tlbEntry(linear));
  const page = and(add(linear, sub(zext64(bytes), i64(1))), i64(~PAGE_MASK));
  code.if(ne(load(64, entry, Tlb.base + Tlb.codeWriteTag), or(page, loadAt(64, State.tlbContext))), () =>
    code.return(i32(0)),
  );
  const offset = code.let(and(wrap(linear), i32(PAGE_MASK)));
  const bits = load(16, add(load(32, entry, Tlb.base + Tlb.codeBytes), shrU(offset, i32(3))));
  const mask = sub(shl(i32(1), bytes), i32(1));
  code.if(and(shrU(bits, and(offset, i32(7))), mask), () => code.return(i32(0)));
  code.push(add(load(32, entry, Tlb.base + Tlb.addend), wrap(linear)));
  return code;
}

/** Offset of the TLB entry for a linear address from `Tlb.base`. */
export const tlbEntry = (linear: Expr): Expr =>
  shl(and(wrap(shrU(linear, i64(12))), i32(Tlb.entries - 1)), i32(Math.log2(Tlb.entrySize)));

/** The tag that admits an access of `bytes`: the page of its last byte, so that a page-crossing access never matches. */
export const tlbTag = (linear: Expr, bytes: number, context: Expr): Expr =>
  or(and(add(linear, i64(bytes - 1)), i64(~PAGE_MASK)), context);
