/** Floating-point arithmetic, comparisons and conversions in XMM registers (SDM 1 10.4, 11.4, 12.3). */
import type { Decoded } from '../../../isa/decoded';
import type { Cpu, InstructionHelper } from '../cpu';
import { readOperand64, writeOperand64 } from '../system/access';
import { double, type Format, single } from './float';
import { requireSse } from './sse-control';
import { type BinaryOperation, SseUnit } from './sse-float';
import { beginMmx, immediate, readLanes, readMmx, registerIndex, touchMmx, writeLanes, writeMmx } from './sse-operands';

/** Lane width in bits and number of lanes that an instruction works on. */
interface Shape {
  format: Format;
  bits: 32 | 64;
  lanes: number;
}

const shapes: Readonly<Record<string, Shape>> = {
  ps: { format: single, bits: 32, lanes: 4 },
  ss: { format: single, bits: 32, lanes: 1 },
  pd: { format: double, bits: 64, lanes: 2 },
  sd: { format: double, bits: 64, lanes: 1 },
};

type Lane = (unit: SseUnit, destination: bigint, source: bigint, instruction: Decoded, lane: number) => bigint;

/** An instruction that computes each lane of its shape from the same lanes of destination and source. */
function lanewise(shape: Shape, compute: Lane, mode?: (instruction: Decoded) => number | undefined): InstructionHelper {
  return (cpu, instruction) => {
    requireSse(cpu);
    const source = readLanes(cpu, instruction, 1, shape.bits, shape.lanes);
    const destination = readLanes(cpu, instruction, 0, shape.bits, shape.lanes);
    const unit = new SseUnit(cpu, mode?.(instruction));
    const result = source.map((x, i) => compute(unit, destination[i], x, instruction, i));
    unit.finish();
    writeLanes(cpu, registerIndex(instruction, 0), shape.bits, result);
  };
}

const list: [string, InstructionHelper][] = [];

const operations: [string, BinaryOperation][] = [
  ['add', 'add'],
  ['sub', 'subtract'],
  ['mul', 'multiply'],
  ['div', 'divide'],
  ['min', 'minimum'],
  ['max', 'maximum'],
];

for (const [suffix, shape] of Object.entries(shapes)) {
  const { format, bits } = shape;
  for (const [stem, operation] of operations) {
    list.push([stem + suffix, lanewise(shape, (unit, a, b) => unit.binary(operation, a, b, format))]);
  }
  list.push([`sqrt${suffix}`, lanewise(shape, (unit, _, b) => unit.root(b, format))]);
  const ones = (1n << BigInt(bits)) - 1n;
  list.push([
    `cmp${suffix}`,
    lanewise(shape, (unit, a, b, instruction) =>
      unit.condition(immediate(instruction, 2) & 7, a, b, format) ? ones : 0n,
    ),
  ]);
  list.push([
    `round${suffix}`,
    lanewise(
      shape,
      (unit, _, b, instruction) => unit.roundToIntegral(b, format, unit.mode, (immediate(instruction, 2) & 8) !== 0),
      (instruction) => ((immediate(instruction, 2) & 4) !== 0 ? undefined : immediate(instruction, 2) & 3),
    ),
  ]);
}

/** ADDSUBPS, ADDSUBPD: even lanes are subtracted. */
for (const suffix of ['ps', 'pd']) {
  const shape = shapes[suffix];
  list.push([
    `addsub${suffix}`,
    lanewise(shape, (unit, a, b, _, lane) => unit.binary(lane & 1 ? 'add' : 'subtract', a, b, shape.format)),
  ]);
  for (const [stem, operation] of [
    ['hadd', 'add'],
    ['hsub', 'subtract'],
  ] as const) {
    list.push([`${stem}${suffix}`, horizontal(shape, operation)]);
  }
  list.push([`dp${suffix}`, dotProduct(shape)]);
}

/** HADDPS and its like: neighbours of the destination, then those of the source. */
function horizontal(shape: Shape, operation: 'add' | 'subtract'): InstructionHelper {
  return (cpu, instruction) => {
    requireSse(cpu);
    const source = readLanes(cpu, instruction, 1, shape.bits, shape.lanes);
    const all = [...readLanes(cpu, instruction, 0, shape.bits, shape.lanes), ...source];
    const unit = new SseUnit(cpu);
    const result = source.map((_, i) => unit.binary(operation, all[2 * i], all[2 * i + 1], shape.format));
    unit.finish();
    writeLanes(cpu, registerIndex(instruction, 0), shape.bits, result);
  };
}

/** DPPS, DPPD: products, then sums of neighbours, each step rounded and its exceptions raised for itself. */
function dotProduct({ format, bits, lanes }: Shape): InstructionHelper {
  return (cpu, instruction) => {
    requireSse(cpu);
    const pattern = immediate(instruction, 2);
    const source = readLanes(cpu, instruction, 1, bits, lanes);
    const destination = readLanes(cpu, instruction, 0, bits, lanes);
    const step = (compute: (unit: SseUnit) => bigint[]): bigint[] => {
      const unit = new SseUnit(cpu);
      const result = compute(unit);
      unit.finish();
      return result;
    };
    const products = step((unit) =>
      source.map((x, i) => ((pattern >>> (4 + i)) & 1 ? unit.binary('multiply', destination[i], x, format) : 0n)),
    );
    // every lane adds up for itself: which of two NaNs comes out depends on the order, which is the processors'
    const swapped = lanes === 4;
    let sums = step((unit) =>
      products.map((x, i) => {
        const other = products[i ^ 1];
        return swapped ? unit.binary('add', other, x, format) : unit.binary('add', x, other, format);
      }),
    );
    if (lanes === 4) {
      const pairs = sums;
      sums = step((unit) => pairs.map((x, i) => unit.binary('add', x, pairs[i ^ 2], format)));
    }
    const result = source.map((_, i) => ((pattern >>> i) & 1 ? sums[i] : 0n));
    writeLanes(cpu, registerIndex(instruction, 0), bits, result);
  };
}

/** COMISS, UCOMISS and those of double precision: ZF, PF, CF; OF, SF and AF are cleared. */
function comparison({ format, bits }: Shape, quietIsInvalid: boolean): InstructionHelper {
  return (cpu, instruction) => {
    requireSse(cpu);
    const [source] = readLanes(cpu, instruction, 1, bits, 1);
    const [destination] = readLanes(cpu, instruction, 0, bits, 1);
    const unit = new SseUnit(cpu);
    const order = unit.order(destination, source, format, quietIsInvalid);
    unit.finish();
    setOrderFlags(cpu, order);
  };
}

/** ZF PF CF as comparisons set them: unordered 111, greater 000, less 001, equal 100. */
export function setOrderFlags(cpu: Cpu, order: number | undefined): void {
  cpu.state.setArithmeticFlags(order === undefined ? 0x45 : order > 0 ? 0 : order < 0 ? 1 : 0x40);
}

for (const suffix of ['ss', 'sd']) {
  list.push([`comi${suffix}`, comparison(shapes[suffix], true)]);
  list.push([`ucomi${suffix}`, comparison(shapes[suffix], false)]);
}

/** Conversion of lanes from one width to another; the rest of the register is cleared where `whole`. */
function conversion(
  fromBits: 32 | 64,
  toBits: 32 | 64,
  lanes: number,
  whole: boolean,
  compute: (unit: SseUnit, x: bigint) => bigint,
): InstructionHelper {
  return (cpu, instruction) => {
    requireSse(cpu);
    const source = readLanes(cpu, instruction, 1, fromBits, lanes);
    const unit = new SseUnit(cpu);
    const result = source.map((x) => compute(unit, x));
    unit.finish();
    while (whole && result.length < 128 / toBits) result.push(0n);
    writeLanes(cpu, registerIndex(instruction, 0), toBits, result);
  };
}

const TRUNCATE = 3;
const signed32 = (x: bigint): bigint => BigInt.asIntN(32, x);

list.push(
  ['cvtss2sd', conversion(32, 64, 1, false, (unit, x) => unit.convert(x, single, double))],
  ['cvtsd2ss', conversion(64, 32, 1, false, (unit, x) => unit.convert(x, double, single))],
  ['cvtps2pd', conversion(32, 64, 2, true, (unit, x) => unit.convert(x, single, double))],
  ['cvtpd2ps', conversion(64, 32, 2, true, (unit, x) => unit.convert(x, double, single))],
  ['cvtdq2ps', conversion(32, 32, 4, true, (unit, x) => unit.fromInteger(signed32(x), single))],
  ['cvtdq2pd', conversion(32, 64, 2, true, (unit, x) => unit.fromInteger(signed32(x), double))],
  ['cvtps2dq', conversion(32, 32, 4, true, (unit, x) => unit.toInteger(x, single, 32))],
  ['cvttps2dq', conversion(32, 32, 4, true, (unit, x) => unit.toInteger(x, single, 32, TRUNCATE))],
  ['cvtpd2dq', conversion(64, 32, 2, true, (unit, x) => unit.toInteger(x, double, 32))],
  ['cvttpd2dq', conversion(64, 32, 2, true, (unit, x) => unit.toInteger(x, double, 32, TRUNCATE))],
);

/** CVTSI2SS, CVTSI2SD. */
function fromGeneral(shape: Shape): InstructionHelper {
  return (cpu, instruction) => {
    requireSse(cpu);
    const wide = instruction.form.operands[1].endsWith('64');
    const value = BigInt.asIntN(wide ? 64 : 32, readOperand64(cpu, instruction, 1));
    const unit = new SseUnit(cpu);
    const result = unit.fromInteger(value, shape.format);
    unit.finish();
    writeLanes(cpu, registerIndex(instruction, 0), shape.bits, [result]);
  };
}

/** CVTSS2SI, CVTTSD2SI and their like. */
function toGeneral(shape: Shape, mode?: number): InstructionHelper {
  return (cpu, instruction) => {
    requireSse(cpu);
    const bits = instruction.form.operands[0] === 'r64' ? 64 : 32;
    const [source] = readLanes(cpu, instruction, 1, shape.bits, 1);
    const unit = new SseUnit(cpu);
    const result = unit.toInteger(source, shape.format, bits, mode);
    unit.finish();
    writeOperand64(cpu, instruction, 0, result);
  };
}

for (const suffix of ['ss', 'sd']) {
  list.push([`cvtsi2${suffix}`, fromGeneral(shapes[suffix])]);
  list.push([`cvt${suffix}2si`, toGeneral(shapes[suffix])]);
  list.push([`cvtt${suffix}2si`, toGeneral(shapes[suffix], TRUNCATE)]);
}

/** CVTPS2PI and the like: two numbers to two doublewords of an MMX register. */
function toMmx({ format, bits }: Shape, mode?: number): InstructionHelper {
  return (cpu, instruction) => {
    beginMmx(cpu);
    const source = readLanes(cpu, instruction, 1, bits, 2);
    const unit = new SseUnit(cpu);
    const [low, high] = source.map((x) => unit.toInteger(x, format, 32, mode));
    touchMmx(cpu);
    unit.finish();
    writeMmx(cpu, registerIndex(instruction, 0), (high << 32n) | low);
  };
}

/** CVTPI2PS, CVTPI2PD: two doublewords of an MMX register or memory. */
function fromMmx({ format, bits }: Shape): InstructionHelper {
  return (cpu, instruction) => {
    // with memory the x87 state is left alone (SDM 2A CVTPI2PD; of CVTPI2PS it says otherwise, but processors do the same)
    const touches = instruction.operands[1].kind === 'register';
    beginMmx(cpu, touches);
    const value = readMmx(cpu, instruction, 1);
    const unit = new SseUnit(cpu);
    const result = [value, value >> 32n].map((x) => unit.fromInteger(signed32(x), format));
    if (touches) touchMmx(cpu);
    unit.finish();
    writeLanes(cpu, registerIndex(instruction, 0), bits, result);
  };
}

for (const suffix of ['ps', 'pd']) {
  list.push([`cvt${suffix}2pi`, toMmx(shapes[suffix])]);
  list.push([`cvtt${suffix}2pi`, toMmx(shapes[suffix], TRUNCATE)]);
  list.push([`cvtpi2${suffix}`, fromMmx(shapes[suffix])]);
}

export const sseInstructions: readonly [string, InstructionHelper][] = list;
