import type { Decoded, DecodedOperand } from '../../../isa/decoded';
import type { Code, LocalExpr } from '../../wasm/code';
import {
  add,
  and,
  call,
  type Expr,
  eqz,
  gtS,
  i32,
  i64,
  load,
  loadAt,
  ne,
  or,
  shl,
  shrU,
  sub,
  wrap,
  xor,
  zext64,
} from '../../wasm/expr';
import { memoryOperand, registerSlot } from '../decode-record';
import { linearMask, tlbEntry, tlbTag } from '../interpreter-emitter';
import { PAGE_MASK, Segment, State, Tlb } from '../layout';
import { Emitter, type FlagSource, type FlagWords } from '../semantics/emitter';

const CARRY_DELTA = 0x4000000000000000n;
const NAMES = ['flagX', 'flagY', 'flagS', 'flagResult', 'flagDelta'] as const;

/** Index of the one function that regions import. */
const CODE_STORE = 0;

/** What a region's instructions share: where registers, flags and constants of the region live. */
export class RegionLocals {
  readonly gpr: LocalExpr[] = [];
  readonly gprRead = new Set<number>();
  readonly gprWritten = new Set<number>();
  /** x y s result delta, then the same x y s delta of whatever set CF last. */
  readonly flags: LocalExpr[] = [];
  readonly carry: LocalExpr[] = [];
  flagsUsed = false;
  readonly linearPage: LocalExpr;
  readonly tlbContext: LocalExpr;
  readonly remaining: LocalExpr;
  /** Page offset and instructions not done, for the side exit. */
  readonly site: LocalExpr;
  readonly source: { a32: LocalExpr; b32: LocalExpr; r32: LocalExpr; a64: LocalExpr; b64: LocalExpr; r64: LocalExpr };
  known: FlagSource | undefined;

  constructor(readonly code: Code) {
    for (let i = 0; i < 16; i++) this.gpr.push(code.local('i64'));
    for (let i = 0; i < 5; i++) this.flags.push(code.local('i64'));
    for (let i = 0; i < 4; i++) this.carry.push(code.local('i64'));
    this.linearPage = code.local('i64');
    this.tlbContext = code.local('i64');
    this.remaining = code.local('i32');
    this.site = code.local('i32');
    this.source = {
      a32: code.local('i32'),
      b32: code.local('i32'),
      r32: code.local('i32'),
      a64: code.local('i64'),
      b64: code.local('i64'),
      r64: code.local('i64'),
    };
  }

  /** Loads what the region uses from the state. */
  enter(): void {
    const { code } = this;
    for (const i of new Set([...this.gprRead, ...this.gprWritten]))
      code.set(this.gpr[i], loadAt(64, State.gpr + 8 * i));
    if (this.flagsUsed) {
      NAMES.forEach((name, i) => {
        code.set(this.flags[i], loadAt(64, State[name]));
      });
      [0, 1, 2, 4].forEach((from, i) => {
        code.set(this.carry[i], this.flags[from]);
      });
    }
    code.set(this.linearPage, loadAt(64, State.linearPage));
    code.set(this.tlbContext, loadAt(64, State.tlbContext));
    code.set(this.remaining, loadAt(32, State.remaining));
  }

  /** Stores what the region changed into the state. */
  leave(): void {
    const { code } = this;
    for (const i of this.gprWritten) code.storeAt(64, State.gpr + 8 * i, this.gpr[i]);
    if (this.flagsUsed) {
      const [x, y, s, , delta] = this.flags;
      const plain = carryOf(x, y, s);
      const flip = and(shrU(xor(plain, this.carryWord()), i64(1)), i64(CARRY_DELTA));
      code.storeAt(64, State.flagDelta, or(and(delta, i64(~CARRY_DELTA)), flip));
      for (let i = 0; i < 4; i++) code.storeAt(64, State[NAMES[i]], this.flags[i]);
    }
    code.storeAt(32, State.remaining, this.remaining);
  }

  /** A word whose sign is CF. */
  carryWord(): Expr {
    const [x, y, s, delta] = this.carry;
    return xor(carryOf(x, y, s), shl(delta, i64(1)));
  }
}

const carryOf = (x: Expr, y: Expr, s: Expr): Expr => or(and(x, y), and(or(x, y), xor(s, i64(-1))));

/** Where control goes from an instruction of a region. */
export interface RegionExits {
  /** Leaves the region before this instruction, which the interpreter then does. */
  side(): void;
  /** Goes on at an offset of the page (relative branches: may lie outside it). */
  goto(offset: number): void;
  /** Goes on at an offset in CS, i64. */
  dynamic(ip: Expr): void;
}

/** Tier 1: operands are known, registers live in locals, every slow case leaves the region. */
export class TranslatorEmitter extends Emitter {
  #host: LocalExpr | undefined;

  constructor(
    code: Code,
    readonly decoded: Decoded,
    readonly offset: number,
    /** Code bits and stack bits of the region. */
    readonly mode: { code: 16 | 32 | 64; stack: 16 | 32 | 64 },
    readonly locals: RegionLocals,
    readonly exits: RegionExits,
  ) {
    super(code, decoded.form, memoryOperand(decoded) !== undefined, 0);
  }

  // ---------------------------------------------------------------- registers

  gpr(index: number, bits: number): Expr {
    this.locals.gprRead.add(index);
    const local = this.locals.gpr[index];
    if (bits === 64) return this.let(local);
    return this.let(this.truncate(wrap(local), bits));
  }

  setGpr(index: number, bits: number, value: Expr): void {
    this.locals.gprWritten.add(index);
    const local = this.locals.gpr[index];
    if (bits >= 32) this.code.set(local, zext64(value));
    else {
      const mask = (1n << BigInt(bits)) - 1n;
      this.code.set(local, or(and(local, i64(~mask)), and(zext64(value), i64(mask))));
    }
  }

  private register(operand: number): Extract<DecodedOperand, { kind: 'register' }> {
    return this.decoded.operands[operand] as Extract<DecodedOperand, { kind: 'register' }>;
  }

  protected readRegister(operand: number, bits: number): Expr {
    const { file, index } = this.register(operand);
    if (file !== 'gpr8high') return this.gpr(index, bits);
    this.locals.gprRead.add(index);
    return this.let(and(shrU(wrap(this.locals.gpr[index]), i32(8)), i32(0xff)));
  }

  protected writeRegister(operand: number, bits: number, value: Expr): void {
    const { file, index } = this.register(operand);
    if (file !== 'gpr8high') {
      this.setGpr(index, bits, value);
      return;
    }
    this.locals.gprWritten.add(index);
    const local = this.locals.gpr[index];
    this.code.set(local, or(and(local, i64(~0xff00)), shl(and(zext64(value), i64(0xff)), i64(8))));
  }

  /** XMM and MMX registers stay in memory; general ones do not. */
  registerAddress(operand: number): Expr {
    return i32(registerSlot(this.register(operand)));
  }

  immediate(bits: number): Expr {
    const operand = this.decoded.operands.find((o) => o.kind === 'immediate');
    const { low, high } = operand as Extract<DecodedOperand, { kind: 'immediate' }>;
    if (bits === 64) return i64((BigInt(high) << 32n) | BigInt(low >>> 0));
    return i32(bits === 32 ? low : low & ((1 << bits) - 1));
  }

  // ---------------------------------------------------------------- addresses

  addressMask(): Expr {
    return i64(this.decoded.addressSize === 64 ? -1n : (1n << BigInt(this.decoded.addressSize)) - 1n);
  }

  stackMask(): Expr {
    return i64(this.mode.stack === 64 ? -1n : (1n << BigInt(this.mode.stack)) - 1n);
  }

  effectiveAddress(stackBytes = 0): Expr {
    const operand = memoryOperand(this.decoded)!;
    let displacement = (BigInt(operand.displacementHigh) << 32n) | BigInt(operand.displacement >>> 0);
    let sum: Expr;
    if (operand.base === 16) {
      sum = this.locals.linearPage;
      displacement += BigInt(this.offset + this.decoded.length);
    } else if (operand.base >= 0) {
      sum = this.gpr(operand.base, 64);
      if (operand.base === 4) displacement += BigInt(stackBytes);
    } else sum = i64(0);
    if (operand.index >= 0) sum = add(sum, shl(this.gpr(operand.index, 64), i64(Math.log2(operand.scale))));
    return this.let(and(add(sum, i64(displacement)), this.addressMask()));
  }

  linear(offset: Expr, bits: number, segment: number | 'operand', write: boolean): Expr {
    const index = segment === 'operand' ? this.operandSegment() : segment;
    const base = loadAt(64, State.segmentBase + 8 * index);
    if (this.mode.code === 64) return index < Segment.FS ? offset : this.let(add(offset, base));
    const limit = loadAt(64, (write ? State.segmentWriteLimit : State.segmentReadLimit) + 8 * index);
    this.code.if(gtS(add(offset, i64(Math.max(bits / 8, 1) - 1)), limit), () => this.exits.side());
    return this.let(and(add(offset, base), i64(0xffffffff)));
  }

  private operandSegment(): number {
    const operand = memoryOperand(this.decoded);
    if (operand) return operand.segment;
    return this.decoded.prefixes.segment < 0 ? Segment.DS : this.decoded.prefixes.segment;
  }

  /** Linear-memory address of a linear address, or out of the region. */
  private host(linear: Expr, bits: number, tag: number): Expr {
    const entry = this.let(tlbEntry(linear));
    const miss = ne(load(64, entry, Tlb.base + tag), tlbTag(linear, bits / 8, this.locals.tlbContext));
    const direct = add(load(32, entry, Tlb.base + Tlb.addend), wrap(linear));
    if (tag === Tlb.readTag) {
      this.code.if(miss, () => this.exits.side());
      return direct;
    }
    const host = this.code.temporary('i32');
    this.code.if(
      miss,
      () => {
        this.code.set(host, call(CODE_STORE, 'i32', linear, i32(bits / 8)));
        this.code.if(eqz(host), () => this.exits.side());
      },
      () => this.code.set(host, direct),
    );
    return host;
  }

  load(bits: number, linear: Expr): Expr {
    return this.let(load(bits, this.host(this.let(linear), bits, Tlb.readTag)));
  }

  store(bits: number, linear: Expr, value: Expr): void {
    this.code.store(bits, this.host(this.let(linear), bits, Tlb.writeTag), value);
  }

  loadForModify(bits: number, linear: Expr): Expr {
    this.#host = this.code.temporary('i32');
    this.code.set(this.#host, this.host(this.let(linear), bits, Tlb.writeTag));
    return this.let(load(bits, this.#host));
  }

  storeModified(bits: number, value: Expr): void {
    this.code.store(bits, this.#host!, value);
  }

  // ---------------------------------------------------------------- flags

  systemFlags(): Expr {
    return this.let(loadAt(32, State.systemFlags));
  }

  setSystemFlags(value: Expr): void {
    this.code.storeAt(32, State.systemFlags, value);
  }

  protected flagWords(): FlagWords {
    this.locals.flagsUsed = true;
    const [x, y, s, result, delta] = this.locals.flags;
    return { x, y, s, result, delta };
  }

  protected setFlagWords(words: FlagWords): void {
    this.setWords(words);
    const [x, y, s, , delta] = this.locals.flags;
    [x, y, s, delta].forEach((from, i) => {
      this.code.set(this.locals.carry[i], from);
    });
  }

  private setWords({ x, y, s, result, delta }: FlagWords): void {
    this.locals.flagsUsed = true;
    // the flag locals themselves may be among the values
    const values = [x, y, s, result, delta].map((value, i) => (this.isFlagLocal(value, i) ? this.let(value) : value));
    values.forEach((value, i) => {
      const local = this.locals.flags[i];
      if (value.kind !== 'local' || value.index !== local.index) this.code.set(local, value);
    });
  }

  /** A flag local other than that of position `i`. */
  private isFlagLocal(value: Expr, i: number): boolean {
    return value.kind === 'local' && this.locals.flags.some((local, k) => k !== i && local.index === value.index);
  }

  override flagsKeepCarry(x: Expr, y: Expr, s: Expr, r: Expr): void {
    const words = [x, s, r].map((value) => this.let(this.signExtendTo(value, this.size, 64)));
    this.setWords({ x: words[0], y, s: words[1], result: words[2], delta: i64(0) });
    this.setFlagSource({ kind: 'result', size: this.size, a: r, b: r, result: r });
  }

  protected override carryWord(): Expr {
    this.locals.flagsUsed = true;
    return this.locals.carryWord();
  }

  protected override flagSource(): FlagSource | undefined {
    return this.locals.known;
  }

  protected override setFlagSource(source: FlagSource | undefined): void {
    if (!source) {
      this.locals.known = undefined;
      return;
    }
    const { source: locals } = this.locals;
    const keep = (wide: LocalExpr, narrow: LocalExpr, value: Expr): Expr => {
      if (value.kind === 'i32' || value.kind === 'i64') return value;
      const local = value.type === 'i64' ? wide : narrow;
      this.code.set(local, value);
      return local;
    };
    this.locals.known = {
      kind: source.kind,
      size: source.size,
      a: keep(locals.a64, locals.a32, source.a),
      b: keep(locals.b64, locals.b32, source.b),
      result: keep(locals.r64, locals.r32, source.result),
    };
  }

  // ---------------------------------------------------------------- control flow

  nextIp(): Expr {
    const next = add(this.locals.linearPage, i64(this.offset + this.decoded.length));
    if (this.mode.code === 64) return this.let(next);
    return this.let(and(sub(next, loadAt(64, State.segmentBase + 8)), loadAt(64, State.ipMask)));
  }

  private target(): number {
    const operand = this.decoded.operands[0] as Extract<DecodedOperand, { kind: 'relative' }>;
    return this.offset + this.decoded.length + operand.displacement;
  }

  jump(ip: Expr): void {
    this.exits.dynamic(ip);
  }

  jumpRelative(): void {
    if (this.form.opcode.operandSize === 16) {
      const from = sub(add(this.locals.linearPage, i64(this.target())), loadAt(64, State.segmentBase + 8));
      this.exits.dynamic(this.let(and(from, i64(0xffff))));
    } else this.exits.goto(this.target());
  }

  branch(taken: Expr): void {
    const known = this.locals.known;
    this.code.if(taken, () => this.jumpRelative());
    this.locals.known = known;
    this.exits.goto(this.offset + this.decoded.length);
  }

  repeatAgain(): void {
    throw new Error('repeated string instructions are interpreted');
  }

  raise(): void {
    this.exits.side();
  }
}

/** The linear address of an offset in CS. */
export const linearOf = (mode: { code: number }, ip: Expr): Expr =>
  mode.code === 64 ? ip : and(add(ip, loadAt(64, State.segmentBase + 8)), linearMask());

export const pageOf = (linear: Expr): Expr => and(linear, i64(~PAGE_MASK));
