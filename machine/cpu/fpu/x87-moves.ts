/** Loads, stores and moves between registers of the x87, integers and packed decimals (SDM 1 8.3.3, 8.3.4). */
import type { Decoded } from '../../../isa/decoded';
import type { Cpu, InstructionHelper } from '../cpu';
import {
  checkAlignment,
  checkRead,
  checkWrite,
  type MemoryOperand,
  memoryOperand,
  ownContext,
  read,
  read64,
  write,
  write64,
} from '../system/access';
import {
  bitLength,
  double,
  Exception,
  type Float,
  finite,
  fromInteger,
  indefinite,
  Kind,
  pack,
  packExtended,
  quiet,
  Rounding,
  single,
  toIntegral,
  unpack,
  zero,
} from './float';
import { isEmpty, pop, setRegister, setTop, signExponent, significand, top } from './x87-state';
import { readInteger, X87Unit } from './x87-unit';

const list: [string, InstructionHelper][] = [];

/**
 * Linear address of an operand that is going to be stored to; raises what storing would raise. Where nothing is stored, as an
 * exception is unmasked, memory is not looked at. 80 bits are aligned as 64 are.
 */
function destination(unit: X87Unit, operand: MemoryOperand): number {
  const { cpu } = unit;
  const bytes = operand.size >>> 3;
  const linear = unit.address(operand, bytes, true);
  checkAlignment(linear, bytes === 10 ? 8 : bytes, ownContext(cpu));
  checkWrite(cpu, linear, bytes);
  return linear;
}

/** Pushes what `value` gives after the room for it was looked for. */
function load(value: (unit: X87Unit, instruction: Decoded) => Float | Copy): InstructionHelper {
  return (cpu, instruction) => {
    const unit = new X87Unit(cpu, instruction);
    let loaded = value(unit, instruction);
    if (!unit.hasStackFault && !isEmpty(cpu, 7)) {
      unit.before = 0;
      loaded = unit.stackFault(true);
    }
    // a denormal is loaded even where its exception is unmasked
    if (!unit.finish() && (unit.before & ~unit.masks) !== Exception.Denormal) return;
    setTop(cpu, top(cpu) - 1);
    const { high, low } = 'low' in loaded ? loaded : packExtended(loaded);
    setRegister(cpu, 0, high, low);
  };
}

/**
 * FLD: conversions from memory are exact; a signalling NaN and a denormal are exceptions, but 80 bits are copied whatever
 * they hold.
 */
function loadFloat(unit: X87Unit, instruction: Decoded): Float | Copy {
  const { cpu } = unit;
  const [operand] = instruction.operands;
  if (operand.kind === 'register') return copyOf(unit, operand.index);
  if (operand.kind !== 'memory') throw new Error('no operand');
  const linear = unit.address(operand, operand.size >>> 3, false);
  if (operand.size === 80) return { low: read64(cpu, linear), high: read(cpu, linear + 8, 2) };
  const value =
    operand.size === 32 ? unpack(BigInt(read(cpu, linear, 4)), single) : unpack(read64(cpu, linear), double);
  unit.noteDenormals(value);
  if (value.kind !== Kind.Signalling) return value;
  unit.before |= Exception.Invalid;
  return quiet(value);
}

/** The decimal digits of an m80, two a byte, lowest first; the sign is bit 79. */
function loadDecimal(unit: X87Unit, instruction: Decoded): Float {
  const linear = unit.address(memoryOperand(instruction, 0), 10, false);
  checkAlignment(linear, 8, ownContext(unit.cpu));
  checkRead(unit.cpu, linear, 10);
  let value = 0n;
  for (let i = 8; i >= 0; i--) {
    const byte = read(unit.cpu, linear + i, 1);
    value = value * 100n + BigInt(10 * (byte >>> 4) + (byte & 15));
  }
  const sign = read(unit.cpu, linear + 9, 1) >>> 7;
  return value === 0n ? zero(sign) : finite(sign, value, 0);
}

list.push(
  ['fld', load(loadFloat)],
  ['fild', load((unit, instruction) => fromInteger(readInteger(unit, memoryOperand(instruction, 0))))],
  ['fbld', load(loadDecimal)],
);

/** ST0 in single or double precision; `undefined` if nothing is to be stored. */
function narrowed(unit: X87Unit, size: number): bigint | undefined {
  const format = size === 32 ? single : double;
  const a = unit.register(0);
  let value = unit.special(a);
  if (value === undefined) value = a.kind === Kind.Finite ? unit.round({ ...a, sticky: false }, format) : a;
  if (unit.storable) return pack(value, format);
  // nothing is stored, so nothing was inexact
  unit.after &= ~Exception.Precision;
  return undefined;
}

/** FST, FSTP to memory or a register. */
const store =
  (pops: boolean): InstructionHelper =>
  (cpu, instruction) => {
    const unit = new X87Unit(cpu, instruction);
    const [operand] = instruction.operands;
    if (operand.kind === 'memory') storeMemory(unit, operand, pops);
    else if (instruction.form.opcode.byte === 0xd9 && isEmpty(cpu, 0)) {
      // D9 D8+i, which no manual has: an empty ST0 is popped without a stack fault and without being copied
      unit.finish();
      pop(cpu);
    } else {
      const source = copyOf(unit, 0);
      if (!unit.finish()) return;
      setRegister(cpu, operand.kind === 'register' ? operand.index : 0, source.high, source.low);
      if (pops) pop(cpu);
    }
  };

interface Copy {
  high: number;
  low: bigint;
}

/** The bits of a register, or the indefinite with a stack underflow. */
function copyOf(unit: X87Unit, i: number): Copy {
  if (isEmpty(unit.cpu, i)) return packExtended(unit.stackFault(false));
  return { high: signExponent(unit.cpu, i), low: significand(unit.cpu, i) };
}

function storeMemory(unit: X87Unit, operand: MemoryOperand, pops: boolean): void {
  const { cpu } = unit;
  unit.notePointer(operand);
  if (operand.size === 80) {
    const { high, low } = copyOf(unit, 0);
    const linear = unit.stopped ? 0 : destination(unit, operand);
    if (!unit.finish()) return;
    write64(cpu, linear, low);
    write(cpu, linear + 8, 2, high);
  } else {
    const bits = narrowed(unit, operand.size);
    const linear = bits === undefined ? 0 : destination(unit, operand);
    unit.finish();
    if (bits === undefined) return;
    if (operand.size === 32) write(cpu, linear, 4, Number(bits));
    else write64(cpu, linear, bits);
  }
  if (pops) pop(cpu);
}

list.push(['fst', store(false)], ['fstp', store(true)]);

/** A register as a signed integer of `bits` bits (or below `limit`); `undefined` for what does not fit. */
function integral(unit: X87Unit, limit: bigint, mode: number): bigint | undefined {
  const a = unit.register(0);
  if (unit.hasStackFault) return undefined;
  if (a.kind >= Kind.Infinity || (a.kind === Kind.Finite && a.exponent + bitLength(a.significand) > 70)) {
    unit.invalid();
    return undefined;
  }
  const { value, inexact, up } = toIntegral(a, mode);
  if (value >= limit || value < -limit) {
    unit.invalid();
    return undefined;
  }
  if (inexact) unit.precision(up);
  return value;
}

function storeInteger(pops: boolean, truncate: boolean): InstructionHelper {
  return (cpu, instruction) => {
    const unit = new X87Unit(cpu, instruction);
    const operand = memoryOperand(instruction, 0);
    unit.notePointer(operand);
    const limit = 1n << BigInt(operand.size - 1);
    const value = integral(unit, limit, truncate ? Rounding.Zero : unit.mode) ?? limit;
    const linear = unit.stopped ? 0 : destination(unit, operand);
    if (!unit.finish()) return;
    if (operand.size === 64) write64(cpu, linear, BigInt.asUintN(64, value));
    else write(cpu, linear, operand.size === 16 ? 2 : 4, Number(BigInt.asUintN(operand.size, value)));
    if (pops) pop(cpu);
  };
}

/** 18 digits fit. */
const DECIMAL_LIMIT = 10n ** 18n;
/** Bits 79:64 and 63:0 of the packed decimal indefinite (SDM 1 table 4-4). */
const DECIMAL_INDEFINITE = { high: 0xffff, low: 0xc000000000000000n };

function storeDecimal(cpu: Cpu, instruction: Decoded): void {
  const unit = new X87Unit(cpu, instruction);
  const operand = memoryOperand(instruction, 0);
  unit.notePointer(operand);
  const negative = !isEmpty(cpu, 0) && signExponent(cpu, 0) >>> 15 === 1;
  let value = integral(unit, DECIMAL_LIMIT, unit.mode);
  if (value === -DECIMAL_LIMIT) {
    unit.after = 0;
    unit.invalid();
    value = undefined;
  }
  const linear = unit.stopped ? 0 : destination(unit, operand);
  if (!unit.finish()) return;
  let { high, low } = DECIMAL_INDEFINITE;
  if (value !== undefined) {
    const digits = BigInt(`0x${value < 0n ? -value : value}`);
    low = digits & 0xffffffffffffffffn;
    high = Number(digits >> 64n) | (negative ? 0x8000 : 0);
  }
  write64(cpu, linear, low);
  write(cpu, linear + 8, 2, high);
  pop(cpu);
}

list.push(
  ['fist', storeInteger(false, false)],
  ['fistp', storeInteger(true, false)],
  ['fisttp', storeInteger(true, true)],
  ['fbstp', storeDecimal],
);

/** FCHS, FABS: the sign of whatever ST0 holds. */
const changeSign =
  (change: (high: number) => number): InstructionHelper =>
  (cpu, instruction) => {
    const unit = new X87Unit(cpu, instruction);
    const empty = isEmpty(cpu, 0);
    const { high, low } = copyOf(unit, 0);
    if (unit.finish()) setRegister(cpu, 0, empty ? high : change(high), low);
  };

/** FXCH: an empty register takes part as the indefinite. */
function exchange(cpu: Cpu, instruction: Decoded): void {
  const unit = new X87Unit(cpu, instruction);
  const [operand] = instruction.operands;
  const other = operand.kind === 'register' ? operand.index : 1;
  const a = copyOf(unit, 0);
  const b = copyOf(unit, other);
  if (!unit.finish()) return;
  setRegister(cpu, 0, b.high, b.low);
  setRegister(cpu, other, a.high, a.low);
}

/** FCMOVcc: an empty register is a stack underflow whatever the condition. */
const conditionalMove =
  (condition: (flags: number) => boolean): InstructionHelper =>
  (cpu, instruction) => {
    const unit = new X87Unit(cpu, instruction);
    const operand = instruction.operands[1];
    const source = copyOf(unit, operand.kind === 'register' ? operand.index : 0);
    if (isEmpty(cpu, 0)) unit.stackFault(false);
    if (!unit.finish(true)) return;
    if (unit.hasStackFault) unit.write(0, indefinite);
    else if (condition(cpu.state.arithmeticFlags())) setRegister(cpu, 0, source.high, source.low);
  };

const CF = 1;
const PF = 4;
const ZF = 0x40;

list.push(
  ['fchs', changeSign((high) => high ^ 0x8000)],
  ['fabs', changeSign((high) => high & 0x7fff)],
  ['fxch', exchange],
);
for (const [suffix, mask] of [
  ['b', CF],
  ['e', ZF],
  ['be', CF | ZF],
  ['u', PF],
] as const) {
  list.push([`fcmov${suffix}`, conditionalMove((flags) => (flags & mask) !== 0)]);
  list.push([`fcmovn${suffix}`, conditionalMove((flags) => (flags & mask) === 0)]);
}

export const x87Moves: readonly [string, InstructionHelper][] = list;
