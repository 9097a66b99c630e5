/** Error codes of exceptions, bit by bit and in words (SDM 3A 6.13, 4.7). */
import { errorText } from '../../hypervisor/autopsy';
import { pageFaultErrorCodeLayout, selectorErrorCodeLayout } from '../../isa/control-registers';
import { exceptionOf, Vector } from '../../isa/exceptions';
import type { DecodedBit } from '../protocol';
import { decodedBits } from './register-groups';

/** The bits of the error code of an exception; none where it has none, or where it is always 0. */
export function errorCodeBits(vector: number, code: number | undefined): DecodedBit[] {
  if (code === undefined || exceptionOf(vector)?.errorCode !== 'yes') return [];
  return decodedBits(vector === Vector.PF ? pageFaultErrorCodeLayout : selectorErrorCodeLayout, BigInt(code));
}

/** `not present, write, supervisor mode`. */
export function errorCodeText(vector: number, code: number): string {
  return exceptionOf(vector)?.errorCode === 'yes' ? errorText(vector, code) : 'always 0';
}
