/** Which flags are not compared, and why: the table that the campaign prints. */
import type { Form } from '../../isa/form';
import { Flag } from '../../isa/form';

const ARITHMETIC = Flag.CF | Flag.PF | Flag.AF | Flag.ZF | Flag.SF | Flag.OF;
/** TF, IF, DF, IOPL, NT, AC and ID are compared too; RF is the exception's. */
export const COMPARED = ARITHMETIC | Flag.TF | Flag.IF | Flag.DF | Flag.IOPL | Flag.NT | Flag.AC | Flag.ID;

export interface FlagMask {
  flags: number;
  reason: string;
}

/** Flags that are undefined after a form, beside what its row in the table says. */
export function undefinedFlags(form: Form): FlagMask {
  const { mnemonic, operands, instruction } = form;
  const byOne = operands.at(-1) === '1';
  if (/^sh[lr]d$/.test(mnemonic))
    return { flags: ARITHMETIC, reason: 'all where the count exceeds the size, OF and AF else (SDM 2B SHLD)' };
  if (/^(sh[lr]|sal)$/.test(mnemonic) && !byOne) {
    const narrow = /8$|16$/.test(operands[0]);
    return {
      flags: Flag.AF | Flag.OF | (narrow ? Flag.CF : 0),
      reason: narrow
        ? 'AF; OF unless by 1; CF where the count reaches the size (SDM 2B SAL)'
        : 'AF; OF unless by 1 (SDM 2B SAL)',
    };
  }
  if (/^(sar|ro[lr]|rc[lr])$/.test(mnemonic) && !byOne) {
    return { flags: instruction.flagsUndefined | Flag.OF, reason: 'OF unless by 1 (SDM 2B SAL, RCL)' };
  }
  return { flags: instruction.flagsUndefined, reason: 'undefined in the row of the table' };
}

/** What else the manual leaves open, or the host does in its own way: by the forms that it concerns. */
export const exceptions = {
  address: {
    forms: /^(fn?save|fnstenv|fldenv|frstor|fxsave(64)?|fxrstor(64)?|maskmov(q|dqu))$/,
    reason: 'CR2 and error code of a fault of long operands: which part an instruction reaches first is not defined',
  },
  counters: {
    reason:
      'upper halves of RCX, RSI, RDI at a fault of string instructions with 32-bit addresses in 64-bit mode: this host has cleared some',
  },
  popAll: {
    forms: /^popa[wd]$/,
    reason: 'registers other than ESP at a fault: this host has popped some',
  },
  call: {
    reason: 'the slot below the stack pointer where CALL faults on its target: this host has written it',
  },
  maskedStores: {
    forms: /^maskmov(q|dqu)$/,
    reason: 'whether bytes that the mask leaves out can fault, and what alignment is asked for (SDM 2A MASKMOVQ)',
  },
  longStores: {
    forms: /^(fstp|fbstp)$/,
    reason: 'bytes in the first of two pages where the second faults: this host has written them',
  },
  mmx: {
    reason: 'x87 TOP and tags at a fault of an MMX store: this host has gone over to MMX state already',
  },
} as const;

const names = ['CF', 'PF', 'AF', 'ZF', 'SF', 'OF'] as const;

export const flagNames = (flags: number): string => names.filter((name) => (flags & Flag[name]) !== 0).join(' ');
