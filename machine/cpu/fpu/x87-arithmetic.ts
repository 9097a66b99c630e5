/** Basic arithmetic, roots, remainders and scaling of the x87 (SDM 1 8.3.5). */
import type { Decoded } from '../../../isa/decoded';
import type { Cpu, InstructionHelper } from '../cpu';
import { read, read64 } from '../system/access';
import {
  bitLength,
  double,
  Exception,
  extended,
  type Float,
  finite,
  fromInteger,
  infinity,
  Kind,
  leadingExponent,
  rootFinite,
  single,
  toIntegral,
  unpack,
  zero,
} from './float';
import type { BasicOperation } from './float-unit';
import { pop, Status, setConditions } from './x87-state';
import { readInteger, X87Unit } from './x87-unit';

const list: [string, InstructionHelper][] = [];

/** A number in memory of single or double precision. */
function readNumber(unit: X87Unit, instruction: Decoded): Float {
  const [operand] = instruction.operands;
  if (operand.kind !== 'memory') throw new Error('no memory operand');
  const linear = unit.address(operand, operand.size >>> 3, false);
  if (operand.size === 32) return unpack(BigInt(read(unit.cpu, linear, 4)), single);
  return unpack(read64(unit.cpu, linear), double);
}

/** FADD, FIADD, FADDP and their like. `reverse`: the destination is the second operand. */
function arithmetic(operation: BasicOperation, reverse: boolean, integer: boolean, pops: boolean): InstructionHelper {
  return (cpu, instruction) => {
    const unit = new X87Unit(cpu, instruction);
    const [first, second] = instruction.operands;
    let destination = 0;
    let source: Float;
    if (first.kind === 'memory') {
      source = integer ? fromInteger(readInteger(unit, first)) : readNumber(unit, instruction);
    } else {
      destination = first.kind === 'register' ? first.index : 0;
      source = unit.register(second.kind === 'register' ? second.index : 0);
    }
    const target = unit.register(destination);
    const result =
      unit.special(target, source) ??
      (reverse
        ? unit.compute(operation, source, target, unit.format)
        : unit.compute(operation, target, source, unit.format));
    if (!unit.finish()) return;
    unit.write(destination, result);
    if (pops) pop(cpu);
  };
}

for (const [stem, operation, reverse] of [
  ['add', 'add', false],
  ['mul', 'multiply', false],
  ['sub', 'subtract', false],
  ['subr', 'subtract', true],
  ['div', 'divide', false],
  ['divr', 'divide', true],
] as const) {
  list.push([`f${stem}`, arithmetic(operation, reverse, false, false)]);
  list.push([`f${stem}p`, arithmetic(operation, reverse, false, true)]);
  list.push([`fi${stem}`, arithmetic(operation, reverse, true, false)]);
}

type Unary = (unit: X87Unit, a: Float) => Float;

/** An instruction that replaces ST0. */
export const unary =
  (compute: Unary): InstructionHelper =>
  (cpu, instruction) => {
    const unit = new X87Unit(cpu, instruction);
    const a = unit.register(0);
    const result = unit.special(a) ?? compute(unit, a);
    if (unit.finish()) unit.write(0, result);
  };

function squareRoot(unit: X87Unit, a: Float): Float {
  if (a.kind !== Kind.Zero && a.sign === 1) return unit.invalid();
  unit.noteDenormals(a);
  return a.kind === Kind.Finite ? unit.round(rootFinite(a), unit.format) : a;
}

function roundToInteger(unit: X87Unit, a: Float): Float {
  unit.noteDenormals(a);
  if (a.kind !== Kind.Finite || a.exponent >= 0) return a;
  const { value, inexact, up } = toIntegral(a, unit.mode);
  if (inexact) unit.precision(up);
  return value === 0n ? zero(a.sign) : { ...fromInteger(value), sign: a.sign };
}

/** Beyond the exponents of all numbers, also after an unmasked overflow moved them. */
const FAR = 0x20000n;

/** ST0 * 2^ST1, ST1 truncated (SDM 2A FSCALE). */
function scale(unit: X87Unit, a: Float, b: Float): Float {
  if (b.kind === Kind.Infinity) {
    if (a.kind === (b.sign ? Kind.Infinity : Kind.Zero)) return unit.invalid();
    unit.noteDenormals(a);
    return b.sign ? zero(a.sign) : infinity(a.sign);
  }
  unit.noteDenormals(a, b);
  // by zero nothing is rounded: a denormal is no underflow, masked or not
  if (a.kind !== Kind.Finite || b.kind === Kind.Zero) return a;
  let by = 0n;
  if (b.kind === Kind.Finite) {
    by = leadingExponent(b) > 20 ? (b.sign ? -FAR : FAR) : toIntegral(b, 3).value;
    if (by > FAR) by = FAR;
    if (by < -FAR) by = -FAR;
  }
  const exact = { ...a, exponent: a.exponent + Number(by), sticky: false };
  const result = unit.round(exact, extended);
  if (result.kind !== Kind.Finite) return result;
  const lead = leadingExponent(result);
  // so far out that an exponent moved for an unmasked exception does not fit either
  const overflow = lead > extended.maxExponent;
  if (overflow || lead < extended.minExponent - 63) {
    unit.precision(overflow);
    return overflow ? infinity(a.sign) : zero(a.sign);
  }
  return result;
}

/** Exponent and significand; a zero divides by zero (SDM 2A FXTRACT). */
function extract(cpu: Cpu, instruction: Decoded): void {
  const unit = new X87Unit(cpu, instruction);
  const a = unit.register(0);
  if (!unit.hasStackFault) unit.checkPush();
  let exponent: Float;
  let part: Float;
  const special = unit.special(a);
  if (special !== undefined) exponent = part = special;
  else if (a.kind === Kind.Zero) {
    unit.before |= Exception.DivideByZero;
    exponent = infinity(1);
    part = a;
  } else if (a.kind === Kind.Infinity) {
    exponent = infinity(0);
    part = a;
  } else {
    unit.noteDenormals(a);
    exponent = fromInteger(BigInt(leadingExponent(a)));
    part = finite(a.sign, a.significand, 1 - bitLength(a.significand));
  }
  if (!unit.finish()) return;
  unit.write(0, exponent);
  unit.push(part);
}

/** What a partial remainder leaves over, and its quotient's low bits. */
interface Remainder {
  value: Float;
  quotient: bigint;
  partial: boolean;
}

/**
 * FPREM, FPREM1. Where the exponents differ by 64 or more, the quotient's N highest bits are worked off; N is 32 plus the
 * low five bits of the difference (SDM 2A FPREM leaves it open between 32 and 63).
 */
function remainder(unit: X87Unit, a: Float, b: Float, nearest: boolean): Remainder {
  const plain = (value: Float): Remainder => ({ value, quotient: 0n, partial: false });
  if (a.kind === Kind.Infinity || b.kind === Kind.Zero) return plain(unit.invalid());
  unit.noteDenormals(a, b);
  if (a.kind === Kind.Zero) return plain(a);
  // not even an unmasked underflow
  if (b.kind === Kind.Infinity) return plain(a);
  const distance = leadingExponent(a) - leadingExponent(b);
  let { significand, exponent } = b;
  const partial = distance >= 64;
  if (partial) exponent += distance - (32 + (distance & 31));
  // both as multiples of one unit
  const unitExponent = Math.min(a.exponent, exponent);
  const x = a.significand << BigInt(a.exponent - unitExponent);
  significand <<= BigInt(exponent - unitExponent);
  let quotient = x / significand;
  let rest = x - quotient * significand;
  let sign = a.sign;
  if (nearest && !partial) {
    const twice = 2n * rest;
    if (twice > significand || (twice === significand && (quotient & 1n) !== 0n)) {
      quotient++;
      rest = significand - rest;
      sign ^= 1;
    }
  }
  const value =
    rest === 0n
      ? zero(a.sign)
      : unit.round({ sign, significand: rest, exponent: unitExponent, sticky: false }, extended);
  return { value, quotient, partial };
}

const remainderInstruction =
  (nearest: boolean): InstructionHelper =>
  (cpu, instruction) => {
    const unit = new X87Unit(cpu, instruction);
    const a = unit.register(0);
    const b = unit.register(1);
    const special = unit.special(a, b);
    const result: Remainder =
      special === undefined ? remainder(unit, a, b, nearest) : { value: special, quotient: 0n, partial: false };
    const completed = unit.finish();
    if (completed) unit.write(0, result.value);
    if (special !== undefined || !completed || (unit.before & Exception.Invalid) !== 0) {
      setConditions(cpu, 0, Status.C1 | Status.C2);
      return;
    }
    let conditions = 0;
    if (result.partial) conditions = Status.C2;
    else {
      if ((result.quotient & 1n) !== 0n) conditions |= Status.C1;
      if ((result.quotient & 2n) !== 0n) conditions |= Status.C3;
      if ((result.quotient & 4n) !== 0n) conditions |= Status.C0;
    }
    setConditions(cpu, conditions);
  };

list.push(
  ['fsqrt', unary(squareRoot)],
  ['frndint', unary(roundToInteger)],
  [
    'fscale',
    (cpu, instruction) => {
      const unit = new X87Unit(cpu, instruction);
      const a = unit.register(0);
      const b = unit.register(1);
      const result = unit.special(a, b) ?? scale(unit, a, b);
      if (unit.finish()) unit.write(0, result);
    },
  ],
  ['fxtract', extract],
  ['fprem', remainderInstruction(false)],
  ['fprem1', remainderInstruction(true)],
);

export const x87Arithmetic: readonly [string, InstructionHelper][] = list;
