/** Flags as rows name them. */
import { Flag } from '../form';

const flagNames: Record<string, number> = {
  ...Flag,
  status: Flag.CF | Flag.PF | Flag.AF | Flag.ZF | Flag.SF | Flag.OF,
  all: 0x3f7fd5,
};

/** Flags by name, divided by spaces, as a mask of EFLAGS. */
export function readFlags(text: string | undefined): number {
  if (!text) return 0;
  let bits = 0;
  for (const name of text.split(' ')) {
    const bit = flagNames[name];
    if (bit === undefined) throw new Error(`unknown flag: ${name}`);
    bits |= bit;
  }
  return bits;
}
