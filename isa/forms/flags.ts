/** Instructions that change one flag. */
import { type InstructionSource, instruction } from '../notation';

const interruptFlag = {
  reads: 'IOPL VM',
  writes: 'IF VIF',
  privilege: 'iopl',
  exceptions: '#GP(0)',
  class: 'privileged',
} as const;

export const flags: readonly InstructionSource[] = [
  instruction('clc', 'Clears the carry flag.', { writes: 'CF' }, '| F8'),
  instruction('stc', 'Sets the carry flag.', { writes: 'CF' }, '| F9'),
  instruction('cmc', 'Inverts the carry flag.', { reads: 'CF', writes: 'CF' }, '| F5'),
  instruction('cld', 'Clears the direction flag: string instructions go upwards.', { writes: 'DF' }, '| FC'),
  instruction('std', 'Sets the direction flag: string instructions go downwards.', { writes: 'DF' }, '| FD'),
  instruction('cli', 'Clears the interrupt flag: maskable interrupts wait.', interruptFlag, '| FA'),
  instruction('sti', 'Sets the interrupt flag; interrupts come after the next instruction.', interruptFlag, '| FB'),
  instruction(
    'clac',
    'Clears EFLAGS.AC: supervisor access to user pages faults under SMAP.',
    { writes: 'AC', privilege: 0, exceptions: '#UD', feature: 'SMAP' },
    '| NP 0F 01 CA',
  ),
  instruction(
    'stac',
    'Sets EFLAGS.AC: supervisor access to user pages is allowed under SMAP.',
    { writes: 'AC', privilege: 0, exceptions: '#UD', feature: 'SMAP' },
    '| NP 0F 01 CB',
  ),
  instruction(
    'clui',
    'Clears the user interrupt flag.',
    { exceptions: '#UD', feature: 'UINTR' },
    '| F3 0F 01 EE | long',
  ),
  instruction('stui', 'Sets the user interrupt flag.', { exceptions: '#UD', feature: 'UINTR' }, '| F3 0F 01 EF | long'),
  instruction(
    'testui',
    'Copies the user interrupt flag to CF.',
    { writes: 'status', exceptions: '#UD', feature: 'UINTR' },
    '| F3 0F 01 ED | long',
  ),
];
