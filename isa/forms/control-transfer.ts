/** Jumps, calls, returns, loops, interrupts, stack frames, and the instructions that do nothing. */
import { conditions } from '../conditions';
import { type InstructionSource, instruction } from '../notation';

const hex = (byte: number): string => byte.toString(16).toUpperCase();

const conditionalJumps = conditions.flatMap(({ code, names, meaning, reads }) =>
  names.map((name, synonym) =>
    instruction(
      `j${name}`,
      `Jumps if ${meaning}.`,
      { reads, exceptions: '#GP(0)' },
      `
      rel8 | ov ${hex(0x70 + code)} cb | f64 ${synonym ? 'encode' : ''}
      relz | 0F ${hex(0x80 + code)} cz | f64 feature:386 ${synonym ? 'encode' : ''}`,
    ),
  ),
);

/** LOOP and its conditional kin: the count register has the address size, or is written as second operand. */
function loop(
  mnemonic: string,
  opcode: string,
  summary: string,
  reads: string | undefined,
  attribute = '',
): InstructionSource {
  return instruction(
    mnemonic,
    summary,
    { reads, exceptions: '#GP(0)' },
    `
    rel8      | oz a16 ${opcode} cb | legacy ${attribute}
    rel8      | ov a32 ${opcode} cb | f64 ${attribute}
    rel8      | a64 ${opcode} cb | f64 long ${attribute}
    rel8, cx  | oz a16 ${opcode} cb | legacy encode
    rel8, ecx | ov a32 ${opcode} cb | f64 encode
    rel8, rcx | a64 ${opcode} cb | f64 long encode`,
  );
}

const returnFar =
  'Returns to another code segment, at an outer privilege level too; the immediate frees bytes of the stack.';
const interruptReturn =
  'Returns from an interrupt handler: pops RIP, CS and flags, and RSP and SS where it leaves the ring.';
const interruptReturnMeaning = {
  reads: 'NT',
  writes: 'all',
  exceptions: '#GP #NP #SS #TS',
  class: 'hole',
} as const;

/** `0F 18` to `0F 1F` do nothing with any operand, so that later processors can give them a meaning. */
const hintNops = Array.from({ length: 64 }, (_, n) =>
  instruction(
    `hint_nop${n}`,
    'Does nothing; its opcode is kept for hints that older processors may ignore.',
    { feature: 'P6' },
    `rmv | 0F ${hex(0x18 + (n >> 3))} /${n & 7}`,
  ),
);

/** What the gate of a software interrupt or trap does to the flags. */
const trap = { writes: 'IF TF NT RF AC VM' } as const;

export const controlTransfer: readonly InstructionSource[] = [
  instruction(
    'jmp',
    'Goes on at the target; a far jump also loads CS and may switch tasks.',
    { exceptions: '#GP(0)' },
    `
    rel8       | ov EB cb  | f64
    relz       | E9 cz     | f64
    rmv        | FF /4     | f64`,
  ),
  instruction(
    'jmp',
    'Goes on at the target in another code segment, through a call gate or in another task.',
    { exceptions: '#GP #NP #SS #TS', class: 'hole' },
    `
    ptr16:z    | EA cpz    | legacy
    m16:v      | FF /5`,
  ),
  instruction(
    'call',
    'Pushes the address of the next instruction and goes on at the target.',
    { exceptions: '#GP(0)' },
    `
    relz       | E8 cz     | f64
    rmv        | FF /2     | f64`,
  ),
  instruction(
    'call',
    'Pushes CS and the return address and goes on in another code segment, through a call gate or in another task.',
    { exceptions: '#GP #NP #SS #TS', class: 'hole' },
    `
    ptr16:z    | 9A cpz    | legacy
    m16:v      | FF /3`,
  ),
  instruction(
    'ret',
    'Pops the return address and goes on there; the immediate frees that many more bytes of the stack.',
    { exceptions: '#GP(0)' },
    `
               | ov C3     | f64
    imm16      | ov C2 iw  | f64`,
  ),
  instruction(
    'retn',
    'Returns near; the same instruction as RET.',
    { exceptions: '#GP(0)' },
    `
               | ov C3     | f64 encode
    imm16      | ov C2 iw  | f64 encode`,
  ),
  instruction(
    'retf',
    returnFar,
    { exceptions: '#GP #NP #SS', class: 'hole' },
    `
               | ov CB
    imm16      | ov CA iw`,
  ),
  ...conditionalJumps,
  instruction('jcxz', 'Jumps if CX is zero.', { exceptions: '#GP(0)' }, 'rel8 | oz a16 E3 cb | legacy'),
  instruction('jecxz', 'Jumps if ECX is zero.', { exceptions: '#GP(0)', feature: '386' }, 'rel8 | ov a32 E3 cb | f64'),
  instruction(
    'jrcxz',
    'Jumps if RCX is zero.',
    { exceptions: '#GP(0)', feature: 'X86_64' },
    'rel8 | a64 E3 cb | f64 long',
  ),
  loop('loop', 'E2', 'Lowers the count in rCX and jumps unless it became zero.', undefined),
  loop('loope', 'E1', 'Lowers the count in rCX and jumps if it is not zero and ZF is set.', 'ZF'),
  loop('loopz', 'E1', 'Lowers the count in rCX and jumps if it is not zero and ZF is set.', 'ZF', 'encode'),
  loop('loopne', 'E0', 'Lowers the count in rCX and jumps if it is not zero and ZF is clear.', 'ZF'),
  loop('loopnz', 'E0', 'Lowers the count in rCX and jumps if it is not zero and ZF is clear.', 'ZF', 'encode'),
  instruction(
    'int',
    'Calls the interrupt handler of that vector, if its gate’s DPL allows.',
    { ...trap, exceptions: '#GP #NP #SS #TS', class: 'hole', reads: 'IOPL VM' },
    'imm8 | CD ib',
  ),
  instruction(
    'int3',
    'Raises the breakpoint exception #BP; one byte, so that a debugger can put it anywhere.',
    { ...trap, exceptions: '#BP' },
    '| CC',
  ),
  instruction(
    'int03',
    'Raises the breakpoint exception #BP; another name of INT3.',
    { ...trap, exceptions: '#BP' },
    '| CC | encode',
  ),
  instruction('int1', 'Raises the debug exception #DB.', { ...trap, exceptions: '#DB', feature: '386' }, '| F1'),
  instruction(
    'int01',
    'Raises the debug exception #DB; another name of INT1.',
    { ...trap, exceptions: '#DB', feature: '386' },
    '| F1 | encode',
  ),
  instruction(
    'icebp',
    'Raises the debug exception #DB; another name of INT1.',
    { ...trap, exceptions: '#DB', feature: '386' },
    '| F1 | encode',
  ),
  instruction(
    'into',
    'Raises the overflow exception #OF if OF is set.',
    { ...trap, reads: 'OF', exceptions: '#OF' },
    '| CE | legacy',
  ),
  instruction('iret', interruptReturn, interruptReturnMeaning, '| CF | encode'),
  instruction('iretw', interruptReturn, interruptReturnMeaning, '| o16 CF'),
  instruction('iretd', interruptReturn, interruptReturnMeaning, '| o32 CF'),
  instruction('iretq', interruptReturn, interruptReturnMeaning, '| o64 CF'),
  instruction(
    'bound',
    'Raises #BR if the signed index in the register lies outside the two bounds in memory.',
    { exceptions: '#BR #UD', feature: '186' },
    `
    r16, m32 | o16 62 /r | legacy
    r32, m64 | o32 62 /r | legacy`,
  ),
  instruction(
    'enter',
    'Makes a stack frame: pushes rBP, copies outer frame pointers by nesting level, reserves bytes for locals.',
    { feature: '186' },
    'imm16, imm8 | ov C8 iw ib | d64',
  ),
  instruction('leave', 'Drops a stack frame: copies rBP to rSP and pops rBP.', { feature: '186' }, '| ov C9 | d64'),
  instruction(
    'nop',
    'Does nothing; with an operand, in as many bytes as alignment needs.',
    {},
    `
        | 90
    rmv | 0F 1F /0 | feature:P6
    rmv, rv | 0F 0D /r | feature:P6 decode`,
  ),
  instruction(
    'pause',
    'Tells the processor that it waits in a spin loop.',
    { vmx: 'PAUSE exiting, PAUSE-loop exiting', feature: '8086' },
    '| F3 90',
  ),
  instruction(
    'ud0',
    'Raises #UD, now and on every future processor; a ModRM byte follows on Intel’s.',
    { exceptions: '#UD', feature: '186' },
    `
    rv, rmv | 0F FF /r`,
  ),
  instruction(
    'ud1',
    'Raises #UD, now and on every future processor; its operands are decoded and not used.',
    { exceptions: '#UD', feature: '186' },
    `
    rv, rmv | 0F B9 /r`,
  ),
  instruction(
    'ud2',
    'Raises #UD, now and on every future processor; compilers put it where nothing may come.',
    { exceptions: '#UD', feature: '186' },
    '| 0F 0B',
  ),
  ...hintNops,
];
