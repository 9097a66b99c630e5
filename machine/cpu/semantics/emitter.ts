import type { Form, OperandKind } from '../../../isa/form';
import type { Code } from '../../wasm/code';
import {
  add,
  and,
  constant,
  type Expr,
  eq,
  eqz,
  i32,
  i64,
  leS,
  leU,
  ltS,
  ltU,
  not,
  or,
  popcnt,
  shl,
  shrU,
  signExtend,
  signed64,
  sub,
  wrap,
  xor,
  zext64,
} from '../../wasm/expr';

/** The arithmetic flags as five values of 64 bits; see {@link Emitter.flags}. */
export interface FlagWords {
  x: Expr;
  y: Expr;
  s: Expr;
  result: Expr;
  delta: Expr;
}

/** What is known of the last instruction that set the flags: lets a condition compare operands directly. */
export interface FlagSource {
  kind: 'add' | 'sub' | 'logic' | 'result';
  size: number;
  a: Expr;
  b: Expr;
  result: Expr;
}

/** Access to memory by stretches within a page, for repeated string instructions. */
export interface BlockAccess {
  /** Instructions (i32) that may still retire in this slice, the one in hand among them: at least 1. */
  room(): Expr;
  /** So many more instructions (i32) than the one in hand have retired. */
  retireMore(count: Expr): void;
  /** Linear address of an offset in a segment, unchecked. */
  linear(at: Expr, segment: number | 'operand'): Expr;
  /**
   * Linear-memory address (i32) of a stretch within a page, 0 unless every byte of it can be accessed there directly.
   * @param at offset in the segment, `linear` the address that it has, `bytes` the length: i64
   */
  host(at: Expr, linear: Expr, bytes: Expr, segment: number | 'operand', write: boolean): Expr;
}

const sizes = new Map<OperandKind, number>();

/** Operand size in bits of a kind, 0 where it has none of its own. */
export function operandSize(kind: OperandKind): number {
  let size = sizes.get(kind);
  if (size === undefined) {
    size = sizeOfKind(kind);
    sizes.set(kind, size);
  }
  return size;
}

function sizeOfKind(kind: OperandKind): number {
  switch (kind) {
    case 'al':
    case 'cl':
      return 8;
    case 'ax':
    case 'cx':
    case 'dx':
    case 'sreg':
    case 'es':
    case 'cs':
    case 'ss':
    case 'ds':
    case 'fs':
    case 'gs':
      return 16;
    case 'eax':
    case 'ecx':
    case 'edx':
    case 'ebx':
      return 32;
    case 'rax':
    case 'rcx':
    case 'rdx':
    case 'rbx':
      return 64;
    default: {
      const match = /^(?:r|rm|m|moffs|imm|simm|rel)(\d+)$/.exec(kind);
      return match ? Number(match[1]) : 0;
    }
  }
}

/** The register that a kind names by itself: GPR number and size; undefined for others. */
export function namedRegister(kind: OperandKind): number | undefined {
  const index = { al: 0, ax: 0, eax: 0, rax: 0, cl: 1, cx: 1, ecx: 1, rcx: 1, dx: 2, edx: 2, rdx: 2, ebx: 3, rbx: 3 }[
    kind as 'al'
  ];
  return index;
}

/**
 * What an instruction's meaning is written against. The interpreter implements it with operands read from a decoded
 * record, the translator with operands known when it emits. Operand sizes are static in both; values of 8, 16 and 32 bits are
 * i32 with unused upper bits zero, values of 64 bits are i64. Values that an emitter gets are already computed (bound to a
 * local), so their order of use does not matter.
 *
 * An emitter makes all checks and loads before its first architectural write: an access that faults or leaves a translated
 * region then leaves the instruction undone.
 */
export abstract class Emitter {
  /** Operand size in bits: that of operand 0, unless the form says otherwise. */
  size: number;

  constructor(
    readonly code: Code,
    readonly form: Form,
    /** The `rm` operand is memory. */
    readonly memory: boolean,
    /** REP prefix that means something here: 0, 0xF2, 0xF3. */
    readonly repeat: 0 | 0xf2 | 0xf3,
  ) {
    this.size = form.operands.length > 0 ? this.sizeOf(0) : form.opcode.operandSize;
  }

  // ---------------------------------------------------------------- what a tier provides

  /** Low `bits` of general register `index`, zero-extended. */
  abstract gpr(index: number, bits: number): Expr;
  /** Writes a general register: 8 and 16 bits keep the rest, 32 bits clear the upper half. */
  abstract setGpr(index: number, bits: number, value: Expr): void;
  /** Reads a register operand (not memory, not immediate). */
  protected abstract readRegister(operand: number, bits: number): Expr;
  protected abstract writeRegister(operand: number, bits: number, value: Expr): void;
  /** The immediate as it enters the operation, sign- or zero-extended to `bits`. */
  abstract immediate(bits: number): Expr;
  /**
   * Effective address of the memory operand: an offset in its segment, i64, masked to the address size.
   * @param stackBytes added where the base is RSP (POP)
   */
  abstract effectiveAddress(stackBytes?: number): Expr;
  /**
   * Linear address (i64) of `bits` at an offset in the memory operand's segment, after the limit check.
   * @param segment index in ES..GS, or `'operand'` for that of the memory operand
   */
  abstract linear(offset: Expr, bits: number, segment: number | 'operand', write: boolean): Expr;
  /**
   * Loads at a linear address.
   * @param aligned false: alignment is not checked even where it would be (#AC)
   */
  abstract load(bits: number, linear: Expr, aligned?: boolean): Expr;
  /** Stores at a linear address. */
  abstract store(bits: number, linear: Expr, value: Expr, aligned?: boolean): void;
  /** Loads at a linear address that {@link storeModified} will then write without any further fault. */
  abstract loadForModify(bits: number, linear: Expr, aligned?: boolean): Expr;
  /** Stores where the last {@link loadForModify} read. */
  abstract storeModified(bits: number, value: Expr): void;
  /** Mask (i64) of the instruction's addresses: 0xffff, 0xffffffff, or all ones. */
  abstract addressMask(): Expr;
  /** Mask (i64) of the stack pointer. */
  abstract stackMask(): Expr;
  /** RFLAGS bits other than the arithmetic ones, i32. */
  abstract systemFlags(): Expr;
  abstract setSystemFlags(value: Expr): void;
  /** The flag words as they stand. */
  protected abstract flagWords(): FlagWords;
  protected abstract setFlagWords(words: FlagWords): void;
  /** What is known statically of the flags; the interpreter never knows. */
  protected flagSource(): FlagSource | undefined {
    return undefined;
  }
  protected setFlagSource(_source: FlagSource | undefined): void {}
  /** RIP of the next instruction, i64. */
  abstract nextIp(): Expr;
  /** Ends the instruction by going on at an offset in CS (i64, already masked to the operand size). */
  abstract jump(ip: Expr): void;
  /** Ends the instruction by going to the target of the relative operand. */
  abstract jumpRelative(): void;
  /** Ends the instruction by going to the target of the relative operand if `taken` (i32), else on to the next. */
  abstract branch(taken: Expr): void;
  /** Ends a repeated string instruction's iteration: the same instruction again, one instruction retired. */
  abstract repeatAgain(): void;
  /** How a tier does many iterations of a repeated string instruction at once; undefined if it does not. */
  blocks(): BlockAccess | undefined {
    return undefined;
  }
  /** Raises an exception: nothing architectural may have been written. */
  abstract raise(vector: number, errorCode: number): void;

  /** Address (i32) of the state slot of a register operand: general, XMM or MMX. */
  abstract registerAddress(operand: number): Expr;

  // ---------------------------------------------------------------- operands

  /** Size in bits of an operand; sign-extended immediates have the size of operand 0. */
  sizeOf(operand: number): number {
    const kind = this.form.operands[operand];
    if (kind.startsWith('simm')) return operand === 0 ? this.form.opcode.operandSize : this.sizeOf(0);
    if (kind === 'imm32' && operand > 0 && this.sizeOf(0) === 64) return 64;
    return operandSize(kind) || this.form.opcode.operandSize;
  }

  isMemory(operand: number): boolean {
    const kind = this.form.operands[operand];
    if (kind.charCodeAt(0) === 0x72) return this.memory && (kind.charCodeAt(1) === 0x6d || /^r\d+m/.test(kind)); // rm.., r32m8
    if (kind.startsWith('xmmm') || kind.startsWith('mmm')) return this.memory;
    return kind.charCodeAt(0) === 0x6d && !kind.startsWith('mm');
  }

  isImmediate(operand: number): boolean {
    const kind = this.form.operands[operand];
    return kind.startsWith('imm') || kind.startsWith('simm') || kind === '1' || kind === '3';
  }

  /** Value of an operand. */
  read(operand: number): Expr {
    const bits = this.sizeOf(operand);
    const kind = this.form.operands[operand];
    if (this.isMemory(operand)) return this.load(bits, this.operandLinear(operand, false));
    if (kind === '1' || kind === '3') return i32(Number(kind));
    if (this.isImmediate(operand)) return this.immediate(bits);
    const named = namedRegister(kind);
    return named !== undefined ? this.gpr(named, bits) : this.readRegister(operand, bits);
  }

  /** Value of a destination that {@link writeBack} will overwrite: memory is proved writable now. */
  modify(operand: number): Expr {
    if (!this.isMemory(operand)) return this.read(operand);
    return this.loadForModify(this.sizeOf(operand), this.operandLinear(operand, true));
  }

  /** Writes the operand read by {@link modify}; cannot fault. */
  writeBack(operand: number, value: Expr): void {
    if (this.isMemory(operand)) this.storeModified(this.sizeOf(operand), value);
    else this.writeToRegister(operand, value);
  }

  /** Writes a destination that was not read. May fault, so it is the first write. */
  write(operand: number, value: Expr): void {
    if (this.isMemory(operand)) this.store(this.sizeOf(operand), this.operandLinear(operand, true), value);
    else this.writeToRegister(operand, value);
  }

  /** Reads a register operand with a width of its own. */
  getRegister(operand: number, bits: number): Expr {
    return this.readRegister(operand, bits);
  }

  /** Writes a register operand with a width of its own. */
  setRegister(operand: number, bits: number, value: Expr): void {
    this.writeRegister(operand, bits, value);
  }

  private writeToRegister(operand: number, value: Expr): void {
    const bits = this.sizeOf(operand);
    const named = namedRegister(this.form.operands[operand]);
    if (named !== undefined) this.setGpr(named, bits, value);
    else this.writeRegister(operand, bits, value);
  }

  /** Linear address of a memory operand, after the limit check. */
  operandLinear(operand: number, write: boolean): Expr {
    return this.linear(this.effectiveAddress(), this.sizeOf(operand), 'operand', write);
  }

  /** Runs `body` with another operand size in force (string operations, whose form names none). */
  withSize(size: number, body: () => void): void {
    const outer = this.size;
    this.size = size;
    body();
    this.size = outer;
  }

  // ---------------------------------------------------------------- values

  let(value: Expr): Expr {
    return this.code.let(value);
  }

  /** A constant of the type that values of `bits` have. */
  constant(value: number, bits = this.size): Expr {
    return constant(bits === 64 ? 'i64' : 'i32', value);
  }

  /** Cuts a value to `bits`: clears what an i32 holds above them. */
  truncate(value: Expr, bits: number): Expr {
    if (bits === 8) return and(wrap(value), i32(0xff));
    if (bits === 16) return and(wrap(value), i32(0xffff));
    return bits === 32 ? wrap(value) : zext64(value);
  }

  /** Sign-extends a value of `from` bits to one of `to` bits. */
  signExtendTo(value: Expr, from: number, to: number): Expr {
    if (to === 64) return signed64(value, from);
    return this.truncate(signExtend(value, from), to);
  }

  /** The sign of a value of `bits`, i32 truth value. */
  sign(value: Expr, bits: number): Expr {
    return bits === 64 ? ltS(value, i64(0)) : and(shrU(value, i32(bits - 1)), i32(1));
  }

  // ---------------------------------------------------------------- stack

  /**
   * Pushes `bits`; the store is checked before RSP moves.
   * @param last makes checks whose faults come after those of the store, which is then done
   */
  push(bits: number, value: Expr, last?: () => void): void {
    const rsp = this.gpr(4, 64);
    const mask = this.stackMask();
    const next = this.let(and(sub(rsp, i64(bits / 8)), mask));
    const linear = this.linear(next, bits, 2, true);
    if (last === undefined) this.store(bits, linear, value);
    else {
      this.loadForModify(bits, linear);
      last();
      this.storeModified(bits, value);
    }
    this.setStackPointer(rsp, next, mask);
  }

  /** The value on top of the stack, RSP not yet moved: call {@link dropStack} after the last thing that can fault. */
  top(bits: number): Expr {
    return this.load(bits, this.linear(this.let(and(this.gpr(4, 64), this.stackMask())), bits, 2, false));
  }

  /** Moves RSP up by `bytes` (i64 expression or number). */
  dropStack(bytes: number | Expr): void {
    const rsp = this.gpr(4, 64);
    const mask = this.stackMask();
    const amount = typeof bytes === 'number' ? i64(bytes) : bytes;
    this.setStackPointer(rsp, this.let(and(add(rsp, amount), mask)), mask);
  }

  /** RSP = value where the mask says so, old bits elsewhere. */
  setStackPointer(rsp: Expr, value: Expr, mask: Expr): void {
    if (mask.kind === 'i64' && mask.value === -1n) this.setGpr(4, 64, value);
    else this.setGpr(4, 64, or(and(rsp, xor(mask, i64(-1))), and(value, mask)));
  }

  // ---------------------------------------------------------------- flags
  //
  // The six arithmetic flags are five words of 64 bits from which each follows without a branch. With operands and result
  // sign-extended, and x + y = s (for a subtraction a - b = r: r + b = a):
  //   CF = carry out of x + y = sign of (x & y | (x | y) & ~s), flipped by bit 62 of delta
  //   OF = sign of (x ^ s) & (y ^ s)        AF = bit 4 of x ^ y ^ s
  //   ZF = result is 0    SF = sign of result, flipped by bit 63 of delta    PF = parity of result, flipped by bit 8 of delta

  /** Flags of a + b (+ carry) = r, values of `size` bits. */
  flagsAdd(a: Expr, b: Expr, r: Expr, withCarry = false): void {
    const { size } = this;
    const s = this.let(signed64(r, size));
    const x = this.let(signed64(a, size));
    const y = this.let(signed64(b, size));
    this.setFlagWords({ x, y, s, result: s, delta: i64(0) });
    this.setFlagSource(withCarry ? { kind: 'result', size, a, b, result: r } : { kind: 'add', size, a, b, result: r });
  }

  /** Flags of a - b (- borrow) = r. */
  flagsSub(a: Expr, b: Expr, r: Expr, withBorrow = false): void {
    const { size } = this;
    const s = this.let(signed64(a, size));
    const y = this.let(signed64(b, size));
    const x = this.let(signed64(r, size));
    this.setFlagWords({ x, y, s, result: x, delta: i64(0) });
    this.setFlagSource(withBorrow ? { kind: 'result', size, a, b, result: r } : { kind: 'sub', size, a, b, result: r });
  }

  /** Flags of a logical operation: CF, OF and AF clear. */
  flagsLogic(r: Expr): void {
    const result = this.let(signed64(r, this.size));
    this.setFlagWords({ x: i64(0), y: i64(0), s: i64(0), result, delta: i64(0) });
    this.setFlagSource({ kind: 'logic', size: this.size, a: r, b: r, result: r });
  }

  /** ZF, SF, PF from `r`; CF, OF and AF (i32 truth values) as given. */
  flagsResult(r: Expr, carry: Expr, overflow: Expr, auxiliary: Expr = i32(0)): void {
    const result = this.let(signed64(r, this.size));
    const c = this.let(sub(i64(0), zext64(carry)));
    const s = this.let(
      xor(and(c, i64(-0x8000000000000000n)), or(shl(zext64(overflow), i64(63)), shl(zext64(auxiliary), i64(4)))),
    );
    this.setFlagWords({ x: c, y: c, s, result, delta: i64(0) });
    this.setFlagSource({ kind: 'result', size: this.size, a: r, b: r, result: r });
  }

  /** Flags of r = a ± 1, where CF stays (INC, DEC). `y` = 1 and x + y = s as for add and sub. */
  flagsKeepCarry(x: Expr, y: Expr, s: Expr, r: Expr): void {
    const old = this.carryWord();
    const words = { x: this.let(signed64(x, this.size)), y, s: this.let(signed64(s, this.size)) };
    const fresh = this.carryOf(words.x, words.y, words.s);
    const delta = this.let(and(shrU(xor(old, fresh), i64(1)), i64(0x4000000000000000n)));
    this.setFlagWords({ ...words, result: this.let(signed64(r, this.size)), delta });
    this.setFlagSource({ kind: 'result', size: this.size, a: r, b: r, result: r });
  }

  /** Changes CF alone (i32 truth value), the other flags stay. */
  setCarry(carry: Expr): void {
    const words = this.flagWords();
    const wanted = this.let(shl(zext64(carry), i64(63)));
    const plain = this.carryOf(words.x, words.y, words.s);
    const flip = and(shrU(xor(plain, wanted), i64(1)), i64(0x4000000000000000n));
    const delta = this.let(or(and(words.delta, i64(~0x4000000000000000n)), flip));
    this.setFlagWords({ ...words, delta });
    this.setFlagSource(undefined);
  }

  /** Changes CF and OF (i32 truth values), the other flags stay (rotates). */
  setCarryAndOverflow(carry: Expr, overflow: Expr): void {
    const words = this.flagWords();
    const auxiliary = and(xor(xor(words.x, words.y), words.s), i64(0x10));
    const c = this.let(sub(i64(0), zext64(carry)));
    const s = this.let(or(auxiliary, and(xor(c, shl(zext64(overflow), i64(63))), i64(-0x8000000000000000n))));
    const delta = this.let(and(words.delta, i64(~0x4000000000000000n)));
    this.setFlagWords({ x: c, y: c, s, result: words.result, delta });
    this.setFlagSource(undefined);
  }

  /** Emits `body` under a condition; afterwards nothing is known statically of the flags. */
  conditional(condition: Expr, body: () => void): void {
    this.code.if(condition, body);
    this.setFlagSource(undefined);
  }

  /** Loads all six flags from an i32 with the bits of EFLAGS. */
  setFlagsFrom(bits: Expr): void {
    const bit = (n: number): Expr => and(zext64(shrU(bits, i32(n))), i64(1));
    const c = this.let(sub(i64(0), bit(0)));
    const s = this.let(or(shl(bit(4), i64(4)), and(xor(c, shl(bit(11), i64(63))), i64(-0x8000000000000000n))));
    const notZero = this.let(xor(bit(6), i64(1)));
    // parity of 0 is even, of 1 odd: it must be flipped where PF differs from ZF
    const delta = this.let(or(shl(xor(bit(2), bit(6)), i64(8)), shl(bit(7), i64(63))));
    this.setFlagWords({ x: c, y: c, s, result: notZero, delta });
    this.setFlagSource(undefined);
  }

  private carryOf(x: Expr, y: Expr, s: Expr): Expr {
    return or(and(x, y), and(or(x, y), xor(s, i64(-1))));
  }

  /** A word whose sign is CF. */
  protected carryWord(): Expr {
    const { x, y, s, delta } = this.flagWords();
    return xor(this.carryOf(x, y, s), shl(delta, i64(1)));
  }

  private overflowWord(): Expr {
    const { x, y, s } = this.flagWords();
    return and(xor(x, s), xor(y, s));
  }

  private signWord(): Expr {
    const { result, delta } = this.flagWords();
    return xor(result, delta);
  }

  /** CF as an i32 truth value. */
  carry(): Expr {
    return this.condition(2);
  }

  /** The arithmetic flags as an i32 with the bits of EFLAGS. */
  arithmeticFlags(): Expr {
    const { x, y, s } = this.flagWords();
    const at = (condition: number, bit: number): Expr => shl(this.condition(condition), i32(bit));
    const auxiliary = and(wrap(xor(xor(x, y), s)), i32(0x10));
    return this.let(or(or(or(at(2, 0), at(10, 2)), or(auxiliary, at(4, 6))), or(at(8, 7), at(0, 11))));
  }

  /** Condition `cc` as in the low four opcode bits of Jcc (SDM 1 appendix B), an i32 truth value. */
  condition(cc: number): Expr {
    const plain = this.plainCondition(cc & 14);
    return cc & 1 ? not(plain) : plain;
  }

  private plainCondition(cc: number): Expr {
    const known = this.flagSource();
    const direct = known && this.directCondition(known, cc);
    if (direct) return direct;
    const { result, delta } = this.flagWords();
    const zero = (): Expr => eqz(result);
    const negative = (word: Expr): Expr => ltS(word, i64(0));
    switch (cc) {
      case 0:
        return negative(this.overflowWord());
      case 2:
        return negative(this.carryWord());
      case 4:
        return zero();
      case 6:
        return or(negative(this.carryWord()), zero());
      case 8:
        return negative(this.signWord());
      case 10:
        return eqz(and(wrap(popcnt(and(xor(result, shrU(delta, i64(8))), i64(0xff)))), i32(1)));
      case 12:
        return negative(xor(this.signWord(), this.overflowWord()));
      default:
        return or(negative(xor(this.signWord(), this.overflowWord())), zero());
    }
  }

  /** A condition by comparing the operands of the instruction that set the flags. */
  private directCondition(source: FlagSource, cc: number): Expr | undefined {
    const { kind, size, a, b, result } = source;
    const zero = this.constant(0, size);
    const signed = (e: Expr): Expr => (size < 32 ? signExtend(e, size) : e);
    if (cc === 4) return kind === 'sub' ? eq(a, b) : eq(result, zero);
    if (cc === 8) return ltS(signed(result), zero);
    if (kind === 'sub') {
      if (cc === 2) return ltU(a, b);
      if (cc === 6) return leU(a, b);
      if (cc === 12) return ltS(signed(a), signed(b));
      if (cc === 14) return leS(signed(a), signed(b));
    } else if (kind === 'logic') {
      if (cc === 0 || cc === 2) return i32(0);
      if (cc === 6) return eq(result, zero);
      if (cc === 12) return ltS(signed(result), zero);
      if (cc === 14) return leS(signed(result), zero);
    } else if (kind === 'add' && cc === 2) return ltU(result, a);
    return undefined;
  }
}
