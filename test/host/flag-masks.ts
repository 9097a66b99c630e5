/** Which flags are not compared, and why: the table that the campaign prints. */
import type { Form } from '../../isa/form';
import { Flag } from '../../isa/form';
import type { Instance } from './instructions';

const ARITHMETIC = Flag.CF | Flag.PF | Flag.AF | Flag.ZF | Flag.SF | Flag.OF;
/** TF, IF, DF, IOPL, NT, AC and ID are compared too; RF is the exception's. */
export const COMPARED = ARITHMETIC | Flag.TF | Flag.IF | Flag.DF | Flag.IOPL | Flag.NT | Flag.AC | Flag.ID;

export interface FlagMask {
  flags: number;
  reason: string;
}

/** The count of a shift or rotate as it is used (SDM 2B SAL: 5 bits of it, 6 for 64 bits); undefined for other forms. */
function shiftCount({ form, decoded }: Instance, cl: number): number | undefined {
  if (!isShift.test(form.mnemonic)) return undefined;
  const last = decoded.operands.at(-1);
  const count = last?.kind === 'immediate' ? last.low : cl;
  return count & (sizeOf(form) === 64 ? 63 : 31);
}

const isShift = /^(sh[lr]d?|sa[lr]|r[oc][lr])$/;
const sizeOf = (form: Form): number => Number(/\d+$/.exec(form.operands[0])?.[0]);

/** Flags that are undefined after an instruction. @param cl as it was before */
export function undefinedFlags(instance: Instance, cl: number): FlagMask {
  const { form } = instance;
  const { mnemonic, instruction } = form;
  const count = shiftCount(instance, cl);
  if (count === undefined) {
    return { flags: instruction.flagsUndefined, reason: 'as the manual says of the instruction' };
  }
  if (count === 0) return { flags: 0, reason: '' };
  const size = sizeOf(form);
  if (mnemonic.endsWith('d') && count > size)
    return { flags: ARITHMETIC, reason: 'count beyond the size (SDM 2B SHLD)' };
  const rotates = mnemonic.startsWith('r');
  const overflow = count === 1 ? 0 : Flag.OF;
  const carry = /^(sh[lr]|sal)$/.test(mnemonic) && count >= size ? Flag.CF : 0;
  return {
    flags: overflow | carry | (rotates ? 0 : Flag.AF),
    reason: rotates
      ? 'unless by 1 (SDM 2B RCL)'
      : 'AF; OF unless by 1; CF where the count reaches the size (SDM 2B SAL)',
  };
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
  maskedStores: {
    forms: /^maskmov(q|dqu)$/,
    reason: 'whether bytes that the mask leaves out can fault, and what alignment is asked for (SDM 2A MASKMOVQ)',
  },
  call: {
    forms: /^call$/,
    reason: 'the slot below the stack pointer where CALL faults on its target: this host has written it',
  },
  longStores: {
    forms: /^(fstp|fbstp)$/,
    reason: 'bytes in the first of two pages where the second faults: this host has written them',
  },
  approximate: {
    reason:
      'last place and C1 of transcendental results: less than one unit is promised, we round correctly (SDM 1 8.3.10)',
  },
  dataPointer: {
    reason:
      'x87 data pointer without an unmasked exception: this host leaves it alone, our profile does not (CPUID.7.0:EBX[6])',
  },
  nullSelectors: {
    reason: 'bits 1:0 of null selectors: the way out of the kernel clears them (SDM 2A IRET)',
  },
  mmx: {
    reason: 'x87 TOP and tags at a fault of an MMX store: this host has gone over to MMX state already',
  },
} as const;

const names = ['CF', 'PF', 'AF', 'ZF', 'SF', 'OF'] as const;

export const flagNames = (flags: number): string => names.filter((name) => (flags & Flag[name]) !== 0).join(' ');

/** For the table of masks: flags and reason in words. */
export const maskText = ({ flags, reason }: FlagMask): string => `${flagNames(flags)}: ${reason}`;
