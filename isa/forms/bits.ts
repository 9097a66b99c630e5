/** Shifts and rotates, bit tests and scans, and the bit-manipulation extensions BMI1, BMI2, LZCNT, POPCNT. */
import { type InstructionSource, instruction } from '../notation';

const rotateFlags = { writes: 'CF OF' };
const rotateCarryFlags = { reads: 'CF', writes: 'CF OF' };
const shiftFlags = { writes: 'OF SF ZF PF CF', undefined: 'AF' };

/** The pattern of group 2: by 1, by CL and by an immediate. */
function groupTwo(
  mnemonic: string,
  digits: readonly number[],
  summary: string,
  meaning: Parameters<typeof instruction>[2],
): InstructionSource {
  const rows = digits.map((digit, i) => {
    const attribute = i === 0 ? '' : 'decode';
    return `
    rm8, 1      | D0 /${digit}     | ${attribute}
    rmv, 1      | D1 /${digit}     | ${attribute}
    rm8, cl     | D2 /${digit}     | ${attribute}
    rmv, cl     | D3 /${digit}     | ${attribute}
    rm8, imm8   | C0 /${digit} ib  | ${attribute} feature:186
    rmv, imm8   | C1 /${digit} ib  | ${attribute} feature:186`;
  });
  return instruction(mnemonic, summary, meaning, rows.join(''));
}

/** BT, BTS, BTR, BTC: a bit in a register, or in the bit string that memory is. */
function bitTest(mnemonic: string, opcode: string, digit: number, summary: string): InstructionSource {
  const lock = mnemonic === 'bt' ? '' : 'lock';
  return instruction(
    mnemonic,
    summary,
    { writes: 'CF', undefined: 'OF SF AF PF', feature: '386' },
    `
    rmv, rv     | 0F ${opcode} /r    | ${lock}
    rmv, imm8   | 0F BA /${digit} ib | ${lock}`,
  );
}

const andFlags = { writes: 'OF SF ZF CF', undefined: 'AF PF' };

export const bits: readonly InstructionSource[] = [
  groupTwo(
    'rol',
    [0],
    'Rotates the bits to the left; the bit that leaves at the top enters at the bottom and CF.',
    rotateFlags,
  ),
  groupTwo(
    'ror',
    [1],
    'Rotates the bits to the right; the bit that leaves at the bottom enters at the top and CF.',
    rotateFlags,
  ),
  groupTwo('rcl', [2], 'Rotates the bits to the left through CF, which counts as one more bit.', rotateCarryFlags),
  groupTwo('rcr', [3], 'Rotates the bits to the right through CF, which counts as one more bit.', rotateCarryFlags),
  groupTwo(
    'shl',
    [4, 6],
    'Shifts to the left and fills with zeros: multiplies by powers of two; CF gets the last bit out.',
    shiftFlags,
  ),
  instruction(
    'sal',
    'Shifts to the left and fills with zeros; the same instruction as SHL.',
    shiftFlags,
    `
    rm8, 1      | D0 /4     | encode
    rmv, 1      | D1 /4     | encode
    rm8, cl     | D2 /4     | encode
    rmv, cl     | D3 /4     | encode
    rm8, imm8   | C0 /4 ib  | encode feature:186
    rmv, imm8   | C1 /4 ib  | encode feature:186`,
  ),
  groupTwo(
    'shr',
    [5],
    'Shifts to the right and fills with zeros: divides an unsigned number by powers of two.',
    shiftFlags,
  ),
  groupTwo(
    'sar',
    [7],
    'Shifts to the right and fills with the sign: divides a signed number, rounding downwards.',
    shiftFlags,
  ),
  instruction(
    'shld',
    'Shifts the destination to the left and fills it with the top bits of the source.',
    { writes: 'OF SF ZF PF CF', undefined: 'AF', feature: '386' },
    `
    rmv, rv, imm8 | 0F A4 /r ib
    rmv, rv, cl   | 0F A5 /r`,
  ),
  instruction(
    'shrd',
    'Shifts the destination to the right and fills it with the low bits of the source.',
    { writes: 'OF SF ZF PF CF', undefined: 'AF', feature: '386' },
    `
    rmv, rv, imm8 | 0F AC /r ib
    rmv, rv, cl   | 0F AD /r`,
  ),
  bitTest(
    'bt',
    'A3',
    4,
    'Copies one bit of the destination to CF; a register index reaches beyond the memory operand.',
  ),
  bitTest('bts', 'AB', 5, 'Copies one bit of the destination to CF, then sets it.'),
  bitTest('btr', 'B3', 6, 'Copies one bit of the destination to CF, then clears it.'),
  bitTest('btc', 'BB', 7, 'Copies one bit of the destination to CF, then inverts it.'),
  instruction(
    'bsf',
    'Finds the lowest set bit of the source; for zero sets ZF and leaves the destination as it was.',
    { writes: 'ZF', undefined: 'OF SF AF PF CF', feature: '386' },
    'rv, rmv | 0F BC /r',
  ),
  instruction(
    'bsr',
    'Finds the highest set bit of the source; for zero sets ZF and leaves the destination as it was.',
    { writes: 'ZF', undefined: 'OF SF AF PF CF', feature: '386' },
    'rv, rmv | 0F BD /r',
  ),
  instruction(
    'popcnt',
    'Counts the bits that are set.',
    { writes: 'status', feature: 'POPCNT' },
    'rv, rmv | F3 0F B8 /r',
  ),
  instruction(
    'lzcnt',
    'Counts the zeros above the highest set bit; of zero, the operand size.',
    { writes: 'ZF CF', undefined: 'OF SF AF PF', feature: 'LZCNT' },
    'rv, rmv | F3 0F BD /r',
  ),
  instruction(
    'tzcnt',
    'Counts the zeros below the lowest set bit; of zero, the operand size.',
    { writes: 'ZF CF', undefined: 'OF SF AF PF', feature: 'BMI1' },
    'rv, rmv | F3 0F BC /r',
  ),
  instruction(
    'andn',
    'Inverts the first source and ANDs it with the second.',
    { ...andFlags, feature: 'BMI1' },
    `
    r32, r32, rm32 | VEX.LZ.0F38.W0 F2 /r
    r64, r64, rm64 | VEX.LZ.0F38.W1 F2 /r | long`,
  ),
  instruction(
    'bextr',
    'Extracts the bits that start at bits 7:0 of the last operand, as many as its bits 15:8 say.',
    { writes: 'OF ZF CF', undefined: 'SF AF PF', feature: 'BMI1' },
    `
    r32, rm32, r32 | VEX.LZ.0F38.W0 F7 /r
    r64, rm64, r64 | VEX.LZ.0F38.W1 F7 /r | long`,
  ),
  instruction(
    'blsi',
    'Keeps only the lowest set bit.',
    { ...andFlags, feature: 'BMI1' },
    `
    r32, rm32 | VEX.LZ.0F38.W0 F3 /3
    r64, rm64 | VEX.LZ.0F38.W1 F3 /3 | long`,
  ),
  instruction(
    'blsmsk',
    'Makes a mask of the lowest set bit and all below it.',
    { ...andFlags, feature: 'BMI1' },
    `
    r32, rm32 | VEX.LZ.0F38.W0 F3 /2
    r64, rm64 | VEX.LZ.0F38.W1 F3 /2 | long`,
  ),
  instruction(
    'blsr',
    'Clears the lowest set bit.',
    { ...andFlags, feature: 'BMI1' },
    `
    r32, rm32 | VEX.LZ.0F38.W0 F3 /1
    r64, rm64 | VEX.LZ.0F38.W1 F3 /1 | long`,
  ),
  instruction(
    'bzhi',
    'Clears the bits from the position in the last operand upwards.',
    { ...andFlags, feature: 'BMI2' },
    `
    r32, rm32, r32 | VEX.LZ.0F38.W0 F5 /r
    r64, rm64, r64 | VEX.LZ.0F38.W1 F5 /r | long`,
  ),
  instruction(
    'mulx',
    'Multiplies rDX by the source without sign and without touching flags; high half first, then low half.',
    { feature: 'BMI2' },
    `
    r32, r32, rm32 | VEX.LZ.F2.0F38.W0 F6 /r
    r64, r64, rm64 | VEX.LZ.F2.0F38.W1 F6 /r | long`,
  ),
  instruction(
    'pdep',
    'Scatters the low bits of the first source to where the mask has bits set.',
    { feature: 'BMI2' },
    `
    r32, r32, rm32 | VEX.LZ.F2.0F38.W0 F5 /r
    r64, r64, rm64 | VEX.LZ.F2.0F38.W1 F5 /r | long`,
  ),
  instruction(
    'pext',
    'Gathers the bits where the mask has bits set into the low bits of the destination.',
    { feature: 'BMI2' },
    `
    r32, r32, rm32 | VEX.LZ.F3.0F38.W0 F5 /r
    r64, r64, rm64 | VEX.LZ.F3.0F38.W1 F5 /r | long`,
  ),
  instruction(
    'rorx',
    'Rotates to the right by an immediate without touching flags.',
    { feature: 'BMI2' },
    `
    r32, rm32, imm8 | VEX.LZ.F2.0F3A.W0 F0 /r ib
    r64, rm64, imm8 | VEX.LZ.F2.0F3A.W1 F0 /r ib | long`,
  ),
  instruction(
    'sarx',
    'Shifts to the right with the sign by a register’s count, without touching flags.',
    { feature: 'BMI2' },
    `
    r32, rm32, r32 | VEX.LZ.F3.0F38.W0 F7 /r
    r64, rm64, r64 | VEX.LZ.F3.0F38.W1 F7 /r | long`,
  ),
  instruction(
    'shlx',
    'Shifts to the left by a register’s count, without touching flags.',
    { feature: 'BMI2' },
    `
    r32, rm32, r32 | VEX.LZ.66.0F38.W0 F7 /r
    r64, rm64, r64 | VEX.LZ.66.0F38.W1 F7 /r | long`,
  ),
  instruction(
    'shrx',
    'Shifts to the right with zeros by a register’s count, without touching flags.',
    { feature: 'BMI2' },
    `
    r32, rm32, r32 | VEX.LZ.F2.0F38.W0 F7 /r
    r64, rm64, r64 | VEX.LZ.F2.0F38.W1 F7 /r | long`,
  ),
];
