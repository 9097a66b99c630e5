/** Integer and decimal arithmetic, comparison and logic. */
import { type InstructionSource, instruction } from '../notation';

/** The eight operations that share one pattern of opcodes: 00 to 3F and group 1. */
function groupOne(
  mnemonic: string,
  number: number,
  summary: string,
  meaning: Parameters<typeof instruction>[2],
): InstructionSource {
  const hex = (low: number): string => (number * 8 + low).toString(16).toUpperCase().padStart(2, '0');
  const lock = mnemonic === 'cmp' ? '' : 'lock';
  return instruction(
    mnemonic,
    summary,
    meaning,
    `
    rm8, r8     | ${hex(0)} /r      | ${lock}
    rmv, rv     | ${hex(1)} /r      | ${lock}
    r8, rm8     | ${hex(2)} /r
    rv, rmv     | ${hex(3)} /r
    rmv, simm8  | 83 /${number} ib  | ${lock}
    al, imm8    | ${hex(4)} ib
    rAX, immz   | ${hex(5)} iz
    rm8, imm8   | 80 /${number} ib  | ${lock}
    rmv, immz   | 81 /${number} iz  | ${lock}
    rm8, imm8   | 82 /${number} ib  | ${lock} legacy decode`,
  );
}

const logic = { writes: 'OF SF ZF PF CF', undefined: 'AF' };

export const arithmetic: readonly InstructionSource[] = [
  groupOne('add', 0, 'Adds the source to the destination and sets the flags by the sum.', { writes: 'status' }),
  groupOne('or', 1, 'Sets each bit of the destination that is set in either operand; clears CF and OF.', logic),
  groupOne('adc', 2, 'Adds the source and the carry flag to the destination, to chain additions of wide numbers.', {
    reads: 'CF',
    writes: 'status',
  }),
  groupOne('sbb', 3, 'Subtracts the source and the borrow in CF from the destination, to chain wide subtractions.', {
    reads: 'CF',
    writes: 'status',
  }),
  groupOne('and', 4, 'Keeps the bits of the destination that are set in both operands; clears CF and OF.', logic),
  groupOne('sub', 5, 'Subtracts the source from the destination and sets the flags by the difference.', {
    writes: 'status',
  }),
  groupOne(
    'xor',
    6,
    'Inverts the bits of the destination that are set in the source; with itself it makes zero.',
    logic,
  ),
  groupOne('cmp', 7, 'Sets the flags as a subtraction of the source from the destination would, and stores nothing.', {
    writes: 'status',
  }),
  instruction(
    'test',
    'Sets SF, ZF and PF by the bits that both operands have in common, and stores nothing.',
    logic,
    `
    rm8, r8    | 84 /r
    rmv, rv    | 85 /r
    r8, rm8    | 84 /r | encode
    rv, rmv    | 85 /r | encode
    al, imm8   | A8 ib
    rAX, immz  | A9 iz
    rm8, imm8  | F6 /0 ib
    rmv, immz  | F7 /0 iz
    rm8, imm8  | F6 /1 ib | decode
    rmv, immz  | F7 /1 iz | decode`,
  ),
  instruction(
    'inc',
    'Adds 1 to the destination and leaves CF alone.',
    { writes: 'OF SF ZF AF PF' },
    `
    r16  | o16 40+r | legacy
    r32  | o32 40+r | legacy
    rm8  | FE /0    | lock
    rmv  | FF /0    | lock`,
  ),
  instruction(
    'dec',
    'Subtracts 1 from the destination and leaves CF alone.',
    { writes: 'OF SF ZF AF PF' },
    `
    r16  | o16 48+r | legacy
    r32  | o32 48+r | legacy
    rm8  | FE /1    | lock
    rmv  | FF /1    | lock`,
  ),
  instruction(
    'neg',
    'Replaces a number by its two’s complement; CF says that it was not zero.',
    { writes: 'status' },
    `
    rm8 | F6 /3 | lock
    rmv | F7 /3 | lock`,
  ),
  instruction(
    'not',
    'Inverts every bit of the destination; no flag changes.',
    {},
    `
    rm8 | F6 /2 | lock
    rmv | F7 /2 | lock`,
  ),
  instruction(
    'mul',
    'Multiplies AL, AX, EAX or RAX by the operand without sign; the product, twice as wide, goes to AX or rDX:rAX.',
    { writes: 'OF CF', undefined: 'SF ZF AF PF' },
    `
    rm8 | F6 /4
    rmv | F7 /4`,
  ),
  instruction(
    'imul',
    'Multiplies signed numbers: one operand gives the wide product in rDX:rAX, two or three keep its low half.',
    { writes: 'OF CF', undefined: 'SF ZF AF PF' },
    `
    rm8             | F6 /5
    rmv             | F7 /5
    rv, rmv         | 0F AF /r    | feature:386
    rv, rmv, simm8  | 6B /r ib    | feature:186
    rv, rmv, immz   | 69 /r iz    | feature:186
    rv, simm8       | 6B /r ib    | feature:186 encode en:DI
    rv, immz        | 69 /r iz    | feature:186 encode en:DI`,
  ),
  instruction(
    'div',
    'Divides AX or rDX:rAX by the operand without sign; quotient to AL or rAX, remainder to AH or rDX.',
    { undefined: 'status', exceptions: '#DE' },
    `
    rm8 | F6 /6
    rmv | F7 /6`,
  ),
  instruction(
    'idiv',
    'Divides the signed number in AX or rDX:rAX by the operand, rounding towards zero.',
    { undefined: 'status', exceptions: '#DE' },
    `
    rm8 | F6 /7
    rmv | F7 /7`,
  ),
  instruction('cbw', 'Extends the sign of AL into AH, so that AX holds the same number.', {}, 'o16 98'),
  instruction('cwde', 'Extends the sign of AX into the upper half of EAX.', {}, 'o32 98'),
  instruction('cdqe', 'Extends the sign of EAX into the upper half of RAX.', {}, 'o64 98'),
  instruction('cwd', 'Fills DX with the sign of AX, so that DX:AX can be divided.', {}, 'o16 99'),
  instruction('cdq', 'Fills EDX with the sign of EAX, so that EDX:EAX can be divided.', {}, 'o32 99'),
  instruction('cqo', 'Fills RDX with the sign of RAX, so that RDX:RAX can be divided.', {}, 'o64 99'),
  instruction(
    'daa',
    'Corrects AL after an addition of two packed decimal numbers.',
    { reads: 'CF AF', writes: 'SF ZF AF PF CF', undefined: 'OF' },
    '| 27 | legacy',
  ),
  instruction(
    'das',
    'Corrects AL after a subtraction of two packed decimal numbers.',
    { reads: 'CF AF', writes: 'SF ZF AF PF CF', undefined: 'OF' },
    '| 2F | legacy',
  ),
  instruction(
    'aaa',
    'Corrects AL after an addition of two unpacked decimal digits and carries into AH.',
    { reads: 'AF', writes: 'AF CF', undefined: 'OF SF ZF PF' },
    '| 37 | legacy',
  ),
  instruction(
    'aas',
    'Corrects AL after a subtraction of two unpacked decimal digits and borrows from AH.',
    { reads: 'AF', writes: 'AF CF', undefined: 'OF SF ZF PF' },
    '| 3F | legacy',
  ),
  instruction(
    'aam',
    'Splits AL into quotient (AH) and remainder (AL) by ten, or by the operand: two unpacked decimal digits.',
    { writes: 'SF ZF PF', undefined: 'OF AF CF', exceptions: '#DE' },
    `
         | D4 0A | legacy encode
    imm8 | D4 ib | legacy`,
  ),
  instruction(
    'aad',
    'Joins the unpacked decimal digits of AH and AL into the number AH * 10 + AL, before a division.',
    { writes: 'SF ZF PF', undefined: 'OF AF CF' },
    `
         | D5 0A | legacy encode
    imm8 | D5 ib | legacy`,
  ),
  instruction(
    'adcx',
    'Adds with carry through CF alone, so that two chains of additions can run beside each other.',
    { reads: 'CF', writes: 'CF', feature: 'ADX' },
    'ry, rmy | 66 0F 38 F6 /r',
  ),
  instruction(
    'adox',
    'Adds with carry through OF alone, so that two chains of additions can run beside each other.',
    { reads: 'OF', writes: 'OF', feature: 'ADX' },
    'ry, rmy | F3 0F 38 F6 /r',
  ),
];
