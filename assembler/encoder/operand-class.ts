/**
 * What an operand as written can serve as. The classes are NASM's, because its choice among forms rests on them: a value
 * from -128 to 127 is an immediate, and a sign-extendable byte, and so on.
 */
import { type Register, registers } from '../../isa/registers';
import type { MemoryOperand, ParsedOperand, Value } from './instruction';

/** Bits: an operand has several; a template asks for one. */
export const Class = {
  Register: 1 << 0,
  RegisterOrMemory: 1 << 1,
  Memory: 1 << 2,
  Immediate: 1 << 3,
  /** The number 1. */
  Unity: 1 << 4,
  /** Fits a byte that is sign-extended to 16 bits. */
  SignedByteWord: 1 << 5,
  /** Fits a byte that is sign-extended to 32 or 64 bits. */
  SignedByteDword: 1 << 6,
  SignedDword: 1 << 7,
  UnsignedDword: 1 << 8,
  Segment: 1 << 9,
  Control: 1 << 10,
  Debug: 1 << 11,
  Test: 1 << 12,
  St: 1 << 13,
  Mm: 1 << 14,
  MmOrMemory: 1 << 15,
  Xmm: 1 << 16,
  XmmOrMemory: 1 << 17,
  Ymm: 1 << 18,
  YmmOrMemory: 1 << 19,
  /** A bare offset that the accumulator forms of MOV can hold. */
  Offset: 1 << 20,
  FarPointer: 1 << 21,
  /** Memory whose index is a vector. */
  XmmIndexed: 1 << 22,
  YmmIndexed: 1 << 23,
} as const;

const anyMemory = Class.Memory | Class.RegisterOrMemory | Class.MmOrMemory | Class.XmmOrMemory | Class.YmmOrMemory;

const classOfFile: Record<string, number> = {
  gpr8: Class.Register | Class.RegisterOrMemory,
  gpr8high: Class.Register | Class.RegisterOrMemory,
  gpr16: Class.Register | Class.RegisterOrMemory,
  gpr32: Class.Register | Class.RegisterOrMemory,
  gpr64: Class.Register | Class.RegisterOrMemory,
  segment: Class.Segment,
  control: Class.Control,
  debug: Class.Debug,
  test: Class.Test,
  st: Class.St,
  mm: Class.Mm | Class.MmOrMemory,
  xmm: Class.Xmm | Class.XmmOrMemory,
  ymm: Class.Ymm | Class.YmmOrMemory,
};

/** A register with its class, by name. */
export interface ClassedRegister extends Register {
  class: number;
  /** Its number in ModRM and opcode, REX's bit left out: AH is 4. */
  code: number;
  /** A number among all registers. */
  id: number;
}

const byName = new Map<string, ClassedRegister>(
  registers.map((register, id) => [
    register.name,
    {
      ...register,
      class: classOfFile[register.file],
      code: (register.index & 7) + (register.file === 'gpr8high' ? 4 : 0),
      id,
    },
  ]),
);

export function registerByName(name: string): ClassedRegister {
  const register = byName.get(name);
  if (!register) throw new RangeError(`no register is named ${name}`);
  return register;
}

/** An operand with what matching needs. */
export interface ClassedOperand {
  parsed: ParsedOperand;
  class: number;
  /** Bits as written or as the register has, 0 none. */
  size: number;
  register: ClassedRegister | undefined;
  isMemory: boolean;
  /** Of a branch target or far memory. */
  far: boolean;
  near: boolean;
  short: boolean;
  strict: boolean;
  /** Written with TO. */
  to: boolean;
}

const twoTo32 = 1n << 32n;

/** Classes of a number, as NASM computes them; `level` is its optimization level. */
function classOfValue(value: Value, strict: boolean, optimizing: boolean): number {
  let result: number = Class.Immediate;
  if (value.forward) {
    // The first pass hopes for the best.
    if (optimizing && !strict)
      result |= Class.Unity | Class.SignedByteWord | Class.SignedByteDword | Class.SignedDword | Class.UnsignedDword;
    return result;
  }
  if (value.base !== undefined || value.segment) return result;
  const { offset } = value;
  if (offset === 1n) result |= Class.Unity;
  if (!optimizing || strict) return result;
  if (offset >= -128n && offset <= 127n) {
    result |= Class.SignedByteWord | Class.SignedByteDword | Class.SignedDword;
    if (offset >= 0n) result |= Class.UnsignedDword;
    return result;
  }
  if (BigInt.asUintN(32, offset + 128n) <= 255n) result |= Class.SignedByteDword;
  if (BigInt.asUintN(16, offset + 128n) <= 255n) result |= Class.SignedByteWord;
  const unsigned = BigInt.asUintN(64, offset);
  if (unsigned < twoTo32) result |= Class.UnsignedDword;
  if (offset >= -0x80000000n && offset <= 0x7fffffffn) result |= Class.SignedDword;
  return result;
}

/** The vector that stands as index or base of a memory operand. */
function vectorOf(operand: MemoryOperand): 'xmm' | 'ymm' | undefined {
  const { index, base } = operand;
  return (index === undefined ? undefined : vectorFile(index)) ?? (base === undefined ? undefined : vectorFile(base));
}

function vectorFile(name: string): 'xmm' | 'ymm' | undefined {
  const { file } = registerByName(name);
  return file === 'xmm' || file === 'ymm' ? file : undefined;
}

/** Whether a bare address is taken relative to RIP. */
export function isRipRelative(operand: MemoryOperand, bits: 16 | 32 | 64, defaultRel: boolean): boolean {
  if (bits !== 64 || !operand.absolute || operand.relative === false) return false;
  if (operand.relative === true) return true;
  return defaultRel && operand.segment !== 'fs' && operand.segment !== 'gs';
}

/**
 * Classifies an operand.
 * @param addressSize of the instruction, in bits
 * @param optimizing NASM's -O1 and above
 */
export function classify(
  parsed: ParsedOperand,
  bits: 16 | 32 | 64,
  addressSize: number,
  defaultRel: boolean,
  optimizing: boolean,
): ClassedOperand {
  switch (parsed.kind) {
    case 'register': {
      const register = registerByName(parsed.name);
      return {
        parsed,
        class: register.class,
        size: register.size,
        register,
        isMemory: false,
        far: false,
        near: false,
        short: false,
        strict: false,
        to: parsed.to ?? false,
      };
    }
    case 'memory':
      return {
        parsed,
        class: classOfMemory(parsed, bits, addressSize, defaultRel),
        size: parsed.size,
        register: undefined,
        isMemory: true,
        far: parsed.far,
        near: parsed.near,
        short: false,
        strict: parsed.strict,
        to: false,
      };
    case 'immediate':
      return {
        parsed,
        class: classOfValue(parsed.value, parsed.strict, optimizing),
        size: parsed.size,
        register: undefined,
        isMemory: false,
        far: parsed.distance === 'far',
        near: parsed.distance === 'near',
        short: parsed.distance === 'short',
        strict: parsed.strict,
        to: false,
      };
    case 'far':
      return {
        parsed,
        class: Class.FarPointer,
        size: parsed.size,
        register: undefined,
        isMemory: false,
        far: false,
        near: false,
        short: false,
        strict: false,
        to: false,
      };
  }
}

function classOfMemory(operand: MemoryOperand, bits: 16 | 32 | 64, addressSize: number, defaultRel: boolean): number {
  if (!operand.absolute) {
    const vector = vectorOf(operand);
    if (vector === undefined) return anyMemory;
    return vector === 'xmm' ? Class.XmmIndexed : Class.YmmIndexed;
  }
  if (isRipRelative(operand, bits, defaultRel)) return anyMemory;
  const displacementSize = operand.displacementSize || (addressSize === 16 ? 16 : 32);
  return displacementSize === addressSize ? anyMemory | Class.Offset : anyMemory;
}
