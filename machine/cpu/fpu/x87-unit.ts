/** One x87 arithmetic instruction: its operands, its exceptions and what becomes of its result (SDM 1 8.4 to 8.6). */
import type { Decoded } from '../../../isa/decoded';
import type { Cpu } from '../cpu';
import { State } from '../layout';
import { effectiveAddress, type MemoryOperand, read, read64, segmentAddress } from '../system/access';
import {
  Exception,
  extended,
  type Float,
  type Format,
  indefinite,
  isNan,
  Kind,
  packExtended,
  quiet,
  unpackExtended,
} from './float';
import { FloatUnit } from './float-unit';
import {
  control,
  isEmpty,
  noteInstruction,
  requireWaiting,
  Status,
  setConditions,
  setRegister,
  setTop,
  signExponent,
  significand,
  status,
  top,
  updateSummary,
} from './x87-state';

/** Added to the exponent of a result that an unmasked underflow leaves in a register (SDM 1 8.5.5). */
const WRAP = 24576;

/** Results in the precisions of the control word; the exponent range stays that of 80 bits. */
const precisions: readonly Format[] = [
  { ...extended, precision: 24 },
  extended,
  { ...extended, precision: 53 },
  extended,
];

/** Rounding control of the x87 in the numbers of {@link Rounding}, which are the same. */
export const roundingMode = (cpu: Cpu): number => (control(cpu) >>> 10) & 3;

export class X87Unit extends FloatUnit {
  /** A stack fault is among the exceptions; `overflow` goes to C1. */
  #stackFault = false;
  #overflow = false;

  /** Makes the checks of a waiting instruction. */
  constructor(
    readonly cpu: Cpu,
    readonly instruction: Decoded,
  ) {
    requireWaiting(cpu);
    const masks = control(cpu) & Status.exceptions;
    super(masks, { mode: roundingMode(cpu), masks, wrap: WRAP });
  }

  /** The precision that the control word asks for. */
  get format(): Format {
    return precisions[(control(this.cpu) >>> 8) & 3];
  }

  /** Linear address of a memory operand of `size` bytes; remembers it for FNSTENV once the instruction ends. */
  address(operand: MemoryOperand, size: number, write: boolean): number {
    return segmentAddress(this.cpu, operand.segment, this.notePointer(operand), size, write);
  }

  /** Remembers the offset of a memory operand, and gives it. */
  notePointer(operand: MemoryOperand): number {
    const offset = effectiveAddress(this.cpu, this.instruction, operand);
    this.#data = offset;
    return offset;
  }

  #data: number | undefined;

  /** A register, which counts as a stack underflow if it is empty. */
  register(i: number): Float {
    if (isEmpty(this.cpu, i)) return this.stackFault(false);
    return unpackExtended(signExponent(this.cpu, i), significand(this.cpu, i));
  }

  stackFault(overflow: boolean): Float {
    this.#stackFault = true;
    this.#overflow = overflow;
    return this.invalid();
  }

  get hasStackFault(): boolean {
    return this.#stackFault;
  }

  /**
   * The answer where an operand is empty, unsupported or a NaN; `undefined` if none is. Of two NaNs the quiet one or
   * that with the larger significand is it (SDM 1 table 4-7).
   */
  special(a: Float, b: Float = a): Float | undefined {
    if (this.#stackFault) return indefinite;
    if (a.kind === Kind.Unsupported || b.kind === Kind.Unsupported) return this.invalid();
    if (!isNan(a) && !isNan(b)) return undefined;
    if (a.kind === Kind.Signalling || b.kind === Kind.Signalling) this.before |= Exception.Invalid;
    if (!isNan(b)) return quiet(a);
    if (!isNan(a)) return quiet(b);
    if (a.kind !== b.kind) return a.kind === Kind.Quiet ? a : b;
    if (a.significand !== b.significand) return quiet(a.significand > b.significand ? a : b);
    return quiet(a.sign === 0 ? a : b);
  }

  /**
   * Records pointers, error bits, summary and C1.
   * @param keepsC1 C1 stays as it is unless there is a stack fault
   * @returns whether results may be written: no unmasked exception was found before the computation
   */
  finish(keepsC1 = false): boolean {
    const { cpu } = this;
    const { state } = cpu;
    noteInstruction(cpu);
    if (this.#data !== undefined) state.setNumber(State.fpuData, this.#data);
    const found = this.stopped ? this.before : this.before | this.after;
    const c1 = this.#stackFault ? this.#overflow : (found & Exception.Precision) !== 0 && this.up;
    if (!keepsC1 || this.#stackFault) setConditions(cpu, c1 ? Status.C1 : 0, Status.C1);
    if (found === 0) return true;
    state.set32(State.fpuStatus, status(cpu) | found | (this.#stackFault ? Status.SF : 0));
    updateSummary(cpu);
    if ((found & ~this.masks) !== 0) state.set32(State.fpuOpcode, opcodeOf(this.instruction));
    return !this.stopped;
  }

  /** Whether a result for memory may be stored: overflow and underflow keep it back too. */
  get storable(): boolean {
    return ((this.before | (this.after & ~Exception.Precision)) & ~this.masks) === 0;
  }

  /** Writes ST(i). */
  write(i: number, value: Float): void {
    const { high, low } = packExtended(value);
    setRegister(this.cpu, i, high, low);
  }

  /** Notes a stack overflow if there is no free register above ST0. */
  checkPush(): boolean {
    if (isEmpty(this.cpu, 7)) return true;
    this.stackFault(true);
    return false;
  }

  /** Pushes a value for which {@link checkPush} was asked. */
  push(value: Float): void {
    setTop(this.cpu, top(this.cpu) - 1);
    this.write(0, value);
  }
}

/** Reads 16 or 32 bits signed, or 64 bits signed. */
export function readInteger(unit: X87Unit, operand: MemoryOperand): bigint {
  const { cpu } = unit;
  const linear = unit.address(operand, operand.size >>> 3, false);
  if (operand.size === 64) return BigInt.asIntN(64, read64(cpu, linear));
  return BigInt.asIntN(operand.size, BigInt(read(cpu, linear, operand.size === 16 ? 2 : 4)));
}

/** Eleven bits of opcode as FNSTENV stores them: the low three of the first byte, and ModRM. */
function opcodeOf(instruction: Decoded): number {
  const { opcode } = instruction.form;
  const high = (opcode.byte & 7) << 8;
  if (opcode.fixedModrm >= 0) return high | opcode.fixedModrm;
  const reg = Math.max(opcode.digit, 0) << 3;
  for (const operand of instruction.operands)
    if (operand.kind === 'memory') return high | reg | modRm(instruction, operand);
  for (const operand of instruction.operands) {
    // ST0 as the other operand is implied
    if (operand.kind === 'register' && (operand.index !== 0 || instruction.operands.length === 1)) {
      return high | 0xc0 | reg | operand.index;
    }
  }
  return high | 0xc0 | reg;
}

const rm16: Readonly<Record<string, number>> = {
  '3,6': 0,
  '3,7': 1,
  '5,6': 2,
  '5,7': 3,
  '6,-1': 4,
  '7,-1': 5,
  '5,-1': 6,
  '3,-1': 7,
};

/** Mod and R/M of a memory operand, as an assembler would choose them. */
function modRm(instruction: Decoded, operand: MemoryOperand): number {
  const bytes = operand.displacementBytes ?? (operand.displacement === 0 ? 0 : 4);
  const mod = bytes === 0 ? 0 : bytes === 1 ? 0x40 : 0x80;
  if (instruction.addressSize === 16) {
    if (operand.base < 0) return 6;
    return mod | (rm16[`${operand.base},${operand.index}`] ?? 6);
  }
  if (operand.base === 16) return 5;
  if (operand.base < 0) return hasSib(instruction, 4) ? 4 : 5;
  return mod | (hasSib(instruction, bytes) ? 4 : operand.base & 7);
}

/** Whether a SIB byte is among the instruction's bytes: what is left beside prefixes, opcode, ModRM and displacement. */
function hasSib(instruction: Decoded, displacementBytes: number): boolean {
  const { prefixes, length } = instruction;
  const count =
    Number(prefixes.segment >= 0) +
    Number(prefixes.operandSize) +
    Number(prefixes.addressSize) +
    Number(prefixes.rex !== 0) +
    Number(prefixes.repeat !== 0);
  return length - count - displacementBytes > 2;
}
