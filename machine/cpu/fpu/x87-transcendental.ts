/**
 * Constants, exponentials, logarithms and trigonometry of the x87 (SDM 1 8.3.7 to 8.3.10). Results are the correctly
 * rounded ones. The processors promise less than one unit in the last place; where they round the other way, this differs.
 */
import type { InstructionHelper } from '../cpu';
import {
  arcTangent,
  binaryLogarithm,
  fixed,
  inexact,
  ln2,
  log2Of10,
  log2OfE,
  log10Of2,
  one,
  pi,
  powerOfTwoLessOne,
  quotient,
  SCALE,
  sineCosine,
} from './elementary';
import {
  compare,
  divideFinite,
  type Exact,
  Exception,
  extended,
  type Float,
  finite,
  fromInteger,
  infinity,
  Kind,
  leadingExponent,
  multiplyFinite,
  round,
  zero,
} from './float';
import { unary } from './x87-arithmetic';
import { pop, Status, setConditions } from './x87-state';
import { X87Unit } from './x87-unit';

const list: [string, InstructionHelper][] = [];

/** Constants are rounded by the rounding mode, without an exception (SDM 2A FLD1). */
const constant =
  (value: (mode: number) => Float): InstructionHelper =>
  (cpu, instruction) => {
    const unit = new X87Unit(cpu, instruction);
    const room = unit.checkPush();
    const loaded = value(unit.mode);
    if (unit.finish()) unit.push(room ? loaded : unit.stackFault(true));
  };

const rounded = (value: bigint) => (mode: number) =>
  round(0, value, -SCALE, true, extended, { mode, masks: 0x3f, wrap: 0 }).value;

list.push(
  ['fld1', constant(() => fromInteger(1n))],
  ['fldz', constant(() => zero(0))],
  ['fldpi', constant(rounded(pi))],
  ['fldl2t', constant(rounded(log2Of10))],
  ['fldl2e', constant(rounded(log2OfE))],
  ['fldlg2', constant(rounded(log10Of2))],
  ['fldln2', constant(rounded(ln2))],
);

const minusOne = fromInteger(-1n);
const plusOne = fromInteger(1n);

/** Arguments below 2^TINY take the first term of the series and a perturbation. */
const TINY = -80;

/** a * (1 + or - something far below the last place). */
function perturbed(a: Exact, larger: boolean): Exact {
  const significand = a.significand << 80n;
  return { ...a, significand: larger ? significand : significand - 1n, exponent: a.exponent - 80, sticky: true };
}

/** a times a fixed-point value of 128 bits or more. */
function scaled(a: Float, value: bigint): Exact {
  const sign = value < 0n ? 1 : 0;
  const product = multiplyFinite(a, finite(sign, value < 0n ? -value : value, -SCALE));
  return { ...product, sticky: true };
}

/** 2^x - 1, for -1 <= x <= 1; beyond that the operand is left as it is. */
function exponential(unit: X87Unit, a: Float): Float {
  if (a.kind === Kind.Infinity) return a.sign ? minusOne : a;
  unit.noteDenormals(a);
  if (a.kind === Kind.Zero) return a;
  if (compare({ ...a, sign: 0 }, plusOne) > 0) {
    unit.precision();
    return a;
  }
  if (compare(a, plusOne) === 0) {
    unit.precision();
    return plusOne;
  }
  if (compare(a, minusOne) === 0) {
    unit.precision();
    return finite(1, 1n, -1);
  }
  if (leadingExponent(a) < TINY) return unit.round(scaled(a, ln2), extended);
  return unit.round(inexact(powerOfTwoLessOne(fixed(a))), extended);
}

/** y times a logarithm that is not zero. */
function multiplyLogarithm(unit: X87Unit, y: Float, logarithm: Exact): Float {
  const sign = y.sign ^ logarithm.sign;
  if (y.kind === Kind.Infinity) return infinity(sign);
  if (y.kind === Kind.Zero) return zero(sign);
  const product = multiplyFinite(y, finite(logarithm.sign, logarithm.significand, logarithm.exponent));
  const result = unit.round({ ...product, sticky: logarithm.sticky }, extended);
  // the processors call a product with an exact logarithm inexact too
  if ((unit.after & Exception.Precision) === 0) noteTiny(unit, result);
  return result;
}

/** log2 of a positive finite number; a significand of zero is an exact zero. */
function logarithm(x: Float): Exact {
  let lead = leadingExponent(x);
  let m = fixed({ ...x, exponent: x.exponent - lead });
  if (m === one) {
    return { sign: lead < 0 ? 1 : 0, significand: BigInt(Math.abs(lead)), exponent: 0, sticky: false };
  }
  // the fraction between 3/4 and 3/2, so that nothing cancels near 1
  if (m > (3n * one) >> 1n) {
    m >>= 1n;
    lead++;
  }
  return inexact((BigInt(lead) << BigInt(SCALE)) + binaryLogarithm(m));
}

/** ST1 * log2(ST0) (SDM 2A FYL2X). */
function timesLogarithm(unit: X87Unit, x: Float, y: Float): Float {
  if (x.kind !== Kind.Zero && x.sign === 1) return unit.invalid();
  if (x.kind === Kind.Zero) {
    if (y.kind === Kind.Zero) return unit.invalid();
    if (y.kind === Kind.Finite) unit.before |= Exception.DivideByZero;
    return infinity(y.sign ^ 1);
  }
  if (x.kind === Kind.Infinity) {
    if (y.kind === Kind.Zero) return unit.invalid();
    unit.noteDenormals(y);
    return infinity(y.sign);
  }
  const log = logarithm(x);
  if (log.significand === 0n) {
    if (y.kind === Kind.Infinity) return unit.invalid();
    unit.noteDenormals(y);
    return zero(y.sign);
  }
  unit.noteDenormals(x, y);
  return multiplyLogarithm(unit, y, log);
}

/** ST1 * log2(ST0 + 1) (SDM 2A FYL2XP1); below -1 the operand is left as it is. */
function timesLogarithmOfSum(unit: X87Unit, x: Float, y: Float): Float {
  if (x.kind === Kind.Zero) {
    if (y.kind === Kind.Infinity) return unit.invalid();
    unit.noteDenormals(y);
    return zero(x.sign ^ y.sign);
  }
  if (x.kind === Kind.Infinity) {
    if (x.sign === 1 || y.kind === Kind.Zero) return unit.invalid();
    unit.noteDenormals(y);
    return infinity(y.sign);
  }
  unit.noteDenormals(x, y);
  if (y.kind === Kind.Zero) return zero(x.sign ^ y.sign);
  if (y.kind === Kind.Infinity) return infinity(x.sign ^ y.sign);
  if (x.sign === 1 && leadingExponent(x) >= 0) {
    unit.precision();
    return x;
  }
  if (leadingExponent(x) < TINY) {
    const small = scaled(x, log2OfE);
    return multiplyLogarithm(unit, y, perturbed(small, x.sign === 1));
  }
  if (leadingExponent(x) > 100) return multiplyLogarithm(unit, y, logarithm(x));
  const sum = fixed(x) + one;
  return multiplyLogarithm(unit, y, logarithm(finite(0, sum, -SCALE)));
}

const logarithmInstruction =
  (compute: (unit: X87Unit, x: Float, y: Float) => Float): InstructionHelper =>
  (cpu, instruction) => {
    const unit = new X87Unit(cpu, instruction);
    const x = unit.register(0);
    const y = unit.register(1);
    const result = unit.special(y, x) ?? compute(unit, x, y);
    if (!unit.finish()) return;
    unit.write(1, result);
    pop(cpu);
  };

/** pi to 66 bits, which argument reduction takes (SDM 1 8.3.8): 0.C90FDAA22168C234C * 2^2. */
const REDUCTION_PI = 0xc90fdaa22168c234cn;
const REDUCTION_EXPONENT = -66;

/** Where an angle lies: the rest in |x| <= pi/4, and the quadrants before it. */
interface Reduced {
  rest: bigint;
  quadrant: number;
}

function reduce(a: Float): Reduced {
  const exponent = Math.min(a.exponent, REDUCTION_EXPONENT - 2);
  const x = a.significand << BigInt(a.exponent - exponent);
  const half = REDUCTION_PI << BigInt(REDUCTION_EXPONENT - 1 - exponent);
  let count = x / half;
  let rest = x - count * half;
  if (2n * rest > half) {
    rest -= half;
    count++;
  }
  const value = rest << BigInt(SCALE + exponent);
  return { rest: value, quadrant: Number(count & 3n) };
}

/** Exponents below which trigonometry takes short cuts, found on processors. */
const ARGUMENT_ITSELF = -68;
const SMALL_TANGENT = -33;
const SMALL_RATIO = -40;

interface Trigonometric {
  sine: Exact;
  cosine: Exact;
  tangent: Exact;
  /** Taken for exact results, though they are not. */
  exact: boolean;
}

/** Sine, cosine and tangent of a finite angle below 2^63. */
function trigonometric(a: Float): Trigonometric {
  const exact = { ...a, sticky: false };
  const lead = leadingExponent(a);
  // what the processors do: below 2^-68 the answers are the argument and 1, in whatever rounding mode
  if (lead < ARGUMENT_ITSELF) {
    const cosine = { sign: 0, significand: 1n, exponent: 0, sticky: false };
    return { sine: exact, cosine, tangent: exact, exact: true };
  }
  const { rest, quadrant } = reduce(a);
  let { sine, cosine } = sineCosine(rest);
  if (quadrant & 1) [sine, cosine] = [cosine, -sine];
  if (quadrant & 2) [sine, cosine] = [-sine, -cosine];
  if (a.sign) sine = -sine;
  // a small tangent is taken to lie below its argument, though it lies above
  const tangent = lead < SMALL_TANGENT ? perturbed(exact, false) : inexact(quotient(sine, cosine));
  return { sine: inexact(sine), cosine: inexact(cosine), tangent, exact: false };
}

/** FSIN, FCOS, FSINCOS, FPTAN: C2 says that the operand is 2^63 or more and was left as it is. */
function trigonometricInstruction(
  results: (a: Float, round: (exact: Exact) => Float, found: Trigonometric | undefined) => Float[],
  pushes: boolean,
): InstructionHelper {
  return (cpu, instruction) => {
    const unit = new X87Unit(cpu, instruction);
    const a = unit.register(0);
    if (pushes && !unit.hasStackFault) unit.checkPush();
    const special = unit.special(a);
    let values: Float[];
    if (special !== undefined) values = [special, special];
    else if (a.kind === Kind.Infinity) {
      const invalid = unit.invalid();
      values = [invalid, invalid];
    } else {
      if (a.kind === Kind.Finite && leadingExponent(a) >= 63) {
        unit.finish();
        setConditions(cpu, Status.C2, Status.C2);
        return;
      }
      unit.noteDenormals(a);
      const found = a.kind === Kind.Zero ? undefined : trigonometric(a);
      values = results(a, (exact) => unit.round(exact, extended), found);
      if (found?.exact) noteTiny(unit, values[0]);
    }
    const completed = unit.finish();
    setConditions(cpu, 0, Status.C2);
    if (!completed) return;
    unit.write(0, values[0]);
    if (pushes) unit.push(values[1]);
  };
}

/** An answer that was taken over is inexact, and an underflow if it is denormal. */
function noteTiny(unit: X87Unit, a: Float): void {
  if ((unit.after & Exception.Precision) === 0) unit.precision();
  if (a.kind === Kind.Finite && leadingExponent(a) < extended.minExponent) unit.after |= Exception.Underflow;
}

/** FPATAN: the angle of the point (ST0, ST1), in its quadrant (SDM 2A FPATAN). */
function angle(unit: X87Unit, x: Float, y: Float): Float {
  unit.noteDenormals(x, y);
  const { sign } = y;
  const piTimes = (numerator: bigint, shift: bigint): Float =>
    unit.round({ ...inexact((pi * numerator) >> shift), sign }, extended);
  if (y.kind === Kind.Infinity) {
    if (x.kind !== Kind.Infinity) return piTimes(1n, 1n);
    return x.sign ? piTimes(3n, 2n) : piTimes(1n, 2n);
  }
  if (y.kind === Kind.Zero || x.kind === Kind.Infinity) return x.sign ? piTimes(1n, 0n) : zero(sign);
  if (x.kind === Kind.Zero) return piTimes(1n, 1n);
  const distance = leadingExponent(y) - leadingExponent(x);
  const positive = (a: Float): Float => ({ ...a, sign: 0 });
  if (distance < SMALL_RATIO && x.sign === 0) {
    const ratio = unit.round({ ...divideFinite(positive(y), positive(x)), sign }, extended);
    noteTiny(unit, ratio);
    return ratio;
  }
  if (distance < TINY) return unit.round({ ...inexact(pi - 1n), sign }, extended);
  if (distance > -TINY) {
    const half = pi >> 1n;
    return unit.round({ ...inexact(x.sign ? half + 1n : half - 1n), sign }, extended);
  }
  const steep = compare(positive(y), positive(x)) > 0;
  const [small, large] = steep ? [x, y] : [y, x];
  const shift = BigInt(SCALE);
  const difference = small.exponent - large.exponent;
  const numerator = difference >= 0 ? small.significand << BigInt(difference) : small.significand;
  const denominator = difference >= 0 ? large.significand : large.significand << BigInt(-difference);
  let value = arcTangent((numerator << shift) / denominator);
  if (steep) value = (pi >> 1n) - value;
  if (x.sign) value = pi - value;
  return unit.round({ ...inexact(value), sign }, extended);
}

list.push(
  ['f2xm1', unary(exponential)],
  ['fyl2x', logarithmInstruction(timesLogarithm)],
  ['fyl2xp1', logarithmInstruction(timesLogarithmOfSum)],
  ['fpatan', logarithmInstruction(angle)],
  ['fsin', trigonometricInstruction((a, toFloat, found) => [found ? toFloat(found.sine) : a], false)],
  ['fcos', trigonometricInstruction((_, toFloat, found) => [found ? toFloat(found.cosine) : plusOne], false)],
  [
    'fsincos',
    trigonometricInstruction(
      (a, toFloat, found) => (found ? [toFloat(found.sine), toFloat(found.cosine)] : [a, plusOne]),
      true,
    ),
  ],
  ['fptan', trigonometricInstruction((a, toFloat, found) => [found ? toFloat(found.tangent) : a, plusOne], true)],
);

export const x87Transcendental: readonly [string, InstructionHelper][] = list;
