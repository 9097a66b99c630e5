/**
 * The four operations by the host's own arithmetic, for operands from which no exception but the inexact one can come and
 * rounding to nearest: JavaScript numbers are double precision, and a single-precision operation done in double and
 * rounded again is right (53 >= 2 * 24 + 2).
 */
import type { Format } from './float';
import type { BasicOperation } from './float-unit';

const view = new DataView(new ArrayBuffer(16));

/** Exponents so far from the ends that sums, products and quotients are normal numbers. */
const doubleRange = { shift: 52n, mask: 0x7ffn, least: 600, most: 1400 };
const singleRange = { shift: 23n, mask: 0xffn, least: 80, most: 170 };

/** The result, or `undefined` where an operand is not of the plain kind. */
export function native(operation: BasicOperation, x: bigint, y: bigint, format: Format): bigint | undefined {
  const isDouble = format.precision === 53;
  const { shift, mask, least, most } = isDouble ? doubleRange : singleRange;
  const ex = Number((x >> shift) & mask);
  const ey = Number((y >> shift) & mask);
  if (ex < least || ex > most || ey < least || ey > most) return undefined;
  if (isDouble) {
    view.setBigUint64(0, x);
    view.setBigUint64(8, y);
    view.setFloat64(0, compute(operation, view.getFloat64(0), view.getFloat64(8)));
    return view.getBigUint64(0);
  }
  view.setUint32(0, Number(x));
  view.setUint32(4, Number(y));
  view.setFloat32(0, compute(operation, view.getFloat32(0), view.getFloat32(4)));
  return BigInt(view.getUint32(0));
}

function compute(operation: BasicOperation, a: number, b: number): number {
  switch (operation) {
    case 'add':
      return a + b;
    case 'subtract':
      return a - b;
    case 'multiply':
      return a * b;
    default:
      return a / b;
  }
}
