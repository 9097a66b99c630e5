/** Comparisons and classification of the x87 (SDM 1 8.3.6). */
import type { Decoded } from '../../../isa/decoded';
import type { Cpu, InstructionHelper } from '../cpu';
import { read, read64 } from '../system/access';
import {
  compare,
  double,
  Exception,
  type Float,
  fromInteger,
  isNan,
  Kind,
  single,
  unpack,
  unpackExtended,
  zero,
} from './float';
import { setOrderFlags } from './sse-instructions';
import { isEmpty, pop, Status, setConditions, signExponent, significand } from './x87-state';
import { readInteger, X87Unit } from './x87-unit';

const list: [string, InstructionHelper][] = [];

/** -1, 0, 1 as ST0 is to `b`; `undefined`: unordered. */
function orderOf(unit: X87Unit, b: Float, quietIsInvalid: boolean): number | undefined {
  const a = unit.register(0);
  if (unit.hasStackFault) return undefined;
  if (a.kind === Kind.Unsupported || b.kind === Kind.Unsupported) {
    unit.invalid();
    return undefined;
  }
  if (isNan(a) || isNan(b)) {
    if (quietIsInvalid || a.kind === Kind.Signalling || b.kind === Kind.Signalling) unit.before |= Exception.Invalid;
    return undefined;
  }
  unit.noteDenormals(a, b);
  return compare(a, b);
}

const CODES = Status.C0 | Status.C2 | Status.C3;

function setCodes(cpu: Cpu, order: number | undefined): void {
  const codes = order === undefined ? CODES : order > 0 ? 0 : order < 0 ? Status.C0 : Status.C3;
  setConditions(cpu, codes, CODES);
}

type Source = (unit: X87Unit, instruction: Decoded) => Float;

/** What ST0 is compared with: memory, a register, or ST1. */
function source(unit: X87Unit, instruction: Decoded): Float {
  const operand = instruction.operands[instruction.operands.length - 1];
  if (operand === undefined) return unit.register(1);
  if (operand.kind === 'register') return unit.register(operand.index);
  if (operand.kind !== 'memory') throw new Error('no operand');
  const linear = unit.address(operand, operand.size >>> 3, false);
  if (operand.size === 32) return unpack(BigInt(read(unit.cpu, linear, 4)), single);
  return unpack(read64(unit.cpu, linear), double);
}

function integerSource(unit: X87Unit, instruction: Decoded): Float {
  const [operand] = instruction.operands;
  if (operand.kind !== 'memory') throw new Error('no operand');
  return fromInteger(readInteger(unit, operand));
}

function comparison(from: Source, quietIsInvalid: boolean, pops: number, toFlags = false): InstructionHelper {
  return (cpu, instruction) => {
    const unit = new X87Unit(cpu, instruction);
    const order = orderOf(unit, from(unit, instruction), quietIsInvalid);
    const completed = unit.finish(toFlags);
    // also where an unmasked exception keeps the operands on the stack
    if (toFlags) setOrderFlags(cpu, order);
    else setCodes(cpu, order);
    if (!completed) return;
    for (let i = 0; i < pops; i++) pop(cpu);
  };
}

list.push(
  ['fcom', comparison(source, true, 0)],
  ['fcomp', comparison(source, true, 1)],
  ['fcompp', comparison(source, true, 2)],
  ['fucom', comparison(source, false, 0)],
  ['fucomp', comparison(source, false, 1)],
  ['fucompp', comparison(source, false, 2)],
  ['ficom', comparison(integerSource, true, 0)],
  ['ficomp', comparison(integerSource, true, 1)],
  ['ftst', comparison(() => zero(0), true, 0)],
  ['fcomi', comparison(source, true, 0, true)],
  ['fcomip', comparison(source, true, 1, true)],
  ['fucomi', comparison(source, false, 0, true)],
  ['fucomip', comparison(source, false, 1, true)],
);

/** FXAM: the class of ST0 in C3 C2 C0, its sign in C1, also if it is empty (SDM 2A FXAM). */
function examine(cpu: Cpu, instruction: Decoded): void {
  const unit = new X87Unit(cpu, instruction);
  unit.finish();
  const high = signExponent(cpu, 0);
  const a = unpackExtended(high, significand(cpu, 0));
  let codes: number;
  if (isEmpty(cpu, 0)) codes = Status.C3 | Status.C0;
  else if (a.kind === Kind.Unsupported) codes = 0;
  else if (isNan(a)) codes = Status.C0;
  else if (a.kind === Kind.Infinity) codes = Status.C2 | Status.C0;
  else if (a.kind === Kind.Zero) codes = Status.C3;
  else codes = a.denormal ? Status.C3 | Status.C2 : Status.C2;
  setConditions(cpu, codes | ((high & 0x8000) !== 0 ? Status.C1 : 0));
}

list.push(['fxam', examine]);

export const x87Comparisons: readonly [string, InstructionHelper][] = list;
