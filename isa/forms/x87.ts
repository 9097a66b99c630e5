/** The x87 floating-point unit (SDM 1 chapter 8). Register operands are written with ModRM.mod = 3. */
import { type InstructionSource, instruction, type Meaning } from '../notation';

/** Any x87 instruction: #NM while CR0.EM or CR0.TS is set, #MF for an unmasked error of an earlier one. */
const x87: Meaning = { exceptions: '#NM #MF', feature: 'FPU' };
/** Instructions that do not ask for pending errors. */
const noWait: Meaning = { exceptions: '#NM', feature: 'FPU' };
const x87On286: Meaning = { exceptions: '#NM #MF', feature: '286' };
const x87On386: Meaning = { exceptions: '#NM #MF', feature: '386' };

function plain(mnemonic: string, bytes: string, summary: string, meaning: Meaning = x87): InstructionSource {
  return instruction(mnemonic, summary, meaning, `| ${bytes}`);
}

/**
 * FADD and its like: ST0 with memory or a register, or a register with ST0.
 * @param digit ModRM.reg with ST0 as destination
 * @param reverse ModRM.reg with another register as destination
 * @param pop the FADDP that the form without operands is
 */
function arithmetic(mnemonic: string, digit: number, reverse: number, pop: string, summary: string): InstructionSource {
  return instruction(
    mnemonic,
    summary,
    x87,
    `
    m32       | D8 /${digit}
    m64       | DC /${digit}
    sti, st0  | DC /${reverse}
    st0, sti  | D8 /${digit}
    sti       | D8 /${digit}   | encode
    sti       | DC /${reverse} | encode to
              | ${pop}       | encode`,
  );
}

/** FADDP and its like: into a register, then pop. */
function arithmeticPop(mnemonic: string, digit: number, bytes: string, summary: string): InstructionSource {
  return instruction(
    mnemonic,
    summary,
    x87,
    `
    sti, st0  | DE /${digit}
    sti       | DE /${digit} | encode
              | ${bytes}     | encode`,
  );
}

function integerArithmetic(mnemonic: string, digit: number, summary: string): InstructionSource {
  return instruction(
    mnemonic,
    summary,
    x87,
    `
    m32 | DA /${digit}
    m16 | DE /${digit}`,
  );
}

/** A register against ST0, ST0 being implied: written alone, with ST0 before it, or not at all (ST1). */
function registerForm(
  mnemonic: string,
  opcode: string,
  digit: number,
  summary: string,
  meaning: Meaning = x87,
): InstructionSource {
  const second = (0xc1 + 8 * digit).toString(16).toUpperCase();
  return instruction(
    mnemonic,
    summary,
    meaning,
    `
    st0, sti  | ${opcode} /${digit}
    sti       | ${opcode} /${digit}      | encode
              | ${opcode} ${second} | encode`,
  );
}

function conditionalMove(
  suffix: string,
  opcode: string,
  digit: number,
  reads: string,
  when: string,
): InstructionSource {
  return registerForm(`fcmov${suffix}`, opcode, digit, `Copies a register to ST0 if ${when}.`, {
    reads,
    exceptions: '#NM #MF',
    feature: 'CMOV',
  });
}

/** The waiting twin of an FN instruction: WAIT, then it. */
function waiting(mnemonic: string, rows: string, summary: string, feature = 'FPU'): InstructionSource {
  return instruction(
    mnemonic,
    `${summary} Waits for pending errors first.`,
    { exceptions: '#NM #MF', feature },
    rows
      .split('\n')
      .map((row) => (row.trim() === '' ? row : `${row} | encode wait`))
      .join('\n'),
  );
}

const loads: readonly InstructionSource[] = [
  instruction(
    'fld',
    'Pushes a floating-point number on the register stack.',
    x87,
    `
    m32 | D9 /0
    m64 | DD /0
    m80 | DB /5
    sti | D9 /0
        | D9 C1 | encode`,
  ),
  instruction(
    'fst',
    'Stores ST0, rounded to the size of the destination.',
    x87,
    `
    m32 | D9 /2
    m64 | DD /2
    sti | DD /2
        | DD D1 | encode`,
  ),
  instruction(
    'fstp',
    'Stores ST0, rounded to the size of the destination, and pops it.',
    x87,
    `
    m32 | D9 /3
    m64 | DD /3
    m80 | DB /7
    sti | DD /3
        | DD D9 | encode
    sti | DF /2 | decode
    sti | DF /3 | decode
    sti | D9 /3 | decode`,
  ),
  instruction(
    'fild',
    'Pushes a signed integer on the register stack.',
    x87,
    `
    m32 | DB /0
    m16 | DF /0
    m64 | DF /5`,
  ),
  instruction(
    'fist',
    'Stores ST0 as a signed integer.',
    x87,
    `
    m32 | DB /2
    m16 | DF /2`,
  ),
  instruction(
    'fistp',
    'Stores ST0 as a signed integer and pops it.',
    x87,
    `
    m32 | DB /3
    m16 | DF /3
    m64 | DF /7`,
  ),
  instruction(
    'fisttp',
    'Stores ST0 as a signed integer, truncated whatever the rounding mode, and pops it.',
    { ...x87, feature: 'SSE3' },
    `
    m16 | DF /1
    m32 | DB /1
    m64 | DD /1`,
  ),
  instruction('fbld', 'Pushes a packed decimal number of 18 digits on the register stack.', x87, 'm80 | DF /4'),
  instruction('fbstp', 'Stores ST0 as a packed decimal number of 18 digits and pops it.', x87, 'm80 | DF /6'),
  instruction(
    'fxch',
    'Exchanges ST0 with another register.',
    x87,
    `
    sti       | D9 /1
    sti, st0  | D9 /1  | encode
    st0, sti  | D9 /1  | encode
              | D9 C9  | encode
    sti       | DD /1  | decode
    sti       | DF /1  | decode`,
  ),
  conditionalMove('b', 'DA', 0, 'CF', 'CF is set (below)'),
  conditionalMove('e', 'DA', 1, 'ZF', 'ZF is set (equal)'),
  conditionalMove('be', 'DA', 2, 'CF ZF', 'CF or ZF is set (below or equal)'),
  conditionalMove('u', 'DA', 3, 'PF', 'PF is set (unordered)'),
  conditionalMove('nb', 'DB', 0, 'CF', 'CF is clear (not below)'),
  conditionalMove('ne', 'DB', 1, 'ZF', 'ZF is clear (not equal)'),
  conditionalMove('nbe', 'DB', 2, 'CF ZF', 'CF and ZF are clear (not below or equal)'),
  conditionalMove('nu', 'DB', 3, 'PF', 'PF is clear (not unordered)'),
  plain('fld1', 'D9 E8', 'Pushes 1.0.'),
  plain('fldl2t', 'D9 E9', 'Pushes the binary logarithm of 10.'),
  plain('fldl2e', 'D9 EA', 'Pushes the binary logarithm of e.'),
  plain('fldpi', 'D9 EB', 'Pushes pi.'),
  plain('fldlg2', 'D9 EC', 'Pushes the decimal logarithm of 2.'),
  plain('fldln2', 'D9 ED', 'Pushes the natural logarithm of 2.'),
  plain('fldz', 'D9 EE', 'Pushes +0.0.'),
];

const operations: readonly InstructionSource[] = [
  arithmetic('fadd', 0, 0, 'DE C1', 'Adds.'),
  arithmetic('fmul', 1, 1, 'DE C9', 'Multiplies.'),
  arithmetic('fsub', 4, 5, 'DE E9', 'Subtracts the source from the destination.'),
  arithmetic('fsubr', 5, 4, 'DE E1', 'Subtracts the destination from the source.'),
  arithmetic('fdiv', 6, 7, 'DE F9', 'Divides the destination by the source.'),
  arithmetic('fdivr', 7, 6, 'DE F1', 'Divides the source by the destination.'),
  arithmeticPop('faddp', 0, 'DE C1', 'Adds ST0 to a register and pops.'),
  arithmeticPop('fmulp', 1, 'DE C9', 'Multiplies a register by ST0 and pops.'),
  arithmeticPop('fsubp', 5, 'DE E9', 'Subtracts ST0 from a register and pops.'),
  arithmeticPop('fsubrp', 4, 'DE E1', 'Subtracts a register from ST0 into the register and pops.'),
  arithmeticPop('fdivp', 7, 'DE F9', 'Divides a register by ST0 and pops.'),
  arithmeticPop('fdivrp', 6, 'DE F1', 'Divides ST0 by a register into the register and pops.'),
  integerArithmetic('fiadd', 0, 'Adds a signed integer to ST0.'),
  integerArithmetic('fimul', 1, 'Multiplies ST0 by a signed integer.'),
  integerArithmetic('fisub', 4, 'Subtracts a signed integer from ST0.'),
  integerArithmetic('fisubr', 5, 'Subtracts ST0 from a signed integer, into ST0.'),
  integerArithmetic('fidiv', 6, 'Divides ST0 by a signed integer.'),
  integerArithmetic('fidivr', 7, 'Divides a signed integer by ST0, into ST0.'),
  plain('fchs', 'D9 E0', 'Changes the sign of ST0.'),
  plain('fabs', 'D9 E1', 'Clears the sign of ST0.'),
  plain('fsqrt', 'D9 FA', 'Replaces ST0 by its square root.'),
  plain('frndint', 'D9 FC', 'Rounds ST0 to an integer, by the rounding mode.'),
  plain('fscale', 'D9 FD', 'Multiplies ST0 by 2 to the power of ST1, truncated.'),
  plain('fxtract', 'D9 F4', 'Splits ST0 into exponent and significand, which is pushed.'),
  plain('fprem', 'D9 F8', 'Replaces ST0 by its remainder by ST1, quotient truncated; C2 says that it is not finished.'),
  plain(
    'fprem1',
    'D9 F5',
    'Replaces ST0 by its remainder by ST1, quotient rounded (IEEE); C2 says that it is not finished.',
    x87On386,
  ),
  plain('f2xm1', 'D9 F0', 'Replaces ST0 by 2 to the power of ST0, minus 1.'),
  plain('fyl2x', 'D9 F1', 'Replaces ST1 by ST1 times the binary logarithm of ST0 and pops.'),
  plain('fyl2xp1', 'D9 F9', 'Replaces ST1 by ST1 times the binary logarithm of ST0 + 1 and pops.'),
  plain('fptan', 'D9 F2', 'Replaces ST0 by its tangent and pushes 1.0.'),
  plain('fpatan', 'D9 F3', 'Replaces ST1 by the arc tangent of ST1 / ST0 and pops.'),
  plain('fsin', 'D9 FE', 'Replaces ST0 by its sine.', x87On386),
  plain('fcos', 'D9 FF', 'Replaces ST0 by its cosine.', x87On386),
  plain('fsincos', 'D9 FB', 'Replaces ST0 by its sine and pushes its cosine.', x87On386),
];

const comparisons: readonly InstructionSource[] = [
  instruction(
    'fcom',
    'Compares ST0 with the operand and sets C0, C2 and C3; a NaN is an invalid operation.',
    x87,
    `
    m32       | D8 /2
    m64       | DC /2
    sti       | D8 /2
    st0, sti  | D8 /2  | encode
              | D8 D1  | encode
    sti       | DC /2  | decode`,
  ),
  instruction(
    'fcomp',
    'Compares ST0 with the operand, sets C0, C2 and C3, and pops; a NaN is an invalid operation.',
    x87,
    `
    m32       | D8 /3
    m64       | DC /3
    sti       | D8 /3
    st0, sti  | D8 /3  | encode
              | D8 D9  | encode
    sti       | DC /3  | decode
    sti       | DE /2  | decode`,
  ),
  plain('fcompp', 'DE D9', 'Compares ST0 with ST1, sets C0, C2 and C3, and pops both; a NaN is an invalid operation.'),
  integerArithmetic('ficom', 2, 'Compares ST0 with a signed integer and sets C0, C2 and C3.'),
  integerArithmetic('ficomp', 3, 'Compares ST0 with a signed integer, sets C0, C2 and C3, and pops.'),
  instruction(
    'fucom',
    'Compares ST0 with a register and sets C0, C2 and C3; a quiet NaN is only unordered.',
    x87On386,
    `
    sti       | DD /4
    st0, sti  | DD /4  | encode
              | DD E1  | encode`,
  ),
  instruction(
    'fucomp',
    'Compares ST0 with a register, sets C0, C2 and C3, and pops; a quiet NaN is only unordered.',
    x87On386,
    `
    sti       | DD /5
    st0, sti  | DD /5  | encode
              | DD E9  | encode`,
  ),
  plain(
    'fucompp',
    'DA E9',
    'Compares ST0 with ST1, sets C0, C2 and C3, and pops both; a quiet NaN is only unordered.',
    x87On386,
  ),
  registerForm(
    'fcomi',
    'DB',
    6,
    'Compares ST0 with a register and sets ZF, PF and CF; a NaN is an invalid operation.',
    {
      ...x87,
      writes: 'status',
      feature: 'P6',
    },
  ),
  registerForm(
    'fcomip',
    'DF',
    6,
    'Compares ST0 with a register, sets ZF, PF and CF, and pops; a NaN is an invalid operation.',
    {
      ...x87,
      writes: 'status',
      feature: 'P6',
    },
  ),
  registerForm(
    'fucomi',
    'DB',
    5,
    'Compares ST0 with a register and sets ZF, PF and CF; a quiet NaN is only unordered.',
    {
      ...x87,
      writes: 'status',
      feature: 'P6',
    },
  ),
  registerForm(
    'fucomip',
    'DF',
    5,
    'Compares ST0 with a register, sets ZF, PF and CF, and pops; a quiet NaN is only unordered.',
    {
      ...x87,
      writes: 'status',
      feature: 'P6',
    },
  ),
  plain('ftst', 'D9 E4', 'Compares ST0 with 0.0 and sets C0, C2 and C3.'),
  plain(
    'fxam',
    'D9 E5',
    'Tells by C0, C2 and C3 what ST0 is: empty, NaN, infinity, zero, denormal or normal; C1 is its sign.',
  ),
];

const control: readonly InstructionSource[] = [
  plain('fwait', '9B', 'Raises #MF if an unmasked x87 error is pending; #NM if CR0.MP and CR0.TS are set.'),
  instruction('wait', 'Raises #MF if an unmasked x87 error is pending; the same as FWAIT.', x87, '| 9B | encode'),
  plain('fnop', 'D9 D0', 'Does nothing but what every x87 instruction does.'),
  plain('fdecstp', 'D9 F6', 'Turns the register stack by one downwards, without changing what is in it.'),
  plain('fincstp', 'D9 F7', 'Turns the register stack by one upwards, without changing what is in it.'),
  instruction(
    'ffree',
    'Marks a register as empty.',
    x87,
    `
    sti | DD /0
        | DD C1 | encode`,
  ),
  instruction(
    'ffreep',
    'Marks a register as empty and pops; not in the manuals.',
    x87On286,
    `
    sti | DF /0
        | DF C1 | encode`,
  ),
  plain(
    'fninit',
    'DB E3',
    'Sets the x87 to its initial state: all errors masked, nearest rounding, 64-bit precision, all empty.',
    noWait,
  ),
  waiting('finit', '| DB E3', 'Sets the x87 to its initial state.'),
  plain('fnclex', 'DB E2', 'Clears the error bits of the status word.', noWait),
  waiting('fclex', '| DB E2', 'Clears the error bits of the status word.'),
  plain('fneni', 'DB E0', 'Let the 8087 interrupt; without effect since the 287.', noWait),
  waiting('feni', '| DB E0', 'Let the 8087 interrupt; without effect since the 287.'),
  plain('fndisi', 'DB E1', 'Kept the 8087 from interrupting; without effect since the 287.', noWait),
  waiting('fdisi', '| DB E1', 'Kept the 8087 from interrupting; without effect since the 287.'),
  plain('fsetpm', 'DB E4', 'Told the 287 of protected mode; without effect since the 387.', x87On286),
  instruction('fldcw', 'Loads the control word: precision, rounding and masks.', x87, 'm16 | D9 /5'),
  instruction('fnstcw', 'Stores the control word.', noWait, 'm16 | D9 /7'),
  waiting('fstcw', 'm16 | D9 /7', 'Stores the control word.'),
  instruction(
    'fnstsw',
    'Stores the status word in memory or AX.',
    noWait,
    `
    m16 | DD /7
    ax  | DF E0 | feature:286`,
  ),
  waiting('fstsw', 'm16 | DD /7\nax | DF E0', 'Stores the status word in memory or AX.'),
  instruction('fldenv', 'Loads control, status and tag words and the pointers, 14 or 28 bytes.', x87, 'm | D9 /4'),
  instruction(
    'fnstenv',
    'Stores control, status and tag words and the pointers, 14 or 28 bytes, and masks all errors.',
    noWait,
    'm | D9 /6',
  ),
  waiting(
    'fstenv',
    'm | D9 /6',
    'Stores control, status and tag words and the pointers, 14 or 28 bytes, and masks all errors.',
  ),
  instruction('frstor', 'Loads the whole state of the x87, 94 or 108 bytes.', x87, 'm | DD /4'),
  instruction('fnsave', 'Stores the whole state of the x87, 94 or 108 bytes, and initializes it.', noWait, 'm | DD /6'),
  waiting('fsave', 'm | DD /6', 'Stores the whole state of the x87, 94 or 108 bytes, and initializes it.'),
];

export const x87Instructions: readonly InstructionSource[] = [...loads, ...operations, ...comparisons, ...control];
