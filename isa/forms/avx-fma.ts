/** FMA: a product and a sum with one rounding (SDM 1 14.5). The digits tell which operands are multiplied and which added. */
import { type InstructionSource, instruction } from '../notation';

/** Operand orders: the digits, the digits that NASM also takes for the same, and what is added to the opcode. */
const orders = [
  { digits: '132', same: '312', add: 0x00, text: 'first by third operand, and the second' },
  { digits: '213', same: '123', add: 0x10, text: 'second by first operand, and the third' },
  { digits: '231', same: '321', add: 0x20, text: 'second by third operand, and the first' },
];

/** Operations, and the opcode of their 132 form; scalar forms have the next one. */
const operations = [
  { stem: 'vfmadd', opcode: 0x98, scalar: true, what: 'Multiplies and adds' },
  { stem: 'vfmsub', opcode: 0x9a, scalar: true, what: 'Multiplies and subtracts' },
  { stem: 'vfnmadd', opcode: 0x9c, scalar: true, what: 'Multiplies, negates and adds' },
  { stem: 'vfnmsub', opcode: 0x9e, scalar: true, what: 'Multiplies, negates and subtracts' },
  {
    stem: 'vfmaddsub',
    opcode: 0x96,
    scalar: false,
    what: 'Multiplies, and subtracts from even and adds to odd products',
  },
  {
    stem: 'vfmsubadd',
    opcode: 0x97,
    scalar: false,
    what: 'Multiplies, and adds to even and subtracts from odd products',
  },
];

const hex = (byte: number) => byte.toString(16).toUpperCase();

function shapes(
  stem: string,
  digits: string,
  byte: number,
  scalar: boolean,
  summary: string,
  attribute: string,
): InstructionSource[] {
  const packed = (suffix: string, w: string, numbers: string) =>
    instruction(
      `${stem}${digits}${suffix}`,
      `${summary}, on packed ${numbers} numbers, rounding once.`,
      { feature: 'FMA' },
      `
      xmm, xmm, xmmm128 | VEX.128.66.0F38.${w} ${hex(byte)} /r | ${attribute}
      ymm, ymm, ymmm256 | VEX.256.66.0F38.${w} ${hex(byte)} /r | ${attribute}`,
    );
  const lowest = (suffix: string, w: string, bits: number, numbers: string) =>
    instruction(
      `${stem}${digits}${suffix}`,
      `${summary}, on the lowest ${numbers} numbers, rounding once.`,
      { feature: 'FMA' },
      `xmm, xmm, xmmm${bits} | VEX.LIG.66.0F38.${w} ${hex(byte + 1)} /r | ${attribute}`,
    );
  const result = [packed('ps', 'W0', 'single-precision'), packed('pd', 'W1', 'double-precision')];
  if (scalar) result.push(lowest('ss', 'W0', 32, 'single-precision'), lowest('sd', 'W1', 64, 'double-precision'));
  return result;
}

export const avxFma: readonly InstructionSource[] = operations.flatMap(({ stem, opcode, scalar, what }) =>
  orders.flatMap(({ digits, same, add, text }) => {
    const summary = `${what} (${text})`;
    return [
      ...shapes(stem, digits, opcode + add, scalar, summary, ''),
      ...shapes(stem, same, opcode + add, scalar, summary, 'encode'),
    ];
  }),
);
